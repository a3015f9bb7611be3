//! What renders remember beside the keys: it is made of secrets, and is only ever a shortcut.

use std::path::{Path, PathBuf};

use super::{file, folder};
use crate::world::replace::{clean, replace};

pub(super) const FOLDER: &str = "renders";

/// The text under a name.
pub(super) fn read(dir: &Path, name: &str) -> Option<String> {
    file::private(&path(dir, name)).ok()?
}

/// Replaces the text under a name.
pub(super) fn write(dir: &Path, name: &str, text: &str) {
    let path = path(dir, name);
    if read(dir, name).is_none_or(|old| old != text) && folder::create(&dir.join(FOLDER)).is_ok() {
        clean(&path);
        let _ = replace(&path, text.as_bytes(), 0o600);
    }
}

fn path(dir: &Path, name: &str) -> PathBuf {
    dir.join(FOLDER).join(name)
}
