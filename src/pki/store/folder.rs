//! The store's folder: made, recognised and listed.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, DirEntry, ReadDir};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::pki::error::PkiError;
use crate::pki::external;
use crate::pki::issued::IssuedAuthority;
use crate::pki::store::file;
use crate::syntax::ast::Name;
use crate::world::fault;
use crate::world::replace::{is_leftover, replace};

pub(super) const MACHINES: &str = "machines";
pub(super) const EXTERNAL: &str = "authorities";

const VERSION: &str = "kmodel store 2\n";

/// With a file for each machine, see [`super::former`].
const FORMER: &str = "kmodel store 1\n";

/// What may be in a folder that is not a store yet: the operator may have put an authority there.
const BEFOREHAND: [&str; 3] = [EXTERNAL, ".gitignore", "lock"];

/// Whether there is a store to look into.
pub(super) fn exists(dir: &Path) -> Result<bool, PkiError> {
    dir.try_exists().map_err(|error| PkiError::file(dir, "look at", &error))
}

/// Makes the folder if there is none.
pub(super) fn create(dir: &Path) -> Result<(), PkiError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| PkiError::file(dir, "make folder", &error))
}

/// Refuses a folder that others can look into, or that holds other things than a store.
pub(super) fn check(dir: &Path) -> Result<(), PkiError> {
    let metadata = fs::metadata(dir).map_err(|error| PkiError::file(dir, "look at", &error))?;
    let mode = metadata.permissions().mode() & 0o777;
    if !known(dir)? {
        foreign(dir)?;
    }
    no_links(dir)?;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(PkiError::Exposed { path: dir.to_owned(), mode, wanted: 0o700 }),
    }
}

/// Refuses links in the store: what is written would be written elsewhere. The operator's own authorities may be behind some;
/// those of machines are looked at by [`machines`].
fn no_links(dir: &Path) -> Result<(), PkiError> {
    let own = [list(dir)?, list(&dir.join(super::renders::FOLDER))?, list(&dir.join(super::records::FOLDER))?];
    own.iter().flatten().filter(|entry| entry.file_name() != EXTERNAL).try_for_each(no_link)
}

fn no_link(entry: &DirEntry) -> Result<(), PkiError> {
    let link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
    match link && !is_leftover(&entry.file_name().to_string_lossy(), None) {
        true => Err(PkiError::Link { path: entry.path() }),
        false => Ok(()),
    }
}

/// Whether the folder is marked as a store, of a version that is known here.
fn known(dir: &Path) -> Result<bool, PkiError> {
    let path = dir.join("version");
    match file::public(&path)? {
        Some(version) if version == VERSION || version == FORMER => Ok(true),
        Some(version) => Err(PkiError::Version { path, found: version.trim().chars().take(40).collect() }),
        None => Ok(false),
    }
}

fn foreign(dir: &Path) -> Result<(), PkiError> {
    let names = list(dir)?.into_iter().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let found = names.into_iter().find(|name| !BEFOREHAND.contains(&name.as_str()) && !is_leftover(name, None));
    match found {
        // Another run may have made the store between the look at its version and the look at its files.
        Some(found) if !known(dir)? => Err(PkiError::NotAStore { path: dir.to_owned(), found }),
        _ => Ok(()),
    }
}

/// Marks a new folder as a store, and keeps it out of version control before anything is in it.
pub(super) fn mark(dir: &Path) -> Result<(), PkiError> {
    for (name, text) in [(".gitignore", "*\n"), ("version", VERSION)] {
        let path = dir.join(name);
        if !exists(&path)? {
            replace(&path, text.as_bytes(), 0o600).map_err(|error| PkiError::file(&path, "write", &error))?;
        }
    }
    Ok(())
}

/// Removes what a run that was cut off has left. It holds keys that were never used.
pub(super) fn clean(dir: &Path) {
    let entries = [dir.to_owned(), dir.join(MACHINES)].into_iter().filter_map(|dir| list(&dir).ok()).flatten();
    let left = entries.filter(|entry| is_leftover(&entry.file_name().to_string_lossy(), None));
    left.for_each(|entry| {
        let _ = fs::remove_file(entry.path());
    });
}

/// The files of machines that earlier kmodels wrote, in the order of their names.
///
/// # Errors
/// The folder cannot be read, or a file in it is a link.
pub(super) fn machines(dir: &Path) -> Result<Vec<PathBuf>, PkiError> {
    let entries = list(&dir.join(MACHINES))?;
    entries.iter().try_for_each(no_link)?;
    let is_machine = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".json") && !name.starts_with('.')
    };
    let mut paths: Vec<_> = entries.iter().map(DirEntry::path).filter(is_machine).collect();
    paths.sort();
    Ok(paths)
}

/// Marks a store of earlier kmodels as one that they cannot read.
///
/// # Errors
/// When the file system refuses.
pub(super) fn promote(dir: &Path) -> Result<(), PkiError> {
    let path = dir.join("version");
    match file::public(&path)? {
        Some(version) if version == FORMER => {
            // An index of these files, which says nothing of the file of now.
            let _ = fs::remove_file(dir.join("machines.index"));
            replace(&path, VERSION.as_bytes(), 0o600).map_err(|error| PkiError::file(&path, "write", &error))
        }
        _ => Ok(()),
    }
}

/// Removes files of machines, and their folder if nothing else is in it.
///
/// # Errors
/// When the file system refuses.
pub(super) fn retire(dir: &Path, machines: &[PathBuf]) -> Result<(), PkiError> {
    let remove = |path: &PathBuf| fault::check().and_then(|()| fs::remove_file(path));
    let removed = |path: &PathBuf| remove(path).map_err(|error| PkiError::file(path, "remove", &error));
    machines.iter().try_for_each(removed)?;
    // What else is there may be of someone else.
    let _ = fs::remove_dir(dir.join(MACHINES));
    Ok(())
}

/// The operator's own authorities.
pub(super) fn external(dir: &Path) -> Result<BTreeMap<Name, IssuedAuthority>, PkiError> {
    let entries = external_files(dir)?;
    let is = |path: &Path, kind: &str| path.extension().is_some_and(|own| own == kind);
    // Passed over, it would be replaced by an authority that kmodel makes.
    let alone = entries.iter().find(|path| is(path, "key") && !entries.contains(&path.with_extension("crt")));
    if let Some(key) = alone {
        let certificate = key.with_extension("crt");
        return Err(PkiError::external(key, format!("its certificate `{}` is missing", certificate.display())));
    }
    let entries = entries.into_iter();
    entries.filter(|path| is(path, "crt")).map(|path| one(&path)).collect()
}

/// The files of the operator's own authorities: certificates, and keys.
pub(super) fn external_files(dir: &Path) -> Result<Vec<PathBuf>, PkiError> {
    let paths = list(&dir.join(EXTERNAL))?.into_iter().map(|entry| entry.path());
    Ok(paths.filter(|path| path.extension().is_some_and(|kind| kind == "crt" || kind == "key")).collect())
}

fn one(path: &Path) -> Result<(Name, IssuedAuthority), PkiError> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let text = file::public(path)?.unwrap_or_default();
    let key = file::private(&path.with_extension("key"))?;
    Ok((Name::from(name.as_ref()), external::authority(path, &text, key)?))
}

fn list(dir: &Path) -> Result<Vec<DirEntry>, PkiError> {
    let entries = listed(dir)?.map_or_else(|| Ok(Vec::new()), Iterator::collect);
    entries.map_err(|error| PkiError::file(dir, "list", &error))
}

/// A folder that can be listed, if there is one.
fn listed(dir: &Path) -> Result<Option<ReadDir>, PkiError> {
    match fs::read_dir(dir) {
        Ok(entries) => Ok(Some(entries)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PkiError::file(dir, "list", &error)),
    }
}
