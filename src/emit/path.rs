//! Paths and modes of output files, before anything is written.

use std::collections::HashSet;

use crate::emit::error::EmitError;
use crate::emit::manifest;
use crate::target::OutputFile;
use crate::world::relative::RelativePath;

/// Refuses files that would not be in the folder, or would be in each other's way.
pub(super) fn check(files: &[OutputFile]) -> Result<(), EmitError> {
    for file in files {
        RelativePath::new(&file.path).map_err(|why| EmitError::Outside { path: file.path.clone(), why })?;
    }
    let mut paths = HashSet::with_capacity(files.len());
    if let Some(file) = files.iter().find(|file| !paths.insert(file.path.as_str())) {
        return Err(EmitError::Twice { path: file.path.clone() });
    }
    let in_the_way = files.iter().flat_map(|file| folders(&file.path)).find(|folder| paths.contains(folder));
    if let Some(path) = in_the_way {
        return Err(EmitError::Twice { path: path.to_owned() });
    }
    Ok(())
}

/// Refuses a manifest that is missing, from which a later run would know the folder.
pub(super) fn has_manifest(files: &[OutputFile]) -> Result<(), EmitError> {
    let is_there = files.iter().any(|file| file.path == manifest::NAME);
    is_there.then_some(()).ok_or(EmitError::NoManifest)
}

/// The folders above a path, from the innermost to the outermost.
pub(super) fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.rmatch_indices('/').map(|(at, _)| &path[..at])
}

/// The permissions that a file gets: only the owner may use a secret one, whatever its target says.
pub(super) fn mode(file: &OutputFile) -> u32 {
    file.mode & if file.secret { 0o700 } else { 0o777 }
}

/// Whether only its owner may use a file.
pub(super) fn is_private(file: &OutputFile) -> bool {
    is_closed(mode(file))
}

/// Whether permissions are the owner's only.
pub(super) fn is_closed(mode: u32) -> bool {
    mode & 0o077 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_go_outwards() {
        assert_eq!(folders("a/b/c").collect::<Vec<_>>(), ["a/b", "a"]);
    }
}
