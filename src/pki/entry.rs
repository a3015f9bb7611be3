//! What the files of the store hold.
//!
//! Beside what was issued stands what it was issued for, so that a later run can tell whether it still fits, and why not.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::pki::issued::{IssuedAuthority, IssuedCertificate, IssuedKeypair, Private};
use crate::pki::pem;
use crate::pki::spec::{AuthoritySpec, CertificateSpec, KeyKind, KeypairSpec, San, SecretSpec};
use crate::syntax::ast::Name;

/// The content of one file of the store.
pub(super) trait Content: Serialize + DeserializeOwned + Default {
    /// Finds what JSON alone cannot: a certificate that is not the one that was written.
    fn check(&self) -> Result<(), String>;
}

/// `authorities.json`.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Authorities {
    pub authorities: BTreeMap<Name, Authority>,
}

/// `secrets.json`.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Secrets {
    pub keypairs: BTreeMap<Name, Keypair>,
    pub secrets: BTreeMap<Name, Secret>,
}

/// `machines/MACHINE.json`: certificates by their ids.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Machine {
    pub certificates: BTreeMap<String, Leaf>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Authority {
    pub spec: AuthoritySpec,
    pub issued: IssuedCertificate,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Keypair {
    pub spec: KeypairSpec,
    pub issued: Arc<IssuedKeypair>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Secret {
    pub spec: SecretSpec,
    pub value: Private,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Leaf {
    pub spec: LeafSpec,
    pub issued: Arc<IssuedCertificate>,
}

/// A [`CertificateSpec`] that stands alone: the authority is the certificate it had, not an index.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct LeafSpec {
    pub authority: Name,
    pub authority_fingerprint: Arc<str>,
    pub cn: String,
    pub org: Vec<String>,
    pub server: bool,
    pub client: bool,
    pub sans: Vec<San>,
    pub lifetime_seconds: u64,
    pub key: KeyKind,
}

impl LeafSpec {
    pub(super) fn new(spec: &CertificateSpec, name: &Name, authority: &IssuedAuthority) -> Self {
        Self {
            authority: Arc::clone(name),
            authority_fingerprint: Arc::clone(&authority.fingerprint_sha256),
            cn: spec.cn.clone(),
            org: spec.org.clone(),
            server: spec.server,
            client: spec.client,
            sans: spec.sans.clone(),
            lifetime_seconds: spec.lifetime_seconds,
            key: spec.key,
        }
    }

    /// What tells it from any other.
    pub(super) fn digest(&self) -> String {
        let usage = (self.server, self.client, self.lifetime_seconds, self.key);
        digest((&self.authority, &self.authority_fingerprint), (&self.cn, &self.org, &self.sans), usage)
    }

    /// Why a certificate for this does not do for what is wanted now.
    pub(super) fn outdated(&self, spec: &CertificateSpec, authority: &IssuedAuthority) -> Option<&'static str> {
        let differences = [
            (self.authority_fingerprint != authority.fingerprint_sha256, "its authority has another certificate"),
            (self.sans != spec.sans, "its subject alternative names have changed"),
            (self.cn != spec.cn || self.org != spec.org, "its subject has changed"),
            ((self.server, self.client) != (spec.server, spec.client), "its usage has changed"),
            (self.key != spec.key, "its key type has changed"),
            (self.lifetime_seconds != spec.lifetime_seconds, "its lifetime has changed"),
        ];
        differences.into_iter().find_map(|(differs, why)| differs.then_some(why))
    }
}

/// The digest that a certificate for this would have in the store, of an authority with this name and certificate.
pub(super) fn spec_digest(spec: &CertificateSpec, authority: &str, fingerprint: &str) -> String {
    let usage = (spec.server, spec.client, spec.lifetime_seconds, spec.key);
    digest((authority, fingerprint), (&spec.cn, &spec.org, &spec.sans), usage)
}

fn digest(
    (authority, fingerprint): (&str, &str),
    (cn, org, sans): (&str, &[String], &[San]),
    (server, client, seconds, key): (bool, bool, u64, KeyKind),
) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    [authority, fingerprint, cn, key.name()].into_iter().for_each(&mut add);
    add(&format!("{server} {client} {seconds} {}", org.len()));
    org.iter().for_each(|one| add(one));
    sans.iter().for_each(|san| match san {
        San::Dns(name) => add(name),
        San::Ip(address) => add(&address.to_string()),
    });
    pem::hex(&hash.finalize()[..16])
}

impl Authority {
    /// Why its certificate does not do for what is wanted now; the kind of its key is another matter.
    pub(super) fn outdated(&self, spec: &AuthoritySpec) -> Option<&'static str> {
        let differences = [
            (self.spec.cn != spec.cn, "its subject has changed"),
            (self.spec.names != spec.names, "its subject alternative names have changed"),
            (self.spec.lifetime_seconds != spec.lifetime_seconds, "its lifetime has changed"),
        ];
        differences.into_iter().find_map(|(differs, why)| differs.then_some(why))
    }
}

impl Content for Authorities {
    fn check(&self) -> Result<(), String> {
        self.authorities.iter().try_for_each(|(name, authority)| intact(name, &authority.issued))
    }
}

impl Content for Secrets {
    fn check(&self) -> Result<(), String> {
        let broken = self.keypairs.iter().find(|(_, pair)| !is_key(&pair.issued.private_pem));
        broken.map_or(Ok(()), |(name, _)| Err(format!("the key of `{name}` is not a private key")))
    }
}

impl Content for Machine {
    fn check(&self) -> Result<(), String> {
        self.certificates.iter().try_for_each(|(id, leaf)| intact(id, &leaf.issued))
    }
}

fn intact(name: &str, issued: &IssuedCertificate) -> Result<(), String> {
    let der = pem::first(&issued.cert_pem, &["CERTIFICATE"]);
    if der.is_none_or(|(_, der)| pem::fingerprint(&der) != *issued.fingerprint) {
        return Err(format!("the certificate of `{name}` does not have the fingerprint beside it"));
    }
    if !is_key(&issued.key_pem) {
        return Err(format!("the key of `{name}` is not a private key"));
    }
    Ok(())
}

fn is_key(text: &Private) -> bool {
    pem::first(text.as_str(), &["PRIVATE KEY"]).is_some()
}
