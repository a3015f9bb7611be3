//! What was issued, as expressions see it.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::check::Symbol;
use crate::model::UnitId;
use crate::model::material::Material;
use crate::pki::issued::Issued;
use crate::plan::Plan;

use super::placeholder::{Identified, Names};

/// The material of a plan.
pub struct IssuedMaterial<'a, 'p> {
    plan: &'a Plan<'p>,
    issued: &'a Issued,
    /// What each certificate and key of a component is, by its PEM; made when the first file asks.
    known: OnceLock<HashMap<&'a str, Identified>>,
}

impl<'a, 'p> IssuedMaterial<'a, 'p> {
    pub fn new(plan: &'a Plan<'p>, issued: &'a Issued) -> Self {
        Self { plan, issued, known: OnceLock::new() }
    }

    /// Of those with one PEM the first.
    fn known(&self) -> HashMap<&'a str, Identified> {
        let mut known = HashMap::new();
        for (place, (unit, cert)) in self.plan.pki.certificates.iter().enumerate() {
            let (app, issued) = (self.plan.model.unit(*unit).app, self.issued.certificate(place));
            known.entry(issued.cert_pem.trim()).or_insert(Identified::Certificate(app, *cert));
            known.entry(issued.key_pem.as_str().trim()).or_insert(Identified::Key(app, *cert));
        }
        known
    }

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
        self.known.get_or_init(|| self.known()).get(text.trim()).copied()
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
