//! What an operator's own authority may sign: verifiers hold what it issues against its certificate.
//!
//! Go's `crypto/x509`, by which Kubernetes' programs verify, and OpenSSL read the extended key usage of an authority as the most
//! that it may pass on, and its name constraints (RFC 5280, section 4.2.1.10) as those of all below it.

use std::net::IpAddr;

use x509_parser::prelude::{ExtendedKeyUsage, FromDer, GeneralName, NameConstraints, X509Certificate};

use crate::pki::pem;
use crate::pki::spec::{CertificateSpec, San};

/// What one certificate allows.
pub(super) struct Constraints {
    /// Whether certificates of servers, and of clients.
    usage: Option<(bool, bool)>,
    permitted: Vec<Subtree>,
    excluded: Vec<Subtree>,
}

/// Names that belong together.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Subtree {
    /// A domain and all below; with a dot in front only what is below.
    Dns(String),
    /// An address and its mask.
    Ip(Vec<u8>, Vec<u8>),
}

impl Constraints {
    /// Reads them from the certificate of an authority.
    ///
    /// # Errors
    /// When there are some that the programs which verify do not know.
    pub(super) fn read(certificate: &X509Certificate<'_>) -> Result<Self, String> {
        let usage = certificate.extended_key_usage().map_err(|error| error.to_string())?;
        let names = certificate.name_constraints().map_err(|error| error.to_string())?;
        let critical = names.as_ref().is_some_and(|names| names.critical);
        let names = names.map(|names| names.value);
        let (permitted, excluded) = names.map_or(Ok(Default::default()), |names| subtrees(names, critical))?;
        Ok(Self { usage: usage.map(|usage| usages(usage.value)), permitted, excluded })
    }

    /// As [`Self::read`], of a text.
    ///
    /// # Errors
    /// As [`Self::read`], or if it contains no certificate.
    pub(super) fn of(text: &str) -> Result<Self, String> {
        let (_, der) = pem::first(text, &["CERTIFICATE"]).ok_or("it contains no certificate")?;
        let (_, certificate) = X509Certificate::from_der(&der).map_err(|error| error.to_string())?;
        Self::read(&certificate)
    }

    /// Why the authority may not sign this.
    pub(super) fn refusal(&self, spec: &CertificateSpec) -> Option<String> {
        let (server, client) = self.usage.unwrap_or((true, true));
        for (wanted, may, word) in [(spec.server, server, "servers"), (spec.client, client, "clients")] {
            if wanted && !may {
                return Some(format!("its extended key usage allows no certificates of {word}, such as `{}`", spec.id));
            }
        }
        let refused = spec.sans.iter().find(|san| !self.allows(san))?;
        Some(format!("its name constraints do not allow `{refused}`, which `{}` needs", spec.id))
    }

    fn allows(&self, san: &San) -> bool {
        let of_kind =
            |tree: &&Subtree| matches!((tree, san), (Subtree::Dns(_), San::Dns(_)) | (Subtree::Ip(..), San::Ip(_)));
        let mut permitted = self.permitted.iter().filter(of_kind).peekable();
        let inside = permitted.peek().is_none() || permitted.any(|tree| tree.contains(san));
        inside && !self.excluded.iter().any(|tree| tree.contains(san))
    }
}

impl Subtree {
    fn contains(&self, san: &San) -> bool {
        match (self, san) {
            (Self::Dns(domain), San::Dns(name)) => {
                let (domain, name) = (domain.to_ascii_lowercase(), name.to_ascii_lowercase());
                let below = domain.strip_prefix('.').unwrap_or(&domain);
                domain.is_empty() || name == domain || name.strip_suffix(below).is_some_and(|rest| rest.ends_with('.'))
            }
            (Self::Ip(address, mask), San::Ip(ip)) => {
                let bytes = match ip {
                    IpAddr::V4(ip) => ip.octets().to_vec(),
                    IpAddr::V6(ip) => ip.octets().to_vec(),
                };
                let same = |((a, b), mask): ((&u8, &u8), &u8)| a & mask == b & mask;
                bytes.len() == address.len() && bytes.iter().zip(address).zip(mask).all(same)
            }
            _ => false,
        }
    }
}

fn usages(usage: &ExtendedKeyUsage<'_>) -> (bool, bool) {
    (usage.any || usage.server_auth, usage.any || usage.client_auth)
}

type Both = (Vec<Subtree>, Vec<Subtree>);

fn subtrees(names: &NameConstraints<'_>, critical: bool) -> Result<Both, String> {
    let read = |trees: &Option<Vec<x509_parser::extensions::GeneralSubtree<'_>>>| {
        let mut list = Vec::new();
        for tree in trees.iter().flatten() {
            match &tree.base {
                GeneralName::DNSName(name) => list.push(Subtree::Dns((*name).to_owned())),
                GeneralName::IPAddress(bytes) if bytes.len() == 8 || bytes.len() == 32 => {
                    let (address, mask) = bytes.split_at(bytes.len() / 2);
                    list.push(Subtree::Ip(address.to_vec(), mask.to_vec()));
                }
                // Certificates of clusters have no addresses of mail and no URLs.
                GeneralName::RFC822Name(_) | GeneralName::URI(_) => {}
                // Go refuses a certificate with a critical extension that it does not read in full.
                _ if critical => {
                    return Err(
                        "its critical name constraints are of a kind that Kubernetes' programs do not read".to_owned()
                    );
                }
                _ => {}
            }
        }
        Ok(list)
    };
    Ok((read(&names.permitted_subtrees)?, read(&names.excluded_subtrees)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(permitted: &[Subtree], excluded: &[Subtree], name: &str) -> bool {
        let of = |trees: &[Subtree]| trees.to_vec();
        Constraints { usage: None, permitted: of(permitted), excluded: of(excluded) }.allows(&San::parse(name))
    }

    #[test]
    fn names_are_held_against_the_trees_of_their_kind() {
        let dns = |domain: &str| Subtree::Dns(domain.to_owned());
        let ip = Subtree::Ip(vec![10, 0, 0, 0], vec![255, 0, 0, 0]);
        for (permitted, excluded, name, allowed) in [
            (vec![dns("example.org")], vec![], "api.example.org", true),
            (vec![dns("example.org")], vec![], "EXAMPLE.org", true),
            (vec![dns("example.org")], vec![], "badexample.org", false),
            (vec![dns(".example.org")], vec![], "api.example.org", true),
            (vec![dns(".example.org")], vec![], "example.org", false),
            (vec![dns("example.org")], vec![], "10.0.0.1", true),
            (vec![ip.clone()], vec![], "10.1.2.3", true),
            (vec![ip.clone()], vec![], "192.0.2.1", false),
            (vec![ip.clone()], vec![], "fd00::1", false),
            (vec![], vec![dns("internal")], "node.internal", false),
            (vec![], vec![dns("internal")], "node.example", true),
            (vec![dns("")], vec![], "anything", true),
        ] {
            assert_eq!(allows(&permitted, &excluded, name), allowed, "{permitted:?} {excluded:?} {name}");
        }
    }
}
