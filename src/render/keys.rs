//! What was issued, as expressions see it.

use crate::check::Symbol;
use crate::model::UnitId;
use crate::model::material::Material;
use crate::pki::issued::Issued;
use crate::plan::Plan;

/// The material of a plan.
pub struct Keys<'a, 'p> {
    pub plan: &'a Plan<'p>,
    pub issued: &'a Issued,
}

impl Keys<'_, '_> {
    fn place(&self, symbol: Symbol) -> usize {
        self.plan.pki.place(symbol).expect("a plan has everything that its components mention")
    }
}

impl Material for Keys<'_, '_> {
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
