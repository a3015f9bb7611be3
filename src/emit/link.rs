//! Files of the earlier output that become files of the new one: a second name each, so that the old one stays as it is
//! until the new one takes its place, and then loses its own.

use std::fs::{hard_link, read};
use std::io;
use std::path::Path;

use rayon::prelude::*;

use crate::emit::earlier::Earlier;
use crate::emit::error::EmitError;
use crate::emit::manifest::Listing;
use crate::emit::tree;
use crate::world::fault;
use crate::world::replace::create;

/// So many places are taken over by one thread, for threads in one folder wait for each other.
const TOGETHER: usize = 16;

/// Takes over the files of places into a new folder.
pub(super) fn all(earlier: &Earlier, places: &[String], root: &Path) -> Result<(), EmitError> {
    places.par_iter().with_min_len(TOGETHER).try_for_each(|place| one(earlier, &earlier.listed(place), root))
}

fn one(earlier: &Earlier, files: &[Listing], root: &Path) -> Result<(), EmitError> {
    tree::make_all(root, &tree::folders(files.iter().map(|file| (&*file.path, file.is_private()))))?;
    files.iter().try_for_each(|file| {
        let (from, to) = (earlier.root().join(&file.path), root.join(&file.path));
        let linked = fault::check().and_then(|()| hard_link(&from, &to).or_else(|_| copy(&from, &to, file)));
        linked.map_err(|error| EmitError::file(&to, "link", &error))
    })
}

/// Where the file system knows no second names.
fn copy(from: &Path, to: &Path, file: &Listing) -> io::Result<()> {
    create(to, &read(from)?, file.permissions().unwrap_or(0o600)).map(drop)
}
