//! The only writer of output.
//!
//! In: a folder and all its files. Out: the folder as it was, or with exactly these files in it; nothing in between. The
//! new folder is written beside the old one under a hidden name, and the two change places in one step. Where most of the old
//! one stays, only what is new is written, and takes its place in steps that the next run ends if they are cut off.

#![expect(clippy::disallowed_methods, reason = "this is the room that writes the output")]

use std::fs;
use std::path::Path;

use crate::emit::draft::Draft;
use crate::emit::earlier::Earlier;
use crate::emit::place::FolderPlace;
use crate::target::OutputFile;
use crate::world;
use crate::world::relative::RelativePath;

pub mod compare;
mod earlier;
pub mod error;
mod index;
mod intact;
pub mod keep;
mod kept;
mod link;
pub mod manifest;
pub mod seal;
pub mod stream;

mod draft;
mod lines;
mod old;
mod path;
mod place;
mod plain;
mod remove;
mod tree;
mod update;

pub use compare::Compare;
pub use error::EmitError;
pub use keep::{Kept, refuse};
pub use manifest::manifest;
pub use seal::{Seal, Sealed};
pub use stream::Stream;

/// What to do with a folder that holds what kmodel did not write.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Force {
    /// Leave it alone and say so.
    #[default]
    Refuse,
    /// Replace it, and lose what is in it.
    Replace,
}

/// Whether what is in the place already may become part of the new output.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Reuse {
    /// What is whole, and would be made the same.
    #[default]
    Whole,
    /// Nothing.
    Nothing,
}

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Written {
    pub files: usize,
    pub bytes: u64,
    /// An earlier output was in the place.
    pub replaced: bool,
    /// How many files were made in this run; none if the earlier output is left in its place.
    pub made: usize,
}

/// Whether an output may take the place of what is in a folder.
///
/// # Errors
/// When the folder holds what kmodel did not write, and `force` does not allow to lose it.
pub fn may_replace(out: &Path, force: Force) -> Result<(), EmitError> {
    let place = FolderPlace::of(out)?;
    let _turn = place.take_turn()?;
    update::resume(&place)?;
    old::check(&place, force).map(drop)
}

/// Makes `out` a folder with exactly these files. One of them must be the [`mod@manifest`], by which a later run knows the
/// folder for its own.
///
/// Nothing is flushed to the disk: after a loss of power, render again.
///
/// # Errors
/// When a path leaves the folder or is there twice, the folder holds what kmodel did not write (and `force` does not allow
/// to lose it), or the file system refuses. The folder is then as it was.
pub fn write(out: &Path, files: &[OutputFile], force: Force) -> Result<Written, EmitError> {
    path::check(files)?;
    path::has_manifest(files)?;
    let place = FolderPlace::of(out)?;
    let _turn = place.take_turn()?;
    update::resume(&place)?;
    let old = old::check(&place, force)?;
    place.clean();
    let draft = Draft::new(&place)?;
    tree::write_all(draft.path(), files)?;
    draft.commit(&place, old.map(|old| old.mode))?;
    let bytes = files.iter().map(|file| file.content.len() as u64).sum();
    Ok(Written { files: files.len(), bytes, replaced: old.is_some(), made: files.len() })
}

/// The output in a folder, if it is there, all of it and nothing else, as it was sealed.
pub fn standing(out: &Path, seal: &Seal) -> Option<Written> {
    let place = fs::symlink_metadata(out).ok().and_then(|_| FolderPlace::of(out).ok())?;
    let _turn = place.take_turn().ok()?;
    update::resume(&place).ok()?;
    old::check(&place, Force::Refuse).ok().flatten().filter(|old| old.plain)?;
    place.clean();
    let (found, size) = Earlier::open(place.path())?.seal()?;
    (found == *seal).then_some(Written { files: size.files, bytes: size.bytes, replaced: true, made: 0 })
}

/// The output in a folder, if its manifest is the one of this output. Of the files that it lists, none is looked at.
pub fn listed(out: &Path, sealed: &Sealed) -> Option<Written> {
    let place = fs::symlink_metadata(out).ok().and_then(|_| FolderPlace::of(out).ok())?;
    let _turn = place.take_turn().ok()?;
    update::resume(&place).ok()?;
    (intact::manifest(place.path()) == Some(sealed.manifest)).then_some(Written {
        files: sealed.files,
        bytes: sealed.bytes,
        replaced: true,
        made: 0,
    })
}

/// Writes a private file below a folder that is there, and the folders on the way to it. None of these may be a link.
///
/// # Errors
/// When the path leaves the folder, a link is in the way, or the file system refuses.
pub fn write_below(root: &Path, path: &str, bytes: &[u8]) -> Result<(), EmitError> {
    let path = RelativePath::new(path).map_err(|why| EmitError::Outside { path: path.to_owned(), why })?;
    let target = path.below(root);
    tree::make_way(root, path)?;
    world::replace::replace(&target, bytes, 0o600).map_err(|error| EmitError::file(&target, "write", &error))
}

/// Replaces one file in one step and makes it last. An existing file keeps its permissions, a new one has `mode`; a link is
/// followed; the same bytes are not written again.
///
/// # Errors
/// When the file system refuses; the old file is then still there.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), EmitError> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let old = fs::read(&target).ok();
    if old.is_some_and(|old| old == bytes) {
        return Ok(());
    }
    let mode = place::mode(&target).unwrap_or(mode);
    world::replace::replace(&target, bytes, mode).map_err(|error| EmitError::file(path, "write", &error))
}
