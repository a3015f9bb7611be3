//! Copies of manifests beside the model, so that they are examined with it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::exit::CliError;
use crate::compile::ArtifactRow;
use crate::facts::hash::Hash;
use crate::model::manifest;
use crate::pin::{Lookup, PinError};
use crate::world::relative::RelativePath;
use crate::world::replace::replace;

use super::Pinned;

/// The downloads that a copy is kept of and that have none, each with its place.
pub(super) fn lacking<'a>(rows: &'a [ArtifactRow], model: &Path) -> Vec<(&'a ArtifactRow, PathBuf)> {
    let folder = model.parent().unwrap_or(Path::new(""));
    // What is its own list of checksums is a manifest.
    let kept = rows.iter().filter(|row| row.checksums.as_ref() == Some(&row.url));
    let placed = kept.filter_map(|row| {
        let path = manifest::copy_of(&row.url);
        RelativePath::new(path.to_str()?).is_ok().then(|| (row, folder.join(path)))
    });
    placed.filter(|(_, path)| !path.exists()).collect()
}

/// Reads and writes what is lacking; gives the places.
pub(super) fn keep(
    lookup: &Lookup,
    lacking: &[(&ArtifactRow, PathBuf)],
    found: &[Pinned<'_>],
) -> Result<Vec<PathBuf>, CliError> {
    lacking
        .iter()
        .map(|(row, path)| {
            let text = lookup.manifest(&row.url)?;
            let pinned = found.iter().find(|(one, _)| one.url == row.url).map(|(_, hash)| hash.clone());
            let known = pinned.or_else(|| row.hash.as_deref().and_then(|hash| hash.parse().ok()));
            known.map_or(Ok(()), |known| same(&row.url, &text, &known))?;
            write(path, &text).map_err(|error| CliError::file(path, "write", &error))?;
            Ok(path.clone())
        })
        .collect()
}

fn same(url: &str, text: &str, known: &Hash) -> Result<(), PinError> {
    let found = manifest::of_text(text, known.algorithm());
    if found == *known {
        return Ok(());
    }
    let message = format!("`{url}` has the checksum `{found}` now, but `{known}` is known");
    Err(PinError::new(message, "its publisher replaced the file; compare both before you use the new one"))
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    replace(path, text.as_bytes(), 0o644)
}
