//! Lines that a run appends to the file of certificates: they count once all are on the disk, and are taken back if it fails.
//!
//! What the table is to say of them is in a file without a name, so nothing of them is in memory.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::line;
use super::log::{self, Log};
use super::table::{Place, SLOT, Slot};
use crate::pki::entry::Leaf;
use crate::pki::error::PkiError;
use crate::world::growing::Growing;
use crate::world::replace::replace;
use crate::world::spool::nameless;

/// What a run appends.
pub(in crate::pki) struct Batch {
    path: PathBuf,
    /// Open once there is something to append.
    file: Option<Growing>,
    /// Where the file ended before.
    start: u64,
    slots: BufWriter<File>,
    count: u64,
    committed: bool,
}

/// A certificate as it is to be appended.
///
/// # Errors
/// When it has no JSON, which none of ours is.
pub(in crate::pki) fn line(id: &str, leaf: &Leaf) -> Result<(Slot, Vec<u8>), PkiError> {
    let line = line::leaf(id, leaf).map_err(|error| PkiError::making(id, error.to_string()))?;
    Ok((Slot::new(id, leaf, Place::default()), line))
}

impl Batch {
    /// Nothing yet, for the store in this folder.
    pub(super) fn new(dir: &Path, log: Option<&Log>) -> Result<Self, PkiError> {
        let slots = nameless(dir).map_err(|error| PkiError::file(dir, "write to", &error))?;
        let (path, start) = (log::path(dir), log.map_or(0, Log::end));
        Ok(Self { path, file: None, start, slots: BufWriter::new(slots), count: 0, committed: false })
    }

    /// The file that it appends to, for messages.
    pub(in crate::pki) fn path(&self) -> &Path {
        &self.path
    }

    /// How many certificates it has.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Appends certificates with their lines. Returns where these stand.
    ///
    /// # Errors
    /// When the file system refuses.
    pub(in crate::pki) fn put(&mut self, lines: &[(Slot, Vec<u8>)]) -> Result<Vec<Place>, PkiError> {
        if lines.is_empty() {
            return Ok(Vec::new());
        }
        let (path, count) = (self.path.clone(), lines.len() as u64);
        let placed = self.append(lines).map_err(|error| PkiError::file(&path, "write to", &error))?;
        self.count += count;
        Ok(placed)
    }

    fn append(&mut self, lines: &[(Slot, Vec<u8>)]) -> io::Result<Vec<Place>> {
        let file = self.file()?;
        let mut offset = file.end();
        let bytes: Vec<u8> = lines.iter().flat_map(|(_, line)| line).copied().collect();
        file.put(&bytes)?;
        lines.iter().try_fold(Vec::with_capacity(lines.len()), |mut placed, (slot, line)| {
            let place = Place { offset, length: line.len() as u64 };
            offset = place.end();
            self.slots.write_all(&Slot { place, ..*slot }.bytes())?;
            placed.push(place);
            Ok(placed)
        })
    }

    /// The file, made if there is none.
    fn file(&mut self) -> io::Result<&mut Growing> {
        if self.start == 0 {
            let head = line::head();
            replace(&self.path, &head, 0o600)?;
            self.start = head.len() as u64;
        }
        let open = || Growing::open(&self.path, self.start);
        let file = self.file.take().map_or_else(open, Ok)?;
        Ok(self.file.insert(file))
    }

    /// Waits until all is on the disk, and says so behind it.
    ///
    /// # Errors
    /// When the file system refuses; then nothing of it counts.
    pub(super) fn commit(&mut self) -> Result<(), PkiError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let mark = line::saved(file.end());
        let written = file.sync().and_then(|()| file.put(&mark)).and_then(|()| file.sync());
        written.map_err(|error| PkiError::file(&self.path, "flush", &error))?;
        self.committed = true;
        Ok(())
    }

    /// What the table is to say, in the order of the lines.
    pub(super) fn slots(&mut self) -> io::Result<impl Iterator<Item = io::Result<Slot>> + use<>> {
        self.slots.flush()?;
        let mut file = self.slots.get_ref().try_clone()?;
        file.rewind()?;
        let (mut reader, mut left) = (BufReader::new(file), self.count);
        Ok(std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let mut bytes = [0; SLOT];
            reader.read_exact(&mut bytes).map(|()| Slot::read(&bytes)).transpose()
        }))
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        if let Some(file) = self.file.as_mut().filter(|_| !self.committed) {
            // What stays is whole lines, and one that is not: the next run drops that.
            let _ = file.cut(self.start);
        }
    }
}
