//! What renders remember beside the keys: it is made of secrets, and is only ever a shortcut.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek};
use std::path::{Path, PathBuf};

use super::{file, folder};
use crate::world::replace::{clean, replace, replace_with};

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

/// The file under a name, to be read.
pub(super) fn open(dir: &Path, name: &str) -> Option<File> {
    file::closed(&path(dir, name)).ok()?
}

/// Replaces the file under a name by a copy of this one.
pub(super) fn copy(dir: &Path, name: &str, from: &mut File) {
    let path = path(dir, name);
    if !has(dir, name, from).unwrap_or(false) && folder::create(&dir.join(FOLDER)).is_ok() {
        clean(&path);
        let copied = |out: &mut File| from.rewind().and_then(|()| io::copy(from, out)).map(drop);
        let _ = replace_with(&path, 0o600, copied);
    }
}

/// Whether the file under a name is the same as this one.
fn has(dir: &Path, name: &str, file: &mut File) -> io::Result<bool> {
    file.rewind()?;
    open(dir, name).map_or(Ok(false), |old| same(BufReader::new(old), BufReader::new(&*file)))
}

/// Whether two have the same bytes.
fn same(mut one: impl BufRead, mut other: impl BufRead) -> io::Result<bool> {
    loop {
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let count = left.len().min(right.len());
        if count == 0 || left[..count] != right[..count] {
            return Ok(left.is_empty() && right.is_empty());
        }
        one.consume(count);
        other.consume(count);
    }
}

fn path(dir: &Path, name: &str) -> PathBuf {
    dir.join(FOLDER).join(name)
}
