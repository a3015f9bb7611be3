//! Authorities: the operator's, the store's, or new ones.

use rayon::prelude::*;
use time::OffsetDateTime;

use crate::pki::entry::Authority;
use crate::pki::error::PkiError;
use crate::pki::issued::{Issued, IssuedAuthority, Made, Note};
use crate::pki::profile::Validity;
use crate::pki::spec::{AuthoritySpec, Request};
use crate::pki::store::Store;
use crate::pki::{key, signer};

/// Where an authority comes from in this run.
enum Source {
    External(IssuedAuthority),
    Kept(IssuedAuthority),
    Made(Box<Authority>, Option<Note>),
}

/// Has all authorities. They are few, but RSA keys take long, so they too are made side by side.
pub(super) fn issue(
    request: &Request,
    store: &mut Store,
    now: OffsetDateTime,
    issued: &mut Issued,
) -> Result<(), PkiError> {
    let sources: Vec<_> = request.authorities.par_iter().map(|spec| source(spec, store, now)).collect();
    for (spec, source) in request.authorities.iter().zip(sources) {
        let authority = match source? {
            Source::External(authority) => {
                issued.notes.push(Note::External { authority: spec.name.clone() });
                keep(issued, authority)
            }
            Source::Kept(authority) => keep(issued, authority),
            Source::Made(authority, note) => add(issued, store, *authority, note),
        };
        issued.authorities.push(authority);
    }
    Ok(())
}

fn keep(issued: &mut Issued, authority: IssuedAuthority) -> IssuedAuthority {
    issued.count(Made::Kept);
    authority
}

fn add(issued: &mut Issued, store: &mut Store, made: Authority, note: Option<Note>) -> IssuedAuthority {
    let authority = made.trusted();
    issued.count(Made::New);
    issued.notes.extend(note);
    store.put_authority(made);
    authority
}

fn source(spec: &AuthoritySpec, store: &Store, now: OffsetDateTime) -> Result<Source, PkiError> {
    if let Some(external) = store.external(&spec.name) {
        return Ok(Source::External(external.clone()));
    }
    let Some(own) = store.own(&spec.name) else { return Ok(Source::Made(Box::new(make(spec, now)?), None)) };
    if own.spec.key != spec.key {
        let kinds = [own.spec.key, spec.key];
        return Err(PkiError::kind(&store.authorities_path(), "authority", &spec.name, kinds));
    }
    let expired = (own.issued.not_after <= now).then_some("its certificate has expired");
    let early = (own.issued.not_before > now).then_some("its certificate begins in the future");
    match own.outdated(spec).or(expired).or(early) {
        Some(why) => renew(spec, own, why, (store, now)),
        None => Ok(Source::Kept(own.trusted())),
    }
}

/// An authority with a new key.
pub(in crate::pki) fn make(spec: &AuthoritySpec, now: OffsetDateTime) -> Result<Authority, PkiError> {
    let key = key::generate(spec.key).map_err(|reason| PkiError::making(&spec.name, reason))?;
    sign(spec, &key, now)
}

/// A new certificate for the old key, whose identifier stays the same.
fn renew(
    spec: &AuthoritySpec,
    own: &Authority,
    why: &'static str,
    (store, now): (&Store, OffsetDateTime),
) -> Result<Source, PkiError> {
    let unreadable =
        |reason| PkiError::corrupt(&store.authorities_path(), format!("authority `{}`: {reason}", spec.name));
    let key = key::read(own.issued.key_pem.as_str()).map_err(unreadable)?;
    let note = Note::Reissued { authority: spec.name.clone(), why };
    let made = Authority { other: own.other.clone(), ..sign(spec, &key, now)? };
    Ok(Source::Made(Box::new(made), Some(note)))
}

fn sign(spec: &AuthoritySpec, key: &rcgen::KeyPair, now: OffsetDateTime) -> Result<Authority, PkiError> {
    let seconds = spec.lifetime_seconds;
    let validity =
        Validity::new(now, seconds, None).ok_or_else(|| PkiError::Lifetime { name: spec.name.to_string(), seconds })?;
    let issued = signer::sign_itself(spec, key, validity).map_err(|reason| PkiError::making(&spec.name, reason))?;
    Ok(Authority { spec: spec.clone(), issued, other: None })
}
