//! What is too much to hold in memory while something is made: a file without a name.

use std::fs::{File, OpenOptions, remove_file};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::fault;
use super::replace::beside;

/// A file of its owner's in a folder, to be written and read, that is gone when it is closed.
///
/// # Errors
/// What the file system says.
pub fn nameless(folder: &Path) -> io::Result<File> {
    fault::check()?;
    let path = beside(&folder.join("spool"));
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    remove_file(path)?;
    Ok(file)
}
