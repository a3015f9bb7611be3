//! The table of a file of certificates beside it, so that neither a plan nor a render reads the whole file to find one.
//!
//! `certificates.index` is made whenever the store is saved, and is only ever a shortcut: it counts as long as the file is the very
//! one that it was made of. Anything else, an index with a wrong checksum too, leads to the file itself.
//!
//! ```text
//! kmodel index 3
//! stamp       of the file
//! numbers     where the file ends; how many slots, how many of them are used, and the bytes of their lines
//! slots       of the table
//! sum         of all before
//! ```
//!
//! Numbers have eight bytes, of which the lowest comes first.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::file;
use super::table::{Bytes, Counts, SLOT, Table};
use crate::world::replace::{clean, replace_with};

const HEAD: &[u8; 16] = b"kmodel index 3\n\0";

/// The bytes of a number.
const NUMBER: usize = 8;

/// Device and inode, size, and the two times of a file in seconds and nanoseconds.
const STAMP: usize = 7 * NUMBER;
const NUMBERS: usize = 4 * NUMBER;
const START: usize = HEAD.len() + STAMP + NUMBERS;

/// What tells a file from any other that was or will be in its place.
pub(super) type Stamp = [u8; STAMP];

/// An index that is whole, whichever file it was made of.
pub(super) struct Index {
    pub stamp: Stamp,
    /// Where the file ended.
    pub end: u64,
    pub table: Table,
}

/// Where tables are held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Hold {
    /// To look for everything.
    Memory,
    /// To hold nothing.
    Disk,
}

/// The file.
pub(super) fn path(dir: &Path) -> PathBuf {
    dir.join("certificates.index")
}

/// The stamp of a file.
pub(super) fn stamp(data: &Metadata) -> Stamp {
    let times = [data.mtime(), data.mtime_nsec(), data.ctime(), data.ctime_nsec()].map(i64::cast_unsigned);
    let mut stamp = [0; STAMP];
    let numbers = [data.dev(), data.ino(), data.len()].into_iter().chain(times);
    stamp
        .chunks_exact_mut(NUMBER)
        .zip(numbers)
        .for_each(|(place, number)| place.copy_from_slice(&number.to_le_bytes()));
    stamp
}

impl Index {
    /// The index of this store, if there is one that is as it was written.
    pub(super) fn read(dir: &Path, hold: Hold) -> Option<Self> {
        let mut file = file::closed(&path(dir)).ok()??;
        let mut start = [0; START];
        file.read_exact(&mut start).ok()?;
        let number = |place: usize| {
            start[HEAD.len() + STAMP + place * NUMBER..][..NUMBER].try_into().map(u64::from_le_bytes).ok()
        };
        let (end, counts) = (number(0)?, Counts { slots: number(1)?, used: number(2)?, live: number(3)? });
        let size = counts.slots.checked_mul(SLOT as u64)?;
        let is = file.metadata().ok()?.len() == size.checked_add((START + NUMBER) as u64)? && start.starts_with(HEAD);
        let (mut sum, mut all) = (Sum::default(), Vec::new());
        sum.add(&start);
        let bytes = match hold {
            _ if !is => return None,
            Hold::Memory => {
                all.resize(usize::try_from(size).ok()?, 0);
                file.read_exact(&mut all).ok()?;
                sum.add(&all);
                Bytes::Memory(all)
            }
            Hold::Disk => {
                add_all(&mut sum, &mut (&file).take(size)).ok()?;
                Bytes::Disk(file.try_clone().ok()?, START as u64)
            }
        };
        let mut said = [0; NUMBER];
        file.read_exact_at(&mut said, START as u64 + size).ok()?;
        let stamp = start[HEAD.len()..][..STAMP].try_into().ok()?;
        (u64::from_le_bytes(said) == sum.0).then(|| Self { stamp, end, table: Table::of(bytes, counts) })
    }
}

fn add_all(sum: &mut Sum, from: &mut impl Read) -> io::Result<()> {
    let mut some = vec![0; SLOT << 10];
    loop {
        let mut count = 0;
        while count < some.len() {
            match from.read(&mut some[count..])? {
                0 => break,
                more => count += more,
            }
        }
        sum.add(&some[..count]);
        if count < some.len() {
            return Ok(());
        }
    }
}

/// Writes the index of a file of certificates. It is optional, so errors of the file system are ignored.
pub(super) fn write(dir: &Path, log: &File, table: &Table) {
    let _ = log.metadata().and_then(|data| {
        let Counts { slots, used, live } = table.counts();
        let numbers = [data.len(), slots, used, live].map(u64::to_le_bytes).concat();
        let start = [&HEAD[..], &stamp(&data), &numbers].concat();
        clean(&path(dir));
        replace_with(&path(dir), 0o600, |out| {
            let mut sum = Sum::default();
            sum.add(&start);
            out.write_all(&start)?;
            table.copy(|part| {
                sum.add(part);
                out.write_all(part)
            })?;
            out.write_all(&sum.0.to_le_bytes())
        })
    });
}

/// Removes the index, before a shorter file takes the place of the one that it was made of.
pub(super) fn forget(dir: &Path) {
    // One that stays is not of the new file, which its stamp says.
    let _ = fs::remove_file(path(dir));
}

/// A sum that any change of one number changes. It does not protect against deliberate changes.
#[derive(Default)]
struct Sum(u64);

impl Sum {
    /// Adds bytes; of all parts but the last, the length is a multiple of that of a number.
    fn add(&mut self, bytes: &[u8]) {
        let step = |sum: u64, number: u64| (sum ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        let (numbers, rest) = bytes.as_chunks::<NUMBER>();
        self.0 = numbers.iter().fold(self.0, |sum, number| step(sum, u64::from_le_bytes(*number)));
        self.0 = rest.iter().fold(self.0, |sum, byte| step(sum, u64::from(*byte)));
    }
}
