//! Certificates of machines and people, on every core.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use time::OffsetDateTime;

use crate::pki::entry::{Leaf, LeafSpec};
use crate::pki::error::PkiError;
use crate::pki::issued::{Issued, IssuedAuthority, IssuedCertificate, Made};
use crate::pki::key::{self, Certified};
use crate::pki::period::Period;
use crate::pki::profile::Validity;
use crate::pki::signer::Signer;
use crate::pki::spec::{CertificateSpec, Request};
use crate::pki::store::Store;

/// What all certificates of a run share.
pub(super) struct Run<'a> {
    pub request: &'a Request,
    pub store: &'a Store,
    authorities: &'a [IssuedAuthority],
    /// Made when the first certificate of the authority is signed: most runs sign nothing.
    signers: Vec<OnceLock<Result<Signer, PkiError>>>,
    now: OffsetDateTime,
}

/// A certificate, and what is to be put into the store if it is a new one.
pub(super) enum Outcome {
    Kept(Arc<IssuedCertificate>),
    /// Kept, and put under the id of now.
    Moved(Leaf),
    Made(Leaf, Validity),
}

/// Has all certificates.
pub(super) fn issue(
    request: &Request,
    store: &mut Store,
    now: OffsetDateTime,
    issued: &mut Issued,
) -> Result<(), PkiError> {
    let run = Run::new((request, store), &issued.authorities, now);
    let of = |spec: &CertificateSpec| run.outcome(spec, store.leaf_with(&spec.id)?.as_deref());
    let outcomes: Vec<_> = request.certificates.par_iter().map(of).collect();
    let mut shortened = BTreeMap::new();
    for (spec, outcome) in request.certificates.iter().zip(outcomes) {
        match outcome? {
            Outcome::Kept(certificate) => keep(issued, certificate),
            Outcome::Moved(leaf) => {
                keep(issued, Arc::clone(&leaf.issued));
                store.put_leaf(spec, leaf);
            }
            Outcome::Made(leaf, validity) => {
                if validity.shortened {
                    *shortened.entry(spec.authority).or_default() += 1;
                }
                issued.count(Made::New);
                issued.push(Arc::clone(&leaf.issued));
                store.put_leaf(spec, leaf);
            }
        }
    }
    issued.note_shortened(shortened, |index| request.authorities[index as usize].name.clone());
    Ok(())
}

fn keep(issued: &mut Issued, certificate: Arc<IssuedCertificate>) {
    issued.count(Made::Kept);
    issued.push(certificate);
}

impl<'a> Run<'a> {
    pub(super) fn new(
        (request, store): (&'a Request, &'a Store),
        authorities: &'a [IssuedAuthority],
        now: OffsetDateTime,
    ) -> Self {
        let signers = request.authorities.iter().map(|_| OnceLock::new()).collect();
        Self { request, store, authorities, signers, now }
    }

    /// What comes of a certificate, which the store has under its id or not.
    pub(super) fn outcome(&self, spec: &CertificateSpec, own: Option<&Leaf>) -> Result<Outcome, PkiError> {
        let unknown = || PkiError::UnknownAuthority { id: spec.id.clone(), index: spec.authority };
        let authority = self.authorities.get(spec.authority as usize).ok_or_else(unknown)?;
        // A machine that comes back may not be the one that left, which may be in other hands.
        let former = if own.is_none() { self.store.former(spec)? } else { None };
        let held = own.or(former.as_deref()).filter(|_| !self.request.is_anew(spec));
        let period = |held: &IssuedCertificate| Period { from: held.not_before, until: held.not_after };
        let good = |held| Period::of((self.request, spec), period(held), authority).has(self.now);
        match held {
            Some(leaf)
                if leaf.spec.outdated(spec, authority).is_none()
                    && good(&leaf.issued)
                    && !self.request.renewal.has(spec) =>
            {
                Ok(if own.is_none() { Outcome::Moved(leaf.clone()) } else { Outcome::Kept(Arc::clone(&leaf.issued)) })
            }
            _ => self.make(spec, authority, held),
        }
    }

    /// A certificate with a new key, and whether it was cut short.
    pub(super) fn once(&self, spec: &CertificateSpec) -> Result<(IssuedCertificate, bool), PkiError> {
        let (leaf, validity) = self.made(spec, &self.authorities[spec.authority as usize], None)?;
        Ok((Arc::unwrap_or_clone(leaf.issued), validity.shortened))
    }

    fn make(
        &self,
        spec: &CertificateSpec,
        authority: &IssuedAuthority,
        held: Option<&Leaf>,
    ) -> Result<Outcome, PkiError> {
        let held = held.filter(|_| !self.request.renewal.has_new_keys(spec));
        self.made(spec, authority, held).map(|(leaf, validity)| Outcome::Made(leaf, validity))
    }

    fn made(
        &self,
        spec: &CertificateSpec,
        authority: &IssuedAuthority,
        held: Option<&Leaf>,
    ) -> Result<(Leaf, Validity), PkiError> {
        let signer = self.signer(spec.authority as usize)?;
        let seconds = spec.lifetime_seconds;
        let validity = Validity::new(self.now, seconds, Some(authority.not_after))
            .ok_or_else(|| PkiError::Lifetime { name: spec.id.clone(), seconds })?;
        let making = |reason| PkiError::making(&spec.id, reason);
        let key = key_for(spec, held).map_err(making)?;
        let issued = Arc::new(signer.sign(spec, &key, validity).map_err(making)?);
        Ok((self.leaf(spec, issued), validity))
    }

    /// A certificate for just what is asked for, as the store has it.
    pub(super) fn leaf(&self, spec: &CertificateSpec, issued: Arc<IssuedCertificate>) -> Leaf {
        let index = spec.authority as usize;
        Leaf { spec: LeafSpec::new(spec, &self.request.authorities[index].name, &self.authorities[index]), issued }
    }

    fn signer(&self, index: usize) -> Result<&Signer, PkiError> {
        self.signers[index].get_or_init(|| self.new_signer(index)).as_ref().map_err(Clone::clone)
    }

    fn new_signer(&self, index: usize) -> Result<Signer, PkiError> {
        let (name, authority) = (&self.request.authorities[index].name, &self.authorities[index]);
        let [certificate, key] = self.store.external_paths(name);
        let Some(key_pem) = &authority.key_pem else {
            return Err(PkiError::NoKey { authority: name.to_string(), key });
        };
        if authority.not_after <= self.now {
            return Err(PkiError::external(&certificate, format!("it expired on {}", authority.not_after.date())));
        }
        if authority.not_before > self.now {
            let reason = format!("it is not valid before {}", authority.not_before.date());
            return Err(PkiError::external(&certificate, reason));
        }
        Signer::new(&authority.cert_pem, key_pem.as_str()).map_err(|reason| match self.store.external(name) {
            Some(_) => PkiError::external(&certificate, reason),
            None => PkiError::corrupt(&self.store.authorities_path(), format!("authority `{name}`: {reason}")),
        })
    }
}

/// A certificate that is issued anew keeps its key, unless another kind of key is wanted.
fn key_for(spec: &CertificateSpec, held: Option<&Leaf>) -> Result<Certified, String> {
    match held {
        Some(leaf) if leaf.spec.key == spec.key => key::read(leaf.issued.key_pem.as_str()).map(Certified::from),
        _ => Certified::generate(spec.key),
    }
}
