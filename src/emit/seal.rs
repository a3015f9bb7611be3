//! What some files of an output are, in one number: their lines in the manifest, and the hashes that it leaves out.

use sha2::{Digest, Sha256};

/// SHA-256 of a file's content.
pub(super) type Hash = [u8; 32];

/// Files with their paths, modes, contents and origins. A secret that can be guessed can be confirmed by it, so it stays with
/// the keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Seal(pub [u8; 32]);

/// An output as it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// Of all files.
    pub seal: Seal,
    /// SHA-256 of the manifest, which lists all files.
    pub manifest: [u8; 32],
    pub files: usize,
    pub bytes: u64,
}

/// A file as the manifest lists it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Line {
    pub path: String,
    /// As it stands in the manifest.
    pub text: String,
    /// The hash of a secret, which the text has not.
    pub secret: Option<Hash>,
    pub size: u64,
    /// Whether only its owner may use it.
    pub private: bool,
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

/// What makes the seal of a whole output: its files, in the order of their paths, and its manifest.
#[derive(Default)]
pub(super) struct Sealing(Sha256);

impl Sealing {
    /// Adds the next file; its line is in the manifest, and the hash of a secret is not.
    pub(super) fn add(&mut self, secret: Option<Hash>) {
        self.0.update([u8::from(secret.is_some())]);
        self.0.update(secret.unwrap_or_default());
    }

    /// The seal of the output that this manifest lists.
    pub(super) fn end(self, manifest: &Hash) -> Seal {
        Seal(self.0.chain_update(manifest).finalize().into())
    }
}

/// Where each machine has a folder.
pub(super) const MACHINES: &str = "machines/";

/// Where a file belongs: to the folder of a machine, with its slash, or to itself.
pub(super) fn place(path: &str) -> &str {
    let name = path.strip_prefix(MACHINES).and_then(|rest| rest.find('/'));
    name.map_or(path, |end| &path[..=MACHINES.len() + end])
}
