//! The files of the store: read with care, written so that they last.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::pki::entry::Content;
use crate::pki::error::PkiError;
use crate::pki::store::apart::Apart;
use crate::pki::store::folder;
use crate::world::replace::{Staged, sync_folder};
use crate::world::{self, fault};

/// Up to here each file is flushed for itself; beyond, the whole file system at once is quicker.
const FEW: usize = 16;

/// A file and its bytes.
pub(super) type Entry = (PathBuf, Vec<u8>);

/// The content of a file, or `None` if it does not exist.
///
/// # Errors
/// When others can read it, or its content is not what the store wrote.
pub(super) fn read<T: Content>(path: &Path) -> Result<Option<T>, PkiError> {
    let content: Option<T> = parse(path)?;
    content.iter().try_for_each(Content::check).map_err(|reason| PkiError::corrupt(path, reason))?;
    Ok(content)
}

/// The same, of what has been read before: it is not looked into.
///
/// # Errors
/// As [`read`].
pub(super) fn parse<T: Content>(path: &Path) -> Result<Option<T>, PkiError> {
    let Some(text) = private(path)? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|error| PkiError::corrupt(path, error))
}

/// The text of a file that only its owner can read, or `None` if it does not exist.
///
/// # Errors
/// When others can read it, or it cannot be read.
pub(super) fn private(path: &Path) -> Result<Option<String>, PkiError> {
    closed(path)?.map(|mut file| text(&mut file, path)).transpose()
}

/// As [`private`], of a file that is not text.
///
/// # Errors
/// As [`private`].
pub(super) fn private_bytes(path: &Path) -> Result<Option<Vec<u8>>, PkiError> {
    let Some(mut file) = closed(path)? else { return Ok(None) };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| PkiError::file(path, "read", &error))?;
    Ok(Some(bytes))
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

/// Writes files, each made when it is written, with those of machines that lie beside their places, and returns how many.
///
/// After a crash each is the old one or the new one, and after a return all are the new ones.
///
/// # Errors
/// When the file system refuses.
pub(super) fn write(
    dir: &Path,
    apart: Option<&mut Apart>,
    files: impl ParallelIterator<Item = Result<Entry, PkiError>>,
) -> Result<usize, PkiError> {
    let staged: Vec<_> = files.map(|file| stage(&file?)).collect::<Result<_, _>>()?;
    let mut apart = apart.filter(|apart| apart.staged() > 0);
    let count = staged.len() + apart.as_ref().map_or(0, |apart| apart.staged());
    sync(dir, &staged, apart.as_deref_mut())?;
    let mut folders: BTreeSet<_> =
        staged.iter().filter_map(|file| file.target().parent()).map(Path::to_owned).collect();
    folders.extend(apart.as_ref().map(|_| dir.join(folder::MACHINES)));
    staged.into_par_iter().try_for_each(commit)?;
    apart.map_or(Ok(()), Apart::commit)?;
    folders.iter().try_for_each(|folder| {
        let inside = folder.join(".");
        sync_folder(&inside).and_then(|()| sync_folder(folder)).map_err(|error| PkiError::file(folder, "flush", &error))
    })?;
    Ok(count)
}

/// Writes a file beside its place.
///
/// # Errors
/// When the file system refuses.
fn stage((path, bytes): &Entry) -> Result<Staged, PkiError> {
    let staged = Staged::new(path, bytes, 0o600).map_err(|error| PkiError::file(path, "write", &error))?;
    Ok(staged.close())
}

fn commit(staged: Staged) -> Result<(), PkiError> {
    let path = staged.target().to_owned();
    staged.commit().map_err(|error| PkiError::file(&path, "replace", &error))
}

fn sync(dir: &Path, staged: &[Staged], apart: Option<&mut Apart>) -> Result<(), PkiError> {
    let failed = |error: io::Error| PkiError::file(dir, "flush", &error);
    let count = staged.len() + apart.as_ref().map_or(0, |apart| apart.staged());
    if count > FEW && sync_all(dir).map_err(failed)? {
        return Ok(());
    }
    staged.iter().try_for_each(Staged::sync).map_err(failed)?;
    apart.map_or(Ok(()), |apart| {
        let names = apart.names();
        apart.each(|path| fault::check().and_then(|()| File::open(names.of(path))?.sync_all()))
    })
}

/// Flushes the whole file system, where that can be asked for.
#[cfg(target_os = "linux")]
fn sync_all(dir: &Path) -> io::Result<bool> {
    rustix::fs::syncfs(File::open(dir)?)?;
    Ok(true)
}

#[cfg(not(target_os = "linux"))]
fn sync_all(_: &Path) -> io::Result<bool> {
    Ok(false)
}
