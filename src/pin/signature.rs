//! Signatures that publishers put beside their releases: which can be verified with what the operator trusts.
//!
//! What is trusted comes from files of the operator. Nothing that is looked up is trusted for having been found.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

use super::openpgp::{self, Keyring};
use super::sigstore::{self, Blob, Roots};
use super::{Lookup, PinError};
use crate::compile::ArtifactRow;
use crate::facts::hash::{Algorithm, Hash};
use crate::facts::signer::{self, Signature};

/// What the operator trusts to say whose a file is.
#[derive(Default)]
pub(crate) struct Trust {
    /// The authorities that certificates of cosign lead to.
    pub roots: Option<Roots>,
    /// The OpenPGP keys of publishers.
    pub keyring: Option<Keyring>,
}

/// What came of the signature of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// Whose it is.
    Verified(String),
    /// Why nothing is said of it.
    NotVerified(String),
}

/// A signature that was read, before its file is.
pub(super) enum Pending {
    Cosign(Box<Blob>),
    Openpgp(openpgp::Running),
    /// Nothing to verify, or nothing to verify it with.
    Nothing(String),
}

impl Trust {
    /// Whether anything is trusted.
    pub(crate) fn is_empty(&self) -> bool {
        self.roots.is_none() && self.keyring.is_none()
    }

    /// Reads what lies beside a file.
    pub(super) fn begin(&self, lookup: &Lookup, row: &ArtifactRow) -> Result<Pending, PinError> {
        let (version, arch) = (row.version.as_deref().unwrap_or_default(), row.arch.as_deref().unwrap_or_default());
        match signer::of(&row.url, version, arch) {
            None => Ok(Pending::Nothing("no signature of its publisher is known".to_owned())),
            Some(Signature::Cosign { signature, certificate, identity, issuer }) => {
                let Some(roots) = &self.roots else {
                    return Ok(Pending::Nothing("signed with cosign, pass `--sigstore-root FILE`".to_owned()));
                };
                let wanted = sigstore::Signer { identity, issuer };
                let certificate = (lookup.beside(&certificate)?, lookup.origin.shown(&certificate));
                let signature = (lookup.beside(&signature)?, lookup.origin.shown(&signature));
                Ok(Pending::Cosign(Box::new(roots.begin(wanted, &certificate, &signature)?)))
            }
            Some(Signature::Openpgp { signature, keys }) => {
                let Some(keyring) = &self.keyring else {
                    let what = format!("signed with OpenPGP, pass `--keyring FILE` with the keys in {keys}");
                    return Ok(Pending::Nothing(what));
                };
                let text = lookup.beside(&signature)?;
                Ok(Pending::Openpgp(keyring.begin(&text, lookup.origin.shown(&signature))?))
            }
        }
    }
}

impl Pending {
    /// Reads a file to its end; gives its checksum, and by SHA-256 what a signature is of.
    pub(super) fn read(&mut self, from: &mut dyn Read, algorithm: Algorithm) -> io::Result<(Hash, [u8; 32])> {
        let copy = match self {
            Self::Openpgp(running) => running.input(),
            _ => None,
        };
        let mut seen = Seen { from, sha256: Sha256::new(), copy };
        let hash = Hash::of(&mut seen, algorithm)?;
        Ok((hash, seen.sha256.finalize().into()))
    }

    /// Whether the signature is of the file that was read.
    pub(super) fn finish(self, file: &str, sha256: &[u8; 32]) -> Result<Outcome, PinError> {
        match self {
            Self::Nothing(why) => Ok(Outcome::NotVerified(why)),
            Self::Cosign(blob) => blob.verify(file, sha256).map(Outcome::Verified),
            Self::Openpgp(running) => running.finish(file).map(Outcome::Verified),
        }
    }
}

/// A reader that looks at what goes through it.
struct Seen<'a> {
    from: &'a mut dyn Read,
    sha256: Sha256,
    copy: Option<Box<dyn Write>>,
}

impl Read for Seen<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.from.read(buffer)?;
        self.sha256.update(&buffer[..length]);
        // A program that has seen enough says so with its exit.
        if self.copy.as_mut().is_some_and(|copy| copy.write_all(&buffer[..length]).is_err()) {
            self.copy = None;
        }
        Ok(length)
    }
}
