//! What the files of the store hold.
//!
//! Beside what was issued stands what it was issued for, so that a later run can tell whether it still fits, and why not.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::pki::issued::{IssuedAuthority, IssuedCertificate, IssuedKeypair, Private};
use crate::pki::pem;
use crate::pki::rotation::Other;
use crate::pki::spec::{AuthoritySpec, CertificateSpec, KeyKind, KeypairSpec, San, SecretSpec};
use crate::syntax::ast::Name;

/// What a certificate is for, in one number.
pub(super) type Digest = [u8; 16];

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

/// `machines/MACHINE.json` of earlier kmodels: certificates by their ids.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Machine {
    pub certificates: BTreeMap<String, Leaf>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Authority {
    pub spec: AuthoritySpec,
    pub issued: IssuedCertificate,
    /// While it is rotated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<Other<IssuedCertificate>>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Keypair {
    pub spec: KeypairSpec,
    pub issued: Arc<IssuedKeypair>,
    /// While it is rotated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<Other<Arc<IssuedKeypair>>>,
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
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LeafSpec {
    pub authority: Name,
    pub authority_fingerprint: Arc<str>,
    pub cn: String,
    pub org: Arc<[String]>,
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
            org: Arc::clone(&spec.org),
            server: spec.server,
            client: spec.client,
            sans: spec.sans.clone(),
            lifetime_seconds: spec.lifetime_seconds,
            key: spec.key,
        }
    }

    /// What tells a certificate with this id and for this from any other.
    pub(super) fn digest(&self, id: &str) -> Digest {
        let usage = (self.server, self.client, self.lifetime_seconds, self.key);
        let parts = (self.cn.as_str(), &*self.org, self.sans.as_slice());
        digest(begun(&self.authority, &self.authority_fingerprint), id, parts, usage)
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

/// The digest that a certificate for this would have in the store, of an authority whose digest is begun.
pub(super) fn spec_digest(spec: &CertificateSpec, begun: Sha256) -> Digest {
    let usage = (spec.server, spec.client, spec.lifetime_seconds, spec.key);
    digest(begun, &spec.id, (&spec.cn, &spec.org, &spec.sans), usage)
}

/// The digest of all certificates of an authority, as far as it is the same. It ends with a block of the hash, so that what
/// follows costs no more for it.
pub(super) fn begun(authority: &str, fingerprint: &str) -> Sha256 {
    let mut parts = Vec::new();
    [authority, fingerprint].iter().for_each(|text| add(&mut parts, text.as_bytes()));
    parts.resize(parts.len().next_multiple_of(BLOCK), 0);
    Sha256::new().chain_update(parts)
}

/// Of SHA-256.
const BLOCK: usize = 64;

fn digest(
    begun: Sha256,
    id: &str,
    (cn, org, sans): (&str, &[String], &[San]),
    (server, client, seconds, key): (bool, bool, u64, KeyKind),
) -> Digest {
    let mut parts = Vec::with_capacity(4 * BLOCK);
    [id, cn, key.name()].iter().for_each(|text| add(&mut parts, text.as_bytes()));
    parts.extend([u8::from(server), u8::from(client)]);
    parts.extend(seconds.to_le_bytes());
    parts.extend((org.len() as u64).to_le_bytes());
    org.iter().for_each(|one| add(&mut parts, one.as_bytes()));
    sans.iter().for_each(|san| match san {
        San::Dns(name) => add(&mut parts, name.as_bytes()),
        San::Ip(IpAddr::V4(address)) => add_address(&mut parts, &address.octets()),
        San::Ip(IpAddr::V6(address)) => add_address(&mut parts, &address.octets()),
    });
    let hash: [u8; 32] = begun.chain_update(parts).finalize().into();
    let mut first = Digest::default();
    first.copy_from_slice(&hash[..size_of::<Digest>()]);
    first
}

fn add(parts: &mut Vec<u8>, text: &[u8]) {
    parts.extend((text.len() as u64).to_le_bytes());
    parts.extend(text);
}

/// No text has the length that stands before it.
fn add_address(parts: &mut Vec<u8>, octets: &[u8]) {
    parts.extend((u64::MAX - octets.len() as u64).to_le_bytes());
    parts.extend(octets);
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
        self.authorities.iter().try_for_each(|(name, authority)| {
            let other = authority.other.as_ref().map(|other| &other.issued);
            std::iter::once(&authority.issued).chain(other).try_for_each(|issued| intact(name, issued))
        })
    }
}

impl Content for Secrets {
    fn check(&self) -> Result<(), String> {
        let other = |pair: &Keypair| pair.other.as_ref().is_none_or(|other| is_key(&other.issued.private_pem));
        let broken = self.keypairs.iter().find(|(_, pair)| !is_key(&pair.issued.private_pem) || !other(pair));
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
