//! What is remembered of keys, so that a store that lost one is not taken for a new one.
//!
//! A record is public, so it holds digests that tell nothing: of authorities and key pairs that of the public half, of
//! random secrets that of the secret. A secret that is short enough to be guessed is only said to be there.

use std::collections::BTreeMap;

use x509_parser::prelude::{FromDer, X509Certificate};

use crate::pki::issued::Issued;
use crate::pki::pem;
use crate::pki::spec::{Request, SecretSpec};
use crate::pki::store::Store;
use crate::syntax::ast::Name;

/// By `authority/NAME`, `keypair/NAME` and `secret/NAME`.
pub type Record = BTreeMap<String, String>;

/// A secret of fewer random bytes has no digest in public.
const UNGUESSABLE: u32 = 16;

/// What is said of a secret without a digest.
const PRESENT: &str = "present";

/// What a key is for, which decides what is lost with it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum KeyUse {
    Authority,
    Keypair,
    Secret,
}

/// A key that the store does not have as it is recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Astray {
    pub of: KeyUse,
    pub name: Name,
    /// The store has another one; else it has none.
    pub other: bool,
}

impl KeyUse {
    /// As in a model.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Keypair => "keypair",
            Self::Secret => "secret",
        }
    }
}

/// The record of what was issued.
pub fn record(request: &Request, issued: &Issued) -> Record {
    let authorities = request.authorities.iter().zip(&issued.authorities);
    let keypairs = request.keypairs.iter().zip(&issued.keypairs);
    let secrets = request.secrets.iter().zip(&issued.secrets);
    let authorities = authorities.map(|(spec, one)| (KeyUse::Authority, &spec.name, authority(&one.cert_pem)));
    let keypairs = keypairs.map(|(spec, one)| (KeyUse::Keypair, &spec.name, keypair(&one.public_pem)));
    let secrets = secrets.map(|(spec, one)| (KeyUse::Secret, &spec.name, Some(secret(spec, one.as_str()))));
    let all = authorities.chain(keypairs).chain(secrets);
    all.filter_map(|(of, name, digest)| Some((key(of, name), digest?))).collect()
}

/// What a request asks for that is recorded, and that the store lacks or has otherwise. Without a store it lacks all.
pub fn astray(record: &Record, request: &Request, store: Option<&Store>) -> Vec<Astray> {
    let authorities = request.authorities.iter().map(|spec| {
        let external = store.and_then(|store| store.external(&spec.name)).map(|one| &one.cert_pem);
        let own = store.and_then(|store| store.own(&spec.name));
        let other = own.and_then(|own| own.other.as_ref()).map(|other| &other.issued.cert_pem);
        let held = external.or(own.map(|own| &own.issued.cert_pem));
        let held = held.map(|pem| vec![authority(pem), other.and_then(|pem| authority(pem))]);
        (KeyUse::Authority, &spec.name, held)
    });
    let keypairs = request.keypairs.iter().map(|spec| {
        let held = store.and_then(|store| store.keypair(&spec.name));
        let other = held.and_then(|held| held.other.as_ref()).map(|other| &other.issued.public_pem);
        let held = held.map(|held| vec![keypair(&held.issued.public_pem), other.and_then(|pem| keypair(pem))]);
        (KeyUse::Keypair, &spec.name, held)
    });
    let secrets = request.secrets.iter().map(|spec| {
        let held = store.and_then(|store| store.secret(&spec.name));
        (KeyUse::Secret, &spec.name, held.map(|held| vec![Some(secret(&held.spec, held.value.as_str()))]))
    });
    let all = authorities.chain(keypairs).chain(secrets);
    all.filter_map(|(of, name, held)| {
        let recorded = record.get(&key(of, name))?;
        let other = match held {
            // While a key is rotated, the record may be that of either.
            Some(digests) if digests.iter().flatten().any(|digest| digest == recorded) => return None,
            held => held.is_some(),
        };
        Some(Astray { of, name: name.clone(), other })
    })
    .collect()
}

/// The record of an authority or a key pair as the store has it.
pub fn of_store((of, name): (KeyUse, &str), store: &Store) -> Option<(String, String)> {
    let digest = match of {
        KeyUse::Authority => authority(&store.own(name)?.issued.cert_pem),
        KeyUse::Keypair => keypair(&store.keypair(name)?.issued.public_pem),
        KeyUse::Secret => None,
    };
    Some((key(of, name), digest?))
}

fn key(of: KeyUse, name: &str) -> String {
    format!("{}/{name}", of.name())
}

/// An authority keeps its key when its certificate is renewed, so the key is what is recorded.
fn authority(certificate: &str) -> Option<String> {
    let (_, der) = pem::first(certificate, &["CERTIFICATE"])?;
    let (_, certificate) = X509Certificate::from_der(&der).ok()?;
    Some(digest(certificate.public_key().raw))
}

fn keypair(public: &str) -> Option<String> {
    pem::first(public, &["PUBLIC KEY"]).map(|(_, der)| digest(&der))
}

fn secret(spec: &SecretSpec, value: &str) -> String {
    match spec.bytes {
        UNGUESSABLE.. => digest(format!("kmodel.lock secret {}\0{value}", spec.name).as_bytes()),
        _ => PRESENT.to_owned(),
    }
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", pem::fingerprint(bytes))
}
