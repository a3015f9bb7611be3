//! What some files of an output are, in one number: their lines in the manifest, and the hashes that it leaves out.

use sha2::{Digest, Sha256};

/// SHA-256 of a file's content.
pub(super) type Hash = [u8; 32];

/// Files with their paths, modes, contents and origins. A secret that can be guessed can be confirmed by it, so it stays with
/// the keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Seal(pub [u8; 32]);

/// A file as the manifest lists it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Line {
    pub path: String,
    /// As it stands in the manifest.
    pub text: String,
    /// The hash of a secret, which the text has not.
    pub secret: Option<Hash>,
}

impl Seal {
    /// The seal of files, in the order of their paths.
    pub(super) fn of(lines: &[Line]) -> Self {
        let mut hash = Sha256::new();
        for line in lines {
            hash.update((line.text.len() as u64).to_le_bytes());
            hash.update(&line.text);
            hash.update([u8::from(line.secret.is_some())]);
            hash.update(line.secret.unwrap_or_default());
        }
        Self(hash.finalize().into())
    }
}
