//! What is in the place already, and whether it may go.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::Path;

use crate::emit::error::EmitError;
use crate::emit::place::{self, FolderPlace};
use crate::emit::{Force, manifest};
use crate::world::kept::is_store;

/// How many strangers a message names.
const NAMED: usize = 5;

/// The permissions of the folder in the place, if there is one and it may be replaced.
pub(super) fn check(place: &FolderPlace, force: Force) -> Result<Option<u32>, EmitError> {
    let path = place.path();
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(EmitError::file(path, "look at", &error)),
        Ok(metadata) if !metadata.is_dir() => return Err(EmitError::NotAFolder { path: path.to_owned() }),
        Ok(_) => {}
    }
    match (replaceable(path), force) {
        (Ok(()), _) => {}
        (Err(_), Force::Replace) => not_precious(place)?,
        (Err(reason), Force::Refuse) => return Err(reason),
    }
    Ok(place::mode(path))
}

/// Whether the folder is empty, or holds an output of kmodel and nothing else.
fn replaceable(path: &Path) -> Result<(), EmitError> {
    let files = files(path, path)?;
    if files.is_empty() {
        return Ok(());
    }
    let text = manifest_of(path).unwrap_or_default();
    let known = manifest::paths(&text).ok_or_else(|| EmitError::NotOurs { path: path.to_owned() })?;
    let known: HashSet<&str> = known.iter().map(AsRef::as_ref).chain([manifest::NAME]).collect();
    let mut strangers: Vec<_> = files.into_iter().filter(|file| !known.contains(file.as_str())).collect();
    if strangers.is_empty() {
        return Ok(());
    }
    strangers.sort_unstable();
    let more = strangers.len().saturating_sub(NAMED);
    strangers.truncate(NAMED);
    Err(EmitError::Strangers { path: path.to_owned(), files: strangers, more })
}

/// The text of a manifest in the folder itself; a link or a pipe is none.
fn manifest_of(path: &Path) -> Option<String> {
    let path = path.join(manifest::NAME);
    fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
    fs::read_to_string(path).ok()
}

/// All that is not a folder, by its path from `root`.
fn files(root: &Path, folder: &Path) -> Result<Vec<String>, EmitError> {
    let failed = |error: io::Error| EmitError::file(folder, "list", &error);
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        match entry.file_type().map_err(failed)?.is_dir() {
            true => all.extend(files(root, &path)?),
            false => all.push(path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned()),
        }
    }
    Ok(all)
}

/// Some folders are never what was meant.
fn not_precious(place: &FolderPlace) -> Result<(), EmitError> {
    let path = place.path();
    let holds = |other: Option<std::path::PathBuf>| {
        other.and_then(|other| fs::canonicalize(other).ok()).is_some_and(|other| other.starts_with(path))
    };
    let why = if holds(std::env::current_dir().ok()) {
        "it contains the current folder"
    } else if holds(std::env::home_dir()) {
        "it contains the home folder"
    } else if path.join(".git").exists() {
        "it is a Git repository"
    } else if place.is_linked() {
        "its path contains a symbolic link, and `--force` does not delete through one"
    } else if holds_store(path) || path.ancestors().any(is_store) {
        "it contains a key store"
    } else {
        return Ok(());
    };
    Err(EmitError::Precious { path: path.to_owned(), why })
}

fn holds_store(folder: &Path) -> bool {
    let folders = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders = folders.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.any(|entry| is_store(&entry.path()) || holds_store(&entry.path()))
}
