//! How publishers sign what they release: `tables/signers.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};
use super::release;

/// All signers by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    signer: BTreeMap<String, Signer>,
}

/// One publisher that signs its releases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signer {
    /// The names of its releases in `tables/releases.toml`.
    releases: Vec<String>,
    /// What lies beside each file.
    beside: Signature,
    #[serde(rename = "source")]
    _source: Note,
}

/// What lies beside a file for those who want to know whose it is. URLs have `{url}` in them, that of the file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Signature {
    /// Of cosign without keys of its own: a certificate for some minutes, and a signature of its key.
    Cosign {
        signature: String,
        certificate: String,
        /// Who the certificate has to be for.
        identity: String,
        /// Who vouched for that to the authority: an OpenID Connect issuer.
        issuer: String,
    },
    /// A detached signature of a key that its owner keeps.
    Openpgp {
        signature: String,
        /// Where the publisher lists its keys, for people.
        keys: String,
    },
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/signers.toml"));

/// The signature of the file at a URL, if it is a release whose publisher signs it.
pub fn of(url: &str, version: &str, arch: &str) -> Option<Signature> {
    let is_at = |name: &String| release::find(name, version, arch).is_ok_and(|found| found.url == url);
    let signer = TABLE.signer.values().find(|signer| signer.releases.iter().any(is_at))?;
    Some(signer.beside.of_file(url))
}

impl Signature {
    /// The same with the URL of a file in it.
    fn of_file(&self, url: &str) -> Self {
        let here = |text: &String| text.replace("{url}", url);
        match self {
            Self::Cosign { signature, certificate, identity, issuer } => Self::Cosign {
                signature: here(signature),
                certificate: here(certificate),
                identity: identity.clone(),
                issuer: issuer.clone(),
            },
            Self::Openpgp { signature, keys } => Self::Openpgp { signature: here(signature), keys: keys.clone() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signed_release_is_one_of_the_table() {
        for signer in TABLE.signer.values() {
            for name in &signer.releases {
                let url = release::find(name, "1.2.3", "amd64").expect("a release").url;
                assert!(of(&url, "1.2.3", "amd64").is_some(), "{name}");
                assert_eq!(of(&url, "1.2.4", "amd64"), None, "{name}");
            }
        }
    }

    #[test]
    fn a_signature_lies_beside_its_file() {
        let url = "https://dl.k8s.io/release/v1.36.2/bin/linux/arm64/kubelet";
        let Some(Signature::Cosign { signature, certificate, .. }) = of(url, "1.36.2", "arm64") else {
            panic!("{url}")
        };
        assert_eq!((signature, certificate), (format!("{url}.sig"), format!("{url}.cert")));
        assert_eq!(of("https://example.org/kubelet", "1.36.2", "arm64"), None);
    }
}
