//! What was issued, as expressions see it.

use crate::check::Symbol;
use crate::model::UnitId;
use crate::model::material::Material;
use crate::pki::issued::Issued;
use crate::plan::Plan;

use super::placeholder::{Identified, Names};

/// The material of a plan.
pub struct IssuedMaterial<'a, 'p> {
    pub plan: &'a Plan<'p>,
    pub issued: &'a Issued,
}

impl IssuedMaterial<'_, '_> {
    fn place(&self, symbol: Symbol) -> usize {
        self.plan.pki.place(symbol).expect("a plan has everything that its components mention")
    }
}

impl Names for IssuedMaterial<'_, '_> {
    fn identify(&self, text: &str) -> Option<Identified> {
        let (pki, issued) = (&self.plan.pki, self.issued);
        let same = |pem: &str| pem.trim() == text.trim();
        let own = |place: &usize| {
            // The operator's own may have others after it in its file.
            same(&issued.authority(*place).cert_pem) || issued.authority(*place).cert_pem.contains(text.trim())
        };
        if let Some(place) = (0..pki.authorities.len()).find(own).filter(|_| !text.trim().is_empty()) {
            return Some(Identified::Authority(pki.authorities[place]));
        }
        let app = |unit: UnitId| self.plan.model.unit(unit).app;
        pki.certificates.iter().enumerate().find_map(|(place, (unit, cert))| {
            let issued = issued.certificate(place);
            let certificate = same(&issued.cert_pem).then_some(Identified::Certificate(app(*unit), *cert));
            certificate.or_else(|| same(issued.key_pem.as_str()).then_some(Identified::Key(app(*unit), *cert)))
        })
    }

    fn issued(&self) -> bool {
        true
    }
}

impl Material for IssuedMaterial<'_, '_> {
    fn certificate(&self, unit: UnitId, cert: u32) -> (&str, &str) {
        let place = self.plan.pki.certificate(&self.plan.model, unit, cert);
        let issued = self.issued.certificate(place);
        (&issued.cert_pem, issued.key_pem.as_str())
    }

    fn authority(&self, symbol: Symbol) -> &str {
        &self.issued.authority(self.place(symbol)).cert_pem
    }

    fn authority_key(&self, symbol: Symbol) -> Option<&str> {
        self.issued.authority(self.place(symbol)).key_pem.as_ref().map(|key| key.as_str())
    }

    fn keypair(&self, symbol: Symbol) -> (&str, &str) {
        let issued = self.issued.keypair(self.place(symbol));
        (issued.private_pem.as_str(), &issued.public_pem)
    }

    fn secret(&self, symbol: Symbol) -> &str {
        self.issued.secret(self.place(symbol))
    }
}
