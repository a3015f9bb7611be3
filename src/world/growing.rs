//! A file that is only appended to: what stands in it is never written again.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use super::fault::{self, Fault};
use super::file::AT_ONCE;

/// A file, and where it ends.
#[derive(Debug)]
pub struct Growing {
    file: File,
    end: u64,
}

impl Growing {
    /// A file that exists, without what stands behind `end`. A link is not followed.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(path: &Path, end: u64) -> io::Result<Self> {
        let flags = AT_ONCE | OFlags::NOFOLLOW.bits().cast_signed();
        let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open(path)?;
        if file.metadata()?.len() > end {
            fault::check()?;
            file.set_len(end)?;
        }
        Ok(Self { file, end })
    }

    /// Where it ends.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Appends bytes. If not all of them are written, none count.
    ///
    /// # Errors
    /// What the file system says.
    pub fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        match fault::next() {
            None => self.file.write_all_at(bytes, self.end)?,
            Some(Fault::Full) => return Err(fault::full()),
            Some(fault) => {
                self.file.write_all_at(&bytes[..bytes.len() / 2], self.end)?;
                return if fault == Fault::Kill { std::process::abort() } else { Err(fault::full()) };
            }
        }
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Waits until all of it is on the disk.
    ///
    /// # Errors
    /// What the file system says.
    pub fn sync(&self) -> io::Result<()> {
        fault::check()?;
        self.file.sync_data()
    }

    /// Takes back what was appended since it ended there.
    ///
    /// # Errors
    /// What the file system says.
    pub fn cut(&mut self, end: u64) -> io::Result<()> {
        self.file.set_len(end)?;
        self.end = end;
        Ok(())
    }
}
