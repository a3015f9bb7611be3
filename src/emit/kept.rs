//! Places whose files the earlier output has, on the disk, since there may be as many as machines.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use crate::emit::error::EmitError;
use crate::world::spool::nameless;

/// So many are in memory at once.
const AT_ONCE: usize = 1 << 10;

/// The places, in the order in which they were added.
pub(super) struct Kept {
    folder: PathBuf,
    file: Option<BufWriter<File>>,
}

impl Kept {
    /// None yet; they will be in a file in this folder.
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), file: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.file.is_none()
    }

    pub(super) fn add(&mut self, places: &[String]) -> Result<(), EmitError> {
        places.iter().try_for_each(|place| self.put(place)).map_err(|error| self.failed(&error))
    }

    fn put(&mut self, place: &str) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => BufWriter::new(nameless(&self.folder)?),
        };
        // No path has a control character in it.
        writeln!(self.file.insert(file), "{place}")
    }

    /// Hands out all of them, some at a time.
    pub(super) fn each(&mut self, mut some: impl FnMut(&[String]) -> Result<(), EmitError>) -> Result<(), EmitError> {
        let Some(file) = self.file.take() else { return Ok(()) };
        let read = file.into_inner().map_err(io::IntoInnerError::into_error);
        let read = read.and_then(|mut file| file.rewind().map(|()| BufReader::new(file)));
        let mut lines = read.map_err(|error| self.failed(&error))?.lines();
        loop {
            let places: io::Result<Vec<String>> = lines.by_ref().take(AT_ONCE).collect();
            match places.map_err(|error| self.failed(&error))? {
                none if none.is_empty() => return Ok(()),
                places => some(&places)?,
            }
        }
    }

    fn failed(&self, error: &io::Error) -> EmitError {
        EmitError::file(&self.folder, "write", error)
    }
}
