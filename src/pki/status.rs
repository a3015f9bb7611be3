//! What the store already contains, found without creating anything.

use sha2::Sha256;
use time::OffsetDateTime;

use crate::pki::entry::{Authority, begun, spec_digest};
use crate::pki::error::PkiError;
use crate::pki::issued::{IssuedAuthority, IssuedCertificate};
use crate::pki::spec::{AuthoritySpec, CertificateSpec, Request};
use crate::pki::store::{Indexed, Store};

/// How a thing in the store stands to what is asked for. Whether it has expired is for the caller, who has a clock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Status {
    /// It will be issued.
    Missing,
    /// It stays as it is until then.
    Current { not_before: OffsetDateTime, not_after: OffsetDateTime },
    /// It will be issued anew.
    Stale { why: &'static str },
}

/// A look at what the store has of a request.
pub struct Look<'a> {
    store: &'a Store,
    request: &'a Request,
    /// What the digests of its certificates begin with, for each authority that stays as it is.
    begun: Vec<Option<Sha256>>,
}

impl Store {
    /// How an authority stands.
    pub fn authority_status(&self, spec: &AuthoritySpec) -> Status {
        match (self.external(&spec.name), self.own(&spec.name)) {
            (Some(external), _) => Status::Current { not_before: external.not_before, not_after: external.not_after },
            (None, Some(own)) => own.outdated(spec).map_or(current(&own.issued), |why| Status::Stale { why }),
            (None, None) => Status::Missing,
        }
    }

    /// A look at the certificates of a request.
    pub fn look<'a>(&'a self, request: &'a Request) -> Look<'a> {
        let begun = request.authorities.iter().map(|authority| {
            let fingerprint = match (self.external(&authority.name), self.own(&authority.name)) {
                (Some(external), _) => &external.fingerprint_sha256,
                (None, own) => &own.filter(|own| own.outdated(authority).is_none())?.issued.fingerprint,
            };
            Some(begun(&authority.name, fingerprint))
        });
        Look { store: self, request, begun: begun.collect() }
    }

    /// The authority as the store has it.
    pub fn standing(&self, spec: &AuthoritySpec) -> Option<IssuedAuthority> {
        let own = || self.own(&spec.name).map(Authority::trusted);
        self.external(&spec.name).cloned().or_else(own)
    }
}

impl Look<'_> {
    /// How a certificate stands. May be asked from several threads at once.
    ///
    /// # Errors
    /// When the machine's file cannot be read, or the request does not have the authority.
    pub fn certificate(&self, spec: &CertificateSpec) -> Result<Status, PkiError> {
        let (store, request) = (self.store, self.request);
        let unknown = || PkiError::UnknownAuthority { id: spec.id.clone(), index: spec.authority };
        let authority = request.authorities.get(spec.authority as usize).ok_or_else(unknown)?;
        if let Some(Indexed { not_before, not_after }) = self.unchanged(spec) {
            return Ok(Status::Current { not_before, not_after });
        }
        let Some(leaf) = store.leaf(spec)? else { return Ok(Status::Missing) };
        let stale = match store.authority_status(authority) {
            Status::Current { .. } => store.standing(authority).and_then(|own| leaf.spec.outdated(spec, &own)),
            _ => Some("its authority will have another certificate"),
        };
        let stale = stale.or(request.is_anew(spec).then_some("its machine is new"));
        Ok(stale.map_or(current(&leaf.issued), |why| Status::Stale { why }))
    }

    /// The certificate, if it is known without its file that it is just what is asked for.
    fn unchanged(&self, spec: &CertificateSpec) -> Option<Indexed> {
        let begun = self.begun.get(spec.authority as usize)?.as_ref().filter(|_| !self.request.is_anew(spec))?;
        self.store.indexed(&spec.id, || spec_digest(spec, begun.clone()))
    }
}

fn current(issued: &IssuedCertificate) -> Status {
    Status::Current { not_before: issued.not_before, not_after: issued.not_after }
}
