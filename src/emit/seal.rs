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

/// The seals of an output's places, and at last its own.
#[derive(Default)]
pub(super) struct Places(Vec<(String, Seal)>);

impl Places {
    /// Adds lines in the order of their paths: those of a place follow each other.
    pub(super) fn add(&mut self, lines: &[Line]) {
        let of = |line: &Line| place(&line.path).to_owned();
        let same = lines.chunk_by(|one, other| place(&one.path) == place(&other.path));
        self.0.extend(same.map(|lines| (of(&lines[0]), Seal::of(lines))));
    }

    /// Adds what another has.
    pub(super) fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The seal of an output with these places, and a manifest with this hash, which lists all but what is secret.
    pub(super) fn seal(mut self, manifest: &Hash) -> Seal {
        self.0.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let mut hash = Sha256::new().chain_update(manifest);
        for (place, Seal(seal)) in &self.0 {
            hash.update((place.len() as u64).to_le_bytes());
            hash.update(place);
            hash.update(seal);
        }
        Seal(hash.finalize().into())
    }
}

/// Where each machine has a folder.
pub(super) const MACHINES: &str = "machines/";

/// Where a file belongs: to the folder of a machine, with its slash, or to itself.
pub(super) fn place(path: &str) -> &str {
    let name = path.strip_prefix(MACHINES).and_then(|rest| rest.find('/'));
    name.map_or(path, |end| &path[..=MACHINES.len() + end])
}
