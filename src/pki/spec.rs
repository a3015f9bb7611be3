//! What is to be issued, as data.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::syntax::ast::Name;

/// The kind of a private key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKind {
    #[default]
    #[serde(rename = "ecdsa-p256")]
    EcdsaP256,
    #[serde(rename = "ecdsa-p384")]
    EcdsaP384,
    #[serde(rename = "ed25519")]
    Ed25519,
    #[serde(rename = "rsa-2048")]
    Rsa2048,
    #[serde(rename = "rsa-4096")]
    Rsa4096,
}

/// A certificate authority, self-signed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AuthoritySpec {
    pub name: Name,
    pub cn: String,
    /// DNS names of the authority itself (kubeadm writes `DNS:kubernetes`).
    pub names: Vec<String>,
    pub lifetime_seconds: u64,
    pub key: KeyKind,
}

/// A key without a certificate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeypairSpec {
    pub name: Name,
    pub key: KeyKind,
}

/// Random bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SecretSpec {
    pub name: Name,
    pub bytes: u32,
    pub encoding: Encoding,
}

/// How random bytes are written down.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    Base64,
    Hex,
    /// Letters and digits, `bytes` of them.
    Alnum,
}

/// A name in a certificate.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum San {
    Ip(IpAddr),
    Dns(Name),
}

/// A certificate to issue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CertificateSpec {
    /// Stable and unique: `MACHINE/APPLICATION/CERT`, or `-/APPLICATION/CERT` without a machine.
    pub id: String,
    /// Ids that it had before, the latest first: its key is looked for there too.
    #[serde(skip)]
    pub former: Vec<String>,
    /// Index into [`Request::authorities`].
    pub authority: u32,
    pub cn: String,
    /// Most certificates of a kind share it.
    pub org: Arc<[String]>,
    pub server: bool,
    pub client: bool,
    /// Sorted, without doubles.
    pub sans: Vec<San>,
    pub lifetime_seconds: u64,
    pub key: KeyKind,
}

/// All that one model wants.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Request {
    pub authorities: Vec<AuthoritySpec>,
    pub keypairs: Vec<KeypairSpec>,
    pub secrets: Vec<SecretSpec>,
    pub certificates: Vec<CertificateSpec>,
    /// Machines that are new, which get no keys of machines that had their names before.
    #[serde(skip)]
    pub new_machines: BTreeSet<Name>,
    /// What a person wants anew.
    #[serde(skip)]
    pub renewal: Renewal,
    /// A certificate with less than this left is issued anew; of one that lives short, at most a third of its life.
    pub renew_seconds: u64,
}

/// Certificates that are issued anew, however long they are still valid.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Renewal {
    /// Their ids.
    pub ids: BTreeSet<String>,
    /// Whether they get new keys too.
    pub new_keys: bool,
}

impl Renewal {
    /// Whether a certificate is among them.
    pub fn has(&self, spec: &CertificateSpec) -> bool {
        !self.ids.is_empty() && self.ids.contains(&spec.id)
    }

    /// Whether a certificate gets a new key.
    pub fn has_new_keys(&self, spec: &CertificateSpec) -> bool {
        self.new_keys && self.has(spec)
    }
}

impl KeyKind {
    /// As written in a model and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "ecdsa-p256",
            Self::EcdsaP384 => "ecdsa-p384",
            Self::Ed25519 => "ed25519",
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa4096 => "rsa-4096",
        }
    }

    /// Whether it is an RSA key, of any size.
    pub const fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa2048 | Self::Rsa4096)
    }
}

impl CertificateSpec {
    /// The part of the id before the first `/`: the machine, or `-`.
    pub fn machine(&self) -> &str {
        machine(&self.id)
    }
}

/// The part of an id before the first `/`.
pub fn machine(id: &str) -> &str {
    id.split_once('/').map_or(id, |(machine, _)| machine)
}

impl Request {
    /// Whether what the store has for a certificate is of a machine that had the same name.
    pub fn is_anew(&self, spec: &CertificateSpec) -> bool {
        self.new_machines.contains(spec.machine())
    }

    /// How long before its end a certificate is issued anew.
    pub fn renewed_before_end(&self, spec: &CertificateSpec) -> time::Duration {
        let seconds = self.renew_seconds.min(spec.lifetime_seconds / 3);
        time::Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
    }
}

impl San {
    /// An address if it reads as one, else a DNS name.
    pub fn parse(text: &str) -> San {
        text.parse().map_or_else(|_| San::Dns(text.into()), San::Ip)
    }
}

impl std::fmt::Display for San {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            San::Ip(ip) => ip.fmt(f),
            San::Dns(name) => name.fmt(f),
        }
    }
}
