//! What the files of a store hold, in one number: their bytes, as no stamp of a file proves them.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{authorities, file, folder, log, secrets};
use crate::pki::error::PkiError;

/// So much of the certificates is read at once, on each core.
const PART: u64 = 1 << 18;

/// The hash of all files that something may be issued from; none if one of them cannot be read, or not by its owner alone.
pub(super) fn hash(dir: &Path) -> Option<[u8; 32]> {
    let own = [authorities(dir), secrets(dir)].map(|path| one(&path, file::private));
    let mut all = Sha256::new();
    let files = own.into_iter().chain(external(dir)?).collect::<Option<Vec<_>>>()?;
    files.iter().for_each(|hash| all.update(hash));
    let log = file::closed(&log::path(dir)).ok()?;
    all.update(log.map_or(Some([0; 32]), |file| parts(&file))?);
    Some(all.finalize().into())
}

/// The hash of the hashes of all parts of a file, and of its length.
fn parts(file: &File) -> Option<[u8; 32]> {
    let length = file.metadata().ok()?.len();
    let part = |number: u64| {
        let place = number * PART;
        let mut bytes = vec![0; (length - place).min(PART) as usize];
        file.read_exact_at(&mut bytes, place).ok()?;
        Some(Sha256::digest(&bytes))
    };
    let parts: Vec<_> = (0..length.div_ceil(PART)).into_par_iter().map(part).collect::<Option<_>>()?;
    let mut all = Sha256::new().chain_update(length.to_le_bytes());
    parts.iter().for_each(|hash| all.update(hash));
    Some(all.finalize().into())
}

/// The operator's own authorities: certificates that anyone may read, and keys.
fn external(dir: &Path) -> Option<Vec<Option<[u8; 32]>>> {
    let mut paths: Vec<PathBuf> = folder::external_files(dir).ok()?;
    paths.sort();
    let is_key = |path: &Path| path.extension().is_some_and(|kind| kind == "key");
    Some(paths.iter().map(|path| one(path, if is_key(path) { file::private } else { file::public })).collect())
}

/// A path and what is there, or that nothing is.
fn one(path: &Path, read: impl Fn(&Path) -> Result<Option<String>, PkiError>) -> Option<[u8; 32]> {
    let text = read(path).ok()?;
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let (lengths, there) = ([name.len(), text.as_ref().map_or(0, String::len)], text.is_some());
    let hash = Sha256::new().chain_update(lengths.map(usize::to_le_bytes).concat()).chain_update([u8::from(there)]);
    Some(hash.chain_update(name).chain_update(text.unwrap_or_default()).finalize().into())
}
