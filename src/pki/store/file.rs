//! The files of the store: read with care, written so that they last.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::pki::entry::Content;
use crate::pki::error::PkiError;
use crate::world;
use crate::world::replace::{Staged, sync_folder};

/// A file and its bytes.
pub(super) type Entry = (PathBuf, Vec<u8>);

/// The content of a file, or `None` if it does not exist.
///
/// # Errors
/// When others can read it, or its content is not what the store wrote.
pub(super) fn read<T: Content>(path: &Path) -> Result<Option<T>, PkiError> {
    let Some(text) = private(path)? else { return Ok(None) };
    let content: T = serde_json::from_str(&text).map_err(|error| PkiError::corrupt(path, error))?;
    content.check().map_err(|reason| PkiError::corrupt(path, reason))?;
    Ok(Some(content))
}

/// The text of a file that only its owner can read, or `None` if it does not exist.
///
/// # Errors
/// When others can read it, or it cannot be read.
pub(super) fn private(path: &Path) -> Result<Option<String>, PkiError> {
    closed(path)?.map(|mut file| text(&mut file, path)).transpose()
}

/// A file that only its owner can read, or `None` if it does not exist.
pub(super) fn closed(path: &Path) -> Result<Option<File>, PkiError> {
    let Some(file) = open(path)? else { return Ok(None) };
    let metadata = file.metadata().map_err(|error| PkiError::file(path, "look at", &error))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(PkiError::Exposed { path: path.to_owned(), mode, wanted: 0o600 });
    }
    Ok(Some(file))
}

/// The text of a file that anyone may read, or `None` if it does not exist.
///
/// # Errors
/// When it cannot be read.
pub(super) fn public(path: &Path) -> Result<Option<String>, PkiError> {
    open(path)?.map(|mut file| text(&mut file, path)).transpose()
}

fn open(path: &Path) -> Result<Option<File>, PkiError> {
    match world::file::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PkiError::file(path, "open", &error)),
    }
}

fn text(file: &mut File, path: &Path) -> Result<String, PkiError> {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(PkiError::corrupt(path, "it is not UTF-8 text"))
        }
        Err(error) => Err(PkiError::file(path, "read", &error)),
    }
}

/// A file of the store as it is to be written.
///
/// # Errors
/// When the content has no JSON, which no content of ours is.
pub(super) fn encode<T: Content>(path: PathBuf, content: &T) -> Result<Entry, PkiError> {
    let text = serde_json::to_string_pretty(content).map_err(|error| PkiError::corrupt(&path, error))?;
    Ok((path, (text + "\n").into_bytes()))
}

/// Writes files. After a crash each is the old one or the new one, and after a return all are the new ones.
///
/// # Errors
/// When the file system refuses.
pub(super) fn write(files: &[Entry]) -> Result<(), PkiError> {
    let failed = |path: &Path, error| PkiError::file(path, "write", &error);
    let stage = |(path, bytes): &Entry| Staged::new(path, bytes, 0o600).map_err(|error| failed(path, error));
    let staged: Vec<_> = files.iter().map(stage).collect::<Result<_, _>>()?;
    staged.iter().try_for_each(|file| file.sync().map_err(|error| failed(file.target(), error)))?;
    for file in staged {
        let path = file.target().to_owned();
        file.commit().and_then(|()| sync_folder(&path)).map_err(|error| PkiError::file(&path, "replace", &error))?;
    }
    Ok(())
}
