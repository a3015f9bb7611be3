//! Where each certificate stands in `certificates.jsonl`: a table that is searched where it is, in memory or on the disk.
//!
//! A slot is found by a hash of the id, and holds what a plan asks for. So a plan reads no key, and what searches on the disk holds
//! nothing of any certificate.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use time::OffsetDateTime;

use crate::pki::entry::{Digest, Leaf};
use crate::world::spool::nameless;

/// Where a line begins, and how long it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::pki) struct Place {
    pub offset: u64,
    pub length: u64,
}

/// What is said of a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::pki) struct Slot {
    /// Of its id.
    pub hash: u64,
    /// Of its id and what it is for.
    pub digest: Digest,
    /// From when until when it is valid, in seconds.
    pub period: [i64; 2],
    pub place: Place,
}

/// A number of 64 bits.
const NUMBER: usize = 8;

/// A slot on the disk: hash, digest, the two times, offset and length. A length of zero is that of an empty one.
pub(super) const SLOT: usize = NUMBER + size_of::<Digest>() + 4 * NUMBER;

/// So many slots are read at once to find one, and where all are wanted.
const AT_ONCE: usize = 4;
const IN_A_ROW: usize = 1 << 10;

/// A table.
pub(super) struct Table {
    bytes: Bytes,
    counts: Counts,
}

/// What stands before the slots.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Counts {
    pub slots: u64,
    pub used: u64,
    /// The bytes of all lines that slots lead to.
    pub live: u64,
}

/// Where the slots are.
pub(super) enum Bytes {
    Memory(Vec<u8>),
    /// Behind so many other bytes.
    Disk(File, u64),
}

impl Place {
    /// Where the next line begins.
    pub(in crate::pki) const fn end(self) -> u64 {
        self.offset.saturating_add(self.length)
    }
}

impl Slot {
    /// That of a certificate whose line stands there.
    pub(super) fn new(id: &str, leaf: &Leaf, place: Place) -> Self {
        let period = [leaf.issued.not_before, leaf.issued.not_after].map(OffsetDateTime::unix_timestamp);
        Self { hash: hash(id), digest: leaf.spec.digest(id), period, place }
    }

    /// From when until when it is valid.
    pub(super) fn times(&self) -> Option<[OffsetDateTime; 2]> {
        let [from, until] = self.period.map(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
        Some([from?, until?])
    }

    pub(super) fn bytes(&self) -> [u8; SLOT] {
        let Self { hash, digest, period: [from, until], place: Place { offset, length } } = self;
        let mut bytes = [0; SLOT];
        bytes[..NUMBER].copy_from_slice(&hash.to_le_bytes());
        bytes[NUMBER..][..size_of::<Digest>()].copy_from_slice(digest);
        let numbers = [from.cast_unsigned(), until.cast_unsigned(), *offset, *length].map(u64::to_le_bytes);
        bytes[SLOT - 4 * NUMBER..].copy_from_slice(&numbers.concat());
        bytes
    }

    /// None if it is an empty one.
    pub(super) fn read(bytes: &[u8; SLOT]) -> Option<Self> {
        let number = |place: usize| {
            let mut number = [0; NUMBER];
            number.copy_from_slice(&bytes[place..place + NUMBER]);
            u64::from_le_bytes(number)
        };
        let [from, until, offset, length] = [4, 3, 2, 1].map(|back| number(SLOT - back * NUMBER));
        let mut digest = Digest::default();
        digest.copy_from_slice(&bytes[NUMBER..][..size_of::<Digest>()]);
        let period = [from.cast_signed(), until.cast_signed()];
        (length > 0).then_some(Self { hash: number(0), digest, period, place: Place { offset, length } })
    }
}

/// The hash of an id. What has the same is looked into, so it need not tell all ids apart (FNV-1a, and the last step of MurmurHash3).
pub(super) fn hash(id: &str) -> u64 {
    let hash = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

impl Table {
    /// An empty one in memory, with room for so many certificates.
    pub(super) fn in_memory(certificates: u64) -> Self {
        let counts = Counts::with_room(certificates);
        let bytes = vec![0; usize::try_from(counts.slots).unwrap_or_default() * SLOT];
        Self { bytes: Bytes::Memory(bytes), counts }
    }

    /// An empty one in a file without a name in this folder.
    pub(super) fn on_disk(dir: &Path, certificates: u64) -> io::Result<Self> {
        let (file, counts) = (nameless(dir)?, Counts::with_room(certificates));
        file.set_len(counts.slots * SLOT as u64)?;
        Ok(Self { bytes: Bytes::Disk(file, 0), counts })
    }

    /// The same slots in a file without a name.
    pub(super) fn copied(&self, dir: &Path) -> io::Result<Self> {
        let file = nameless(dir)?;
        let mut writer = &file;
        self.copy(|part| writer.write_all(part))?;
        Ok(Self { bytes: Bytes::Disk(file, 0), counts: self.counts })
    }

    /// One that was made before.
    pub(super) fn of(bytes: Bytes, counts: Counts) -> Self {
        Self { bytes, counts }
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether there is room for so many more.
    pub(super) fn has_room(&self, more: u64) -> bool {
        self.counts.used.saturating_add(more) <= self.counts.slots / 4 * 3
    }

    /// The first slot with this hash that is the wanted one.
    ///
    /// # Errors
    /// What reading the table, or the look at a slot, says.
    pub(super) fn find(&self, hash: u64, wanted: impl FnMut(&Slot) -> io::Result<bool>) -> io::Result<Option<Slot>> {
        self.search(hash, wanted).map(|(_, found)| found)
    }

    /// Puts a certificate in the place of the one that is the same, or adds it.
    ///
    /// # Errors
    /// What the file system, or the look at a slot, says.
    pub(super) fn put(&mut self, new: &Slot, same: impl FnMut(&Slot) -> io::Result<bool>) -> io::Result<()> {
        let (number, old) = self.search(new.hash, same)?;
        let number = number.ok_or(io::ErrorKind::StorageFull)?;
        self.counts.used += u64::from(old.is_none());
        self.counts.live = self.counts.live + new.place.length - old.map_or(0, |old| old.place.length);
        self.write(number, &new.bytes())
    }

    /// The number of the wanted slot and what it holds, or of the empty one that ends the search.
    fn search(
        &self,
        hash: u64,
        mut wanted: impl FnMut(&Slot) -> io::Result<bool>,
    ) -> io::Result<(Option<u64>, Option<Slot>)> {
        let slots = self.counts.slots;
        let mut number = if slots == 0 { 0 } else { hash % slots };
        let mut left = slots;
        while left > 0 {
            let count = (AT_ONCE as u64).min(left).min(slots - number);
            let mut some = [[0; SLOT]; AT_ONCE];
            self.read(number, &mut some.as_flattened_mut()[..count as usize * SLOT])?;
            for (place, bytes) in (number..).zip(&some[..count as usize]) {
                match Slot::read(bytes) {
                    None => return Ok((Some(place), None)),
                    Some(slot) if slot.hash == hash && wanted(&slot)? => return Ok((Some(place), Some(slot))),
                    Some(_) => {}
                }
            }
            left -= count;
            number = (number + count) % slots;
        }
        Ok((None, None))
    }

    /// All that it holds.
    pub(super) fn each(&self) -> impl Iterator<Item = io::Result<Slot>> {
        (0..self.counts.slots).step_by(IN_A_ROW).flat_map(|first| {
            let count = (self.counts.slots - first).min(IN_A_ROW as u64) as usize;
            let mut some = vec![[0; SLOT]; count];
            match self.read(first, some.as_flattened_mut()) {
                Ok(()) => some.iter().filter_map(Slot::read).map(Ok).collect(),
                Err(error) => vec![Err(error)],
            }
        })
    }

    /// Writes all slots.
    pub(super) fn copy(&self, mut write: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        (0..self.counts.slots).step_by(IN_A_ROW).try_for_each(|first| {
            let count = (self.counts.slots - first).min(IN_A_ROW as u64) as usize;
            let mut some = vec![0; count * SLOT];
            self.read(first, &mut some)?;
            write(&some)
        })
    }

    fn read(&self, number: u64, into: &mut [u8]) -> io::Result<()> {
        let at = number * SLOT as u64;
        match &self.bytes {
            Bytes::Memory(bytes) => {
                let part = bytes.get(at as usize..).and_then(|rest| rest.get(..into.len()));
                into.copy_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
            Bytes::Disk(file, start) => file.read_exact_at(into, start + at),
        }
    }

    fn write(&mut self, number: u64, slot: &[u8; SLOT]) -> io::Result<()> {
        let at = number * SLOT as u64;
        match &mut self.bytes {
            Bytes::Memory(bytes) => {
                bytes[at as usize..][..SLOT].copy_from_slice(slot);
                Ok(())
            }
            Bytes::Disk(file, start) => file.write_all_at(slot, *start + at),
        }
    }
}

impl Counts {
    /// A third is left free, and some for what follows.
    const fn with_room(certificates: u64) -> Self {
        Self { slots: certificates.saturating_mul(3) / 2 + 16, used: 0, live: 0 }
    }
}
