//! The certificates of machines with their keys: lines of a file that is appended to, of which the last with an id counts.
//!
//! A line that is not whole ends what is read, if the run that wrote it never ended: no later line then says that all
//! before it was on the disk. Where one does, or the index tells of more, something was lost, and nothing is issued.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::index::{self, Hold, Index};
use super::line::{self, Line, Record};
use super::table::{Place, Slot, Table, hash};
use super::{Indexed, file};
use crate::pki::entry::{Digest, Leaf};
use crate::pki::error::PkiError;

/// No line is longer: one of the largest has about 10 KB.
const LONGEST: u64 = 1 << 24;

/// How much of a line is read to see its id.
const ID: usize = 512;

/// A file of certificates, open for reading.
pub(super) struct Log {
    path: PathBuf,
    file: Arc<File>,
    table: Table,
    /// Where what counts ends.
    end: u64,
    indexed: bool,
}

/// The file.
pub(in crate::pki) fn path(dir: &Path) -> PathBuf {
    dir.join("certificates.jsonl")
}

impl Log {
    /// The file of this store, if there is one.
    ///
    /// # Errors
    /// When others can read it, it cannot be read, or a part of it is lost.
    pub(super) fn open(dir: &Path, hold: Hold) -> Result<Option<Self>, PkiError> {
        let path = path(dir);
        let Some(file) = file::closed(&path)? else { return Ok(None) };
        let data = file.metadata().map_err(|error| PkiError::file(&path, "look at", &error))?;
        let stamp = index::stamp(&data);
        let (indexed, scanned) = match Index::read(dir, hold) {
            Some(index) if index.stamp == stamp && index.end == data.len() => (true, (index.table, index.end)),
            index => (false, scan(&path, &file, index.map_or(0, |index| index.end))?),
        };
        let (table, end) = scanned;
        Ok(Some(Self { path, file: Arc::new(file), table, end, indexed }))
    }

    pub(super) fn file(&self) -> &Arc<File> {
        &self.file
    }

    pub(super) fn table(&self) -> &Table {
        &self.table
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Whether the index is of this very file.
    pub(super) fn is_indexed(&self) -> bool {
        self.indexed
    }

    /// The certificate with this id, and where it stands.
    ///
    /// # Errors
    /// When its line cannot be read.
    pub(super) fn find(&self, id: &str) -> Result<Option<(Leaf, Place)>, PkiError> {
        let mut found = None;
        let slot = self.table.find(hash(id), |slot| {
            let Record { id: own, leaf } = record(&self.file, slot.place)?;
            let is = own == id;
            found = is.then_some(leaf);
            Ok(is)
        });
        let slot = slot.map_err(|error| failed(&self.path, &error))?;
        Ok(found.zip(slot.map(|slot| slot.place)))
    }

    /// The certificate that a digest stands for, if it is there.
    pub(super) fn indexed(&self, id: &str, digest: &Digest) -> Option<Indexed> {
        let slot = self.table.find(hash(id), |slot| Ok(slot.digest == *digest)).ok()??;
        let [not_before, not_after] = slot.times()?;
        Some(Indexed { not_before, not_after })
    }
}

/// The table of all lines of a file, and where they end.
fn scan(path: &Path, file: &File, saved: u64) -> Result<(Table, u64), PkiError> {
    let failed = |error: io::Error| failed(path, &error);
    let mut table = Table::in_memory(count(file).map_err(failed)?);
    let mut lines = Lines::of(file).map_err(failed)?;
    let mut marked = 0;
    while let Some((place, line)) = lines.next().map_err(failed)? {
        match line {
            Some(Line::Head) if place.offset == 0 => {}
            Some(Line::Saved(at)) if at == place.offset => marked = place.end(),
            Some(Line::Leaf(record)) if place.offset > 0 => {
                let slot = Slot::new(&record.id, &record.leaf, place);
                table.put(&slot, |other| is_id(file, other.place, place)).map_err(failed)?;
            }
            // Moved from elsewhere, as by a merge.
            Some(Line::Saved(_)) if place.offset > 0 => {}
            _ => return lines.lost(path, (place, saved)).map(|()| (table, place.offset)),
        }
    }
    match lines.end {
        0 => Err(PkiError::corrupt(path, "it is empty")),
        end if end < saved && end != marked => Err(shorter(path, (end, saved))),
        end => Ok((table, end)),
    }
}

fn shorter(path: &Path, (end, saved): (u64, u64)) -> PkiError {
    PkiError::corrupt(path, format!("what can be read of it ends after {end} of {saved} bytes"))
}

/// How many lines a file has, or more.
fn count(mut file: &File) -> io::Result<u64> {
    file.rewind()?;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut lines = 1;
    loop {
        let some = reader.fill_buf()?;
        if some.is_empty() {
            return Ok(lines);
        }
        lines += some.iter().filter(|byte| **byte == b'\n').count() as u64;
        let count = some.len();
        reader.consume(count);
    }
}

/// The lines of a file, one after the other.
pub(super) struct Lines<'f> {
    reader: BufReader<&'f File>,
    /// The last one.
    pub text: Vec<u8>,
    end: u64,
    number: usize,
}

impl<'f> Lines<'f> {
    pub(super) fn of(mut file: &'f File) -> io::Result<Self> {
        file.rewind()?;
        Ok(Self { reader: BufReader::with_capacity(1 << 16, file), text: Vec::new(), end: 0, number: 0 })
    }

    /// Where the next line stands, and what it says if it is whole.
    pub(super) fn next(&mut self) -> io::Result<Option<(Place, Option<Line>)>> {
        self.text.clear();
        let length = self.reader.read_until(b'\n', &mut self.text)? as u64;
        let place = Place { offset: self.end, length };
        self.end += length;
        self.number += 1;
        Ok((length > 0).then(|| (place, line::read(&self.text))))
    }

    /// Refuses a file with a line that is not whole, unless a run was cut off while it wrote that.
    fn lost(mut self, path: &Path, (bad, saved): (Place, u64)) -> Result<(), PkiError> {
        let number = self.number;
        if bad.offset == 0 {
            return Err(PkiError::corrupt(path, "it does not begin with what kmodel writes"));
        }
        while let Some((place, line)) = self.next().map_err(|error| failed(path, &error))? {
            if matches!(line, Some(Line::Saved(at)) if at == place.offset) {
                return Err(PkiError::corrupt(path, format!("line {number} is not as it was written")));
            }
        }
        if bad.offset < saved { Err(shorter(path, (bad.offset, saved))) } else { Ok(()) }
    }
}

/// What a line says of a certificate.
///
/// # Errors
/// What the file system says, or that it is not as it was written.
pub(in crate::pki) fn record(file: &File, place: Place) -> io::Result<Record> {
    let lost = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("the line at byte {} is not as it was written", place.offset),
        )
    };
    let mut text = vec![0; usize::try_from(place.length).ok().filter(|_| place.length <= LONGEST).ok_or_else(lost)?];
    file.read_exact_at(&mut text, place.offset)?;
    match line::read(&text) {
        Some(Line::Leaf(record)) => Ok(*record),
        _ => Err(lost()),
    }
}

/// Whether lines have the same id. It is at their beginning, written alike.
pub(super) fn is_id(file: &File, one: Place, other: Place) -> io::Result<bool> {
    let begin = |place: Place| {
        let mut text = vec![0; ID.min(usize::try_from(place.length).unwrap_or(ID))];
        file.read_exact_at(&mut text, place.offset)?;
        let end = text.windows(line::AFTER_ID.len()).position(|part| part == line::AFTER_ID);
        end.map_or_else(|| record(file, place).map(|record| record.id.into_bytes()), |end| Ok(text[..end].to_vec()))
    };
    Ok(begin(one)? == begin(other)?)
}

/// What a failed look into the file says.
pub(in crate::pki) fn failed(path: &Path, error: &io::Error) -> PkiError {
    match error.kind() {
        io::ErrorKind::InvalidData => PkiError::corrupt(path, error),
        io::ErrorKind::UnexpectedEof => PkiError::corrupt(path, "it is shorter than it was"),
        _ => PkiError::file(path, "read", error),
    }
}
