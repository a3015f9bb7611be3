//! Where output goes: a folder in a folder.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::emit::error::EmitError;
use crate::emit::remove::remove_leftover;
use crate::world::replace::is_leftover;
use crate::world::turn::{self, Turn};

/// An absolute path without links, whose parent exists.
pub(super) struct FolderPlace {
    path: PathBuf,
    parent: PathBuf,
    name: String,
    /// What was named is a link to it.
    linked: bool,
}

impl FolderPlace {
    /// The place that a path means. Folders above it are made.
    pub(super) fn of(out: &Path) -> Result<Self, EmitError> {
        let failed = |error: io::Error| EmitError::file(out, "find", &error);
        if fs::symlink_metadata(out).is_ok() {
            let linked = out.is_symlink();
            return Ok(Self { linked, ..Self::named(&fs::canonicalize(out).map_err(failed)?)? });
        }
        let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(|error| EmitError::file(parent, "make folder", &error))?;
        Self::named(&fs::canonicalize(parent).map_err(failed)?.join(out.file_name().unwrap_or_default()))
    }

    fn named(path: &Path) -> Result<Self, EmitError> {
        match (path.parent(), path.file_name().and_then(|name| name.to_str())) {
            (Some(parent), Some(name)) => {
                Ok(Self { path: path.to_owned(), parent: parent.to_owned(), name: name.to_owned(), linked: false })
            }
            _ => Err(EmitError::Precious { path: path.to_owned(), why: "its path has no folder name" }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether another folder is written than the one that was named.
    pub(super) fn is_linked(&self) -> bool {
        self.linked
    }

    /// Waits until no other run writes here, so that what it leaves for a moment is not taken for a leftover.
    pub(super) fn take_turn(&self) -> Result<Turn, EmitError> {
        let turn = turn::take(&self.parent).map_err(|error| EmitError::file(&self.parent, "open", &error))?;
        turn.ok_or_else(|| EmitError::Busy { path: self.path.clone() })
    }

    /// Removes what runs that were cut off have left. Whoever can write here can give any name, so a link is not entered.
    pub(super) fn clean(&self) {
        let entries = fs::read_dir(&self.parent).into_iter().flatten().flatten();
        let left = entries.filter(|entry| is_leftover(&entry.file_name().to_string_lossy(), Some(&self.name)));
        left.for_each(|entry| remove_leftover(&entry.path()));
    }
}

/// The permissions of what is there.
pub(super) fn mode(path: &Path) -> Option<u32> {
    fs::metadata(path).ok().map(|metadata| metadata.permissions().mode() & 0o777)
}
