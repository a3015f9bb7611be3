//! What is in the place already, and whether it may go.

use std::fs;
use std::io;
use std::path::Path;

use crate::emit::earlier::Earlier;
use crate::emit::error::EmitError;
use crate::emit::place::{self, FolderPlace};
use crate::emit::{Force, manifest, plain};
use crate::world::kept::is_store;

/// How many strangers a message names.
const NAMED: usize = 5;

/// A folder that may be replaced.
#[derive(Clone, Copy)]
pub(super) struct Old {
    /// Its permissions.
    pub mode: u32,
    /// Whether there is nothing in it but what its manifest lists, and what leads there.
    pub plain: bool,
}

/// The folder in the place, if there is one and it may be replaced.
pub(super) fn check(place: &FolderPlace, force: Force) -> Result<Option<Old>, EmitError> {
    let path = place.path();
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(EmitError::file(path, "look at", &error)),
        Ok(metadata) if !metadata.is_dir() => return Err(EmitError::NotAFolder { path: path.to_owned() }),
        Ok(_) => {}
    }
    let plain = || Earlier::open(path).is_some_and(|earlier| plain::is_plain(&earlier));
    let plain = match (if plain() { Ok(true) } else { replaceable(path) }, force) {
        (Ok(plain), _) => plain,
        (Err(_), Force::Replace) => not_precious(place).map(|()| false)?,
        (Err(reason), Force::Refuse) => return Err(reason),
    };
    Ok(place::mode(path).map(|mode| Old { mode, plain }))
}

/// Whether the folder is empty, or holds an output of kmodel and nothing else. Both are gone through by path, side by side:
/// there may be millions of files. And whether no folder in it is empty, as none is that kmodel wrote.
fn replaceable(path: &Path) -> Result<bool, EmitError> {
    let mut known = known(path).map(Iterator::peekable);
    let (mut any, mut strangers, mut more, mut plain) = (false, Vec::new(), 0, true);
    walk(path, "", &mut |file| {
        if file.ends_with('/') {
            plain = false;
            return;
        }
        any = true;
        let Some(known) = &mut known else { return };
        while known.next_if(|known| *known < file).is_some() {}
        if known.peek() != Some(&file) && file != manifest::NAME {
            if strangers.len() < NAMED { strangers.push(file) } else { more += 1 }
        }
    })?;
    match (any, known) {
        (true, None) => Err(EmitError::NotOurs { path: path.to_owned() }),
        _ if strangers.is_empty() => Ok(plain),
        _ => Err(EmitError::Strangers { path: path.to_owned(), files: strangers, more }),
    }
}

/// The paths that the folder's manifest lists, in their order; none if it has no manifest of kmodel.
fn known(path: &Path) -> Option<Box<dyn Iterator<Item = String>>> {
    let file = path.join(manifest::NAME);
    fs::symlink_metadata(&file).ok().filter(fs::Metadata::is_file)?;
    if let Some(listed) = manifest::Listed::open(&file) {
        return Some(Box::new(listed));
    }
    let text = fs::read_to_string(file).ok()?;
    let mut all: Vec<String> = manifest::paths(&text)?.into_iter().map(std::borrow::Cow::into_owned).collect();
    all.sort_unstable();
    Some(Box::new(all.into_iter()))
}

/// All that is not a folder with something in it, by its path from `root`, in the order of the paths; that of a folder ends with `/`.
fn walk(root: &Path, below: &str, each: &mut dyn FnMut(String)) -> Result<(), EmitError> {
    let folder = root.join(below);
    let failed = |error: io::Error| EmitError::file(&folder, "list", &error);
    let mut entries = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (name, is_folder) = (entry.file_name(), entry.file_type().map_err(failed)?.is_dir());
        let name = name.to_string_lossy();
        entries.push(if is_folder { format!("{below}{name}/") } else { format!("{below}{name}") });
    }
    entries.sort_unstable();
    if entries.is_empty() && !below.is_empty() {
        each(below.to_owned());
    }
    for path in entries {
        if path.ends_with('/') { walk(root, &path, each)? } else { each(path) }
    }
    Ok(())
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
