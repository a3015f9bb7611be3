//! What targets were given last, one file each: hashes, which tell secrets that can be guessed, so they stay with the keys.

use std::fs::File;
use std::io::{self, Seek};
use std::path::{Path, PathBuf};

use super::{file, folder};
use crate::pki::error::PkiError;
use crate::world::replace::{clean, replace_with};

pub(super) const FOLDER: &str = "records";

/// The file under a name, to be read.
pub(super) fn open(dir: &Path, name: &str) -> Option<File> {
    file::closed(&path(dir, name)).ok()?
}

/// Replaces the file under a name by a copy of this one, in one step.
pub(super) fn save(dir: &Path, name: &str, from: &mut File) -> Result<(), PkiError> {
    let path = path(dir, name);
    folder::create(&dir.join(FOLDER))?;
    clean(&path);
    let copied = |out: &mut File| from.rewind().and_then(|()| io::copy(from, out)).map(drop);
    replace_with(&path, 0o600, copied).map_err(|error| PkiError::file(&path, "write", &error))
}

fn path(dir: &Path, name: &str) -> PathBuf {
    dir.join(FOLDER).join(format!("{name}.jsonl"))
}
