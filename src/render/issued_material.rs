//! What was issued, as expressions see it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::check::Symbol;
use crate::model::UnitId;
use crate::model::material::Material;
use crate::pki::issued::{Issued, IssuedCertificate};
use crate::plan::Plan;

use super::placeholder::{Identified, Names};

/// The material of a plan.
pub struct IssuedMaterial<'a, 'p> {
    plan: &'a Plan<'p>,
    issued: &'a Issued,
    /// What each certificate and key of a component is, by its PEM; made when the first file asks. Empty if they are not in
    /// memory.
    known: Arc<OnceLock<HashMap<&'a str, Identified>>>,
    /// Those that were read.
    read: Read,
}

/// A list that only grows.
#[derive(Default)]
struct Read(OnceLock<Box<Node>>);

/// A certificate that was read, and the next.
struct Node {
    place: usize,
    certificate: Arc<IssuedCertificate>,
    next: Read,
}

impl Read {
    fn all(&self) -> impl Iterator<Item = &Node> {
        std::iter::successors(self.0.get(), |node| node.next.0.get()).map(|node| &**node)
    }

    /// The certificate at a place, which is read if it is not here yet.
    fn at(&self, place: usize, read: impl FnOnce() -> Option<Arc<IssuedCertificate>>) -> Option<&IssuedCertificate> {
        if let Some(node) = self.all().find(|node| node.place == place) {
            return Some(&node.certificate);
        }
        let mut new = Box::new(Node { place, certificate: read()?, next: Self::default() });
        let mut end = self;
        // Another thread may add one at the same time.
        while let Err(back) = end.0.set(new) {
            new = back;
            end = end.0.get().map_or(end, |node| &node.next);
        }
        end.0.get().map(|node| &*node.certificate)
    }
}

impl<'a, 'p> IssuedMaterial<'a, 'p> {
    pub fn new(plan: &'a Plan<'p>, issued: &'a Issued) -> Self {
        Self { plan, issued, known: Arc::default(), read: Read::default() }
    }

    /// The same for one machine: what is read for it goes with it.
    pub fn of_machine(&self) -> IssuedMaterial<'a, 'p> {
        IssuedMaterial { known: Arc::clone(&self.known), ..Self::new(self.plan, self.issued) }
    }

    /// Of those with one PEM the first.
    fn known(&self) -> HashMap<&'a str, Identified> {
        let mut known = HashMap::new();
        for (place, (unit, cert)) in self.plan.pki.certificates.iter().enumerate() {
            let Some(issued) = self.issued.here(place) else { break };
            let app = self.plan.model.unit(*unit).app;
            known.entry(issued.cert_pem.trim()).or_insert(Identified::Certificate(app, *cert));
            known.entry(issued.key_pem.as_str().trim()).or_insert(Identified::Key(app, *cert));
        }
        known
    }

    /// What a text is of the certificates that were read, which are all that a file was made of.
    fn identify_read(&self, text: &str) -> Option<Identified> {
        let mut read: Vec<_> = self.read.all().collect();
        read.sort_unstable_by_key(|node| node.place);
        read.into_iter().find_map(|Node { place, certificate, .. }| {
            let (unit, cert) = self.plan.pki.certificates[*place];
            let app = self.plan.model.unit(unit).app;
            let key = certificate.key_pem.as_str().trim() == text;
            let found = (certificate.cert_pem.trim() == text).then_some(Identified::Certificate(app, cert));
            found.or_else(|| key.then_some(Identified::Key(app, cert)))
        })
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
        let known = self.known.get_or_init(|| self.known()).get(text.trim()).copied();
        known.or_else(|| self.identify_read(text.trim()))
    }

    fn issued(&self) -> bool {
        true
    }
}

impl Material for IssuedMaterial<'_, '_> {
    fn certificate(&self, unit: UnitId, cert: u32) -> (&str, &str) {
        let place = self.plan.pki.certificate(&self.plan.model, unit, cert);
        let read = || self.issued.read(place, &self.plan.pki.request.certificates[place]);
        let issued = self.issued.here(place).or_else(|| self.read.at(place, read));
        // What cannot be read is reported by who issued it, and nothing that lacks it is used.
        issued.map_or(("", ""), |issued| (&*issued.cert_pem, issued.key_pem.as_str()))
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
