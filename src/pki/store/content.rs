//! What the files of a store hold, in one number: their bytes, as no stamp of a file proves them.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{authorities, file, folder, machine, secrets};
use crate::pki::error::PkiError;
use crate::syntax::ast::Name;

/// The hash of all files that something may be issued from; none if one of them cannot be read, or not by its owner alone.
pub(super) fn hash<'m>(dir: &Path, machines: impl Iterator<Item = &'m Name>) -> Option<[u8; 32]> {
    let machines: Vec<&Name> = machines.collect();
    let of_machine = |name: &&Name| one(&machine(dir, name), file::private);
    let machines: Vec<_> = machines.par_iter().map(of_machine).collect::<Option<_>>()?;
    let own = [authorities(dir), secrets(dir)].map(|path| one(&path, file::private));
    let mut all = Sha256::new();
    let files = own.into_iter().chain(external(dir)?).collect::<Option<Vec<_>>>()?;
    files.iter().chain(&machines).for_each(|hash| all.update(hash));
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
