//! Regular files, read up to a limit: a pipe or a device neither blocks nor goes on for ever.

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use super::refusal::Refusal;

/// The largest model, in bytes.
pub const MODEL_LIMIT: u64 = 4 << 20;

/// The largest text that `read` and `template` take, in bytes, and any other file that is read whole.
pub const TEXT_LIMIT: u64 = 16 << 20;

/// Flags that open a file at once, even if it is a pipe that nobody has at its other end.
pub const AT_ONCE: i32 = OFlags::NONBLOCK.union(OFlags::NOCTTY).bits().cast_signed();

/// The text of a file.
///
/// # Errors
/// When it is not a regular file, too large, not UTF-8, or the file system refuses.
pub fn read(path: &Path, limit: u64) -> io::Result<String> {
    let file = open(path)?;
    if file.metadata()?.len() > limit {
        return Err(Refusal::TooLarge { limit }.into());
    }
    let mut bytes = Vec::new();
    // What the system tells of the size may be out of date, or nothing at all.
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(Refusal::TooLarge { limit }.into());
    }
    String::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// A regular file, open for reading.
///
/// # Errors
/// When it is something else, or the file system refuses.
pub fn open(path: &Path) -> io::Result<File> {
    // Looked at first, since opening alone does something to some devices; then again, since it may have been exchanged.
    regular(fs::metadata(path)?.file_type())?;
    let file = OpenOptions::new().read(true).custom_flags(AT_ONCE).open(path)?;
    regular(file.metadata()?.file_type())?;
    Ok(file)
}

fn regular(found: FileType) -> io::Result<()> {
    let kind = match found {
        kind if kind.is_file() => return Ok(()),
        kind if kind.is_dir() => "a directory",
        kind if kind.is_fifo() => "a pipe",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    };
    Err(Refusal::NotRegular(kind).into())
}
