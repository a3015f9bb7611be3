//! The `.km` files to format.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::exit::CliError;

/// Files as they are, folders with all `.km` files below them, in order. Hidden folders and `target` are passed over, and
/// so are links: what is behind one is either below the folder, or not to be changed.
pub(super) fn models(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
    let mut list = Vec::new();
    for path in paths {
        match path.is_dir() {
            true => folder(path, &mut list)?,
            false => list.push(path.clone()),
        }
    }
    Ok(list)
}

fn folder(path: &Path, list: &mut Vec<PathBuf>) -> Result<(), CliError> {
    let refused = |error| CliError::file(path, "list", &error);
    let mut entries = fs::read_dir(path).map_err(refused)?.collect::<Result<Vec<_>, _>>().map_err(refused)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().map_err(refused)?;
        let path = entry.path();
        let path = path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if kind.is_dir() && !hidden && entry.file_name() != "target" {
            folder(&path, list)?;
        } else if kind.is_file() && path.extension() == Some(OsStr::new("km")) {
            list.push(path);
        }
    }
    Ok(())
}
