//! Files written into an empty folder, on every core.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use rayon::prelude::*;

use crate::emit::error::EmitError;
use crate::emit::path;
use crate::target::OutputFile;
use crate::world::fault;
use crate::world::relative::RelativePath;
use crate::world::replace::create;

/// The permissions of folders, by their paths, outer ones first.
pub(super) type Folders<'a> = BTreeMap<&'a str, u32>;

/// Writes files, and the folders on the way to them: one with a private file in it is closed to others, and no other is.
pub(super) fn write(root: &Path, files: &[OutputFile]) -> Result<(), EmitError> {
    make_all(root, &folders(listed(files)))?;
    files.iter().try_for_each(|file| put(root, file))
}

/// Makes the folders of files that are to be there.
pub(super) fn make_all(root: &Path, folders: &Folders<'_>) -> Result<(), EmitError> {
    let below = folders.iter().filter(|(folder, _)| !folder.is_empty());
    below.into_iter().try_for_each(|(folder, mode)| make(&root.join(folder), *mode))
}

/// The permissions of the folder that these files are in.
pub(super) fn root_mode(files: &[OutputFile]) -> u32 {
    folders(listed(files))[""]
}

/// Writes all files on every core, and opens the folder that they are in.
pub(super) fn write_all(root: &Path, files: &[OutputFile]) -> Result<(), EmitError> {
    let folders = folders(listed(files));
    folders.iter().try_for_each(|(folder, mode)| make(&root.join(folder), *mode))?;
    // Neighbours are written by one thread, for threads in one folder wait for each other.
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    sorted.par_iter().with_min_len(32).try_for_each(|file| put(root, file))
}

fn listed(files: &[OutputFile]) -> impl Iterator<Item = (&str, bool)> {
    files.iter().map(|file| (&*file.path, path::is_private(file)))
}

/// The folders of files with these paths, of which some are private. The root is `""`.
pub(super) fn folders<'a>(files: impl Iterator<Item = (&'a str, bool)>) -> Folders<'a> {
    let mut folders = Folders::from([("", 0o755)]);
    for (path, private) in files {
        path::folders(path).for_each(|folder| _ = folders.entry(folder).or_insert(0o755));
        let folder = path::folders(path).next().unwrap_or_default();
        if private {
            folders.insert(folder, 0o700);
        }
    }
    folders
}

/// The root exists already.
fn make(folder: &Path, mode: u32) -> Result<(), EmitError> {
    let made = fault::check().and_then(|()| DirBuilder::new().recursive(true).mode(mode).create(folder));
    let made = made.and_then(|()| fs::set_permissions(folder, Permissions::from_mode(mode)));
    made.map_err(|error| EmitError::file(folder, "make folder", &error))
}

/// Makes the folders on the way to a file, closed to others.
pub(super) fn make_way(root: &Path, path: RelativePath<'_>) -> Result<(), EmitError> {
    let mut folder = root.to_owned();
    let names: Vec<&str> = path.names().collect();
    for name in names.split_last().map_or(&[][..], |(_, above)| above) {
        folder.push(name);
        match DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(EmitError::file(&folder, "make folder", &error));
            }
            _ if folder.is_symlink() => return Err(EmitError::Link { path: folder }),
            _ => {}
        }
    }
    Ok(())
}

fn put(root: &Path, file: &OutputFile) -> Result<(), EmitError> {
    let path = root.join(&file.path);
    create(&path, &file.content, path::mode(file)).map_err(|error| EmitError::file(&path, "write", &error))?;
    Ok(())
}
