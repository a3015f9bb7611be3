//! The new folder beside the old one, until they change places.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::emit::error::EmitError;
use crate::emit::place::{self, FolderPlace};
use crate::emit::remove::remove;
use crate::world::fault;
use crate::world::replace::beside;

/// A folder under a hidden name. Dropped, it is removed: the draft if it was not put into its place, else the old folder.
pub(super) struct Draft {
    path: PathBuf,
    stays: bool,
    /// Held locked, so that no other run takes the folder for a left-over.
    _held: Option<File>,
}

impl Draft {
    /// An empty folder that only its owner can read.
    pub(super) fn new(place: &FolderPlace) -> Result<Self, EmitError> {
        let path = beside(place.path());
        let made = fault::check().and_then(|()| DirBuilder::new().mode(0o700).create(&path));
        made.map_err(|error| EmitError::file(&path, "make folder", &error))?;
        Ok(Self { _held: hold(&path), path, stays: false })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The same under another name, by which others know it.
    pub(super) fn renamed(mut self, path: PathBuf) -> Result<Self, EmitError> {
        let renamed = fault::check().and_then(|()| fs::rename(&self.path, &path));
        renamed.map_err(|error| EmitError::file(&path, "make folder", &error))?;
        self.path = path;
        Ok(self)
    }

    /// Leaves it where it is, for the next run.
    pub(super) fn leave(mut self) {
        self.stays = true;
    }

    /// Puts it into its place. A folder that was closed to others stays closed.
    pub(super) fn commit(self, place: &FolderPlace, old: Option<u32>) -> Result<(), EmitError> {
        let wanted = place::mode(&self.path).unwrap_or(0o700);
        let mode = old.map_or(wanted, |old| wanted & old | 0o700);
        let closed = fault::check().and_then(|()| fs::set_permissions(&self.path, Permissions::from_mode(mode)));
        let swapped = closed.and_then(|()| match old {
            Some(_) => exchange(&self.path, place.path()),
            None => fs::rename(&self.path, place.path()),
        });
        swapped.map_err(|error| EmitError::file(place.path(), "replace", &error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.stays {
            remove(&self.path);
        }
    }
}

/// Some file systems cannot lock a folder; there, two runs at once are the user's to avoid.
fn hold(path: &Path) -> Option<File> {
    File::open(path).ok().filter(|folder| folder.try_lock().is_ok())
}

/// Two folders change places in one step (Linux 3.15, most file systems).
#[cfg(target_os = "linux")]
fn exchange(new: &Path, old: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => exchange_in_steps(new, old),
        result => Ok(result?),
    }
}

#[cfg(not(target_os = "linux"))]
fn exchange(new: &Path, old: &Path) -> io::Result<()> {
    exchange_in_steps(new, old)
}

/// The old folder is out of its place for a moment, and comes back if the new one cannot take it.
fn exchange_in_steps(new: &Path, old: &Path) -> io::Result<()> {
    let aside = beside(old);
    fs::rename(old, &aside)?;
    fs::rename(new, old).inspect_err(|_| {
        let _ = fs::rename(&aside, old);
    })?;
    // The new folder is in its place; if the old one stays aside, the next run removes it.
    let _ = fs::rename(aside, new);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let [new, old] = ["new", "old"].map(|name| dir.path().join(name));
        for folder in [&new, &old] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("name"), folder.file_name().unwrap().as_encoded_bytes()).unwrap();
        }
        (dir, new, old)
    }

    #[test]
    fn folders_change_places_both_ways() {
        for way in [exchange, exchange_in_steps] {
            let (_dir, new, old) = folders();
            way(&new, &old).unwrap();
            assert_eq!(fs::read_to_string(old.join("name")).unwrap(), "new");
            assert_eq!(fs::read_to_string(new.join("name")).unwrap(), "old");
        }
    }

    #[test]
    fn the_old_folder_comes_back() {
        let (dir, _, old) = folders();
        exchange_in_steps(&dir.path().join("absent"), &old).unwrap_err();
        assert_eq!(fs::read_to_string(old.join("name")).unwrap(), "old");
    }
}
