//! From a request to keys and certificates: what the store holds is kept where it still fits, the rest is made.
//!
//! In: a request, a store open for writing, the time. Out: everything asked for, and a store that is to be saved. Keys of
//! authorities, key pairs and secrets are made once and never again; a certificate is issued anew when what it says has
//! changed or it has expired, and keeps its key.

use std::collections::HashSet;

use time::OffsetDateTime;

use crate::pki::error::PkiError;
use crate::pki::issued::{Issued, IssuedCertificate};
use crate::pki::profile::BACKDATE;
use crate::pki::spec::{CertificateSpec, Request};
use crate::pki::store::Store;

mod aside;
pub(super) mod authority;
mod certificate;
pub(super) mod keypair;
mod secret;

/// Has everything that is asked for. The store is changed in memory only: [`Store::save`] it before anything is used.
///
/// # Errors
/// The first thing, in the order of the request, that cannot be had; [`PkiError`] says which and why.
pub fn issue(request: &Request, store: &mut Store, now: OffsetDateTime) -> Result<Issued, PkiError> {
    let mut issued = others(request, store, now)?;
    certificate::issue(request, store, now, &mut issued)?;
    Ok(issued)
}

/// The same, but that certificates of machines stay on the disk: what is new is written beside the files of the store. Of a
/// trial nothing is written, so they are in memory.
///
/// # Errors
/// As [`issue`]; of certificates the first in the order of the names of machines.
pub fn issue_aside(request: &Request, store: &mut Store, now: OffsetDateTime) -> Result<Issued, PkiError> {
    if store.is_trial() {
        return issue(request, store, now);
    }
    let mut issued = others(request, store, now)?;
    aside::issue(request, store, now, &mut issued)?;
    Ok(issued)
}

/// Issues one certificate with a new key, which is kept nowhere. Says whether it ends with its authority, before its time.
///
/// # Errors
/// When the store lacks the authority or its key, or the authority may not sign this.
pub fn issue_once(
    request: &Request,
    store: &Store,
    spec: &CertificateSpec,
    now: OffsetDateTime,
) -> Result<(IssuedCertificate, bool), PkiError> {
    let unknown = || PkiError::UnknownAuthority { id: spec.id.clone(), index: spec.authority };
    let signs = request.authorities.get(spec.authority as usize).ok_or_else(unknown)?;
    let authority = store.standing(signs).ok_or_else(|| PkiError::NoAuthority { authority: signs.name.to_string() })?;
    // It begins earlier, for clocks that are behind, and is valid from now on for as long as was asked.
    let lifetime_seconds = spec.lifetime_seconds.saturating_add(BACKDATE.whole_seconds().unsigned_abs());
    let spec = CertificateSpec { authority: 0, lifetime_seconds, ..spec.clone() };
    let alone = Request { authorities: vec![signs.clone()], certificates: vec![spec], ..Request::default() };
    store.permits(&alone)?;
    certificate::Run::new((&alone, store), &[authority], now).once(&alone.certificates[0])
}

/// Has all but certificates.
fn others(request: &Request, store: &mut Store, now: OffsetDateTime) -> Result<Issued, PkiError> {
    store.writable()?;
    check(request)?;
    store.permits(request)?;
    let mut issued = Issued::default();
    authority::issue(request, store, now, &mut issued)?;
    keypair::issue(request, store, &mut issued)?;
    secret::issue(request, store, &mut issued)?;
    Ok(issued)
}

/// Names become the names of files and the keys of tables.
fn check(request: &Request) -> Result<(), PkiError> {
    unique("authority", request.authorities.iter().map(|authority| &*authority.name))?;
    unique("keypair", request.keypairs.iter().map(|keypair| &*keypair.name))?;
    unique("secret", request.secrets.iter().map(|secret| &*secret.name))?;
    certificates(request)?;
    request.authorities.iter().try_for_each(|authority| file_name("authority", &authority.name))?;
    request.certificates.iter().try_for_each(|certificate| file_name("machine", certificate.machine()))
}

/// There may be many, so they are sorted and not kept in a set.
fn certificates(request: &Request) -> Result<(), PkiError> {
    let id = |place: &u32| request.certificates[*place as usize].id.as_str();
    let mut order: Vec<u32> = (0..request.certificates.len() as u32).collect();
    order.sort_unstable_by(|one, other| id(one).cmp(id(other)));
    let twice = order.windows(2).find(|pair| id(&pair[0]) == id(&pair[1]));
    twice.map_or(Ok(()), |pair| Err(PkiError::Twice { what: "certificate", name: id(&pair[0]).to_owned() }))
}

fn unique<'a>(what: &'static str, names: impl Iterator<Item = &'a str>) -> Result<(), PkiError> {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(PkiError::Twice { what, name: name.to_owned() });
        }
    }
    Ok(())
}

fn file_name(what: &'static str, name: &str) -> Result<(), PkiError> {
    let fits = !name.is_empty() && name.len() <= 200 && !name.starts_with('.');
    match fits && !name.contains(['/', '\\', '\0']) {
        true => Ok(()),
        false => Err(PkiError::BadName { what, name: name.to_owned() }),
    }
}
