//! Where in a manifest the files of each place are listed: searched in the file itself, since there may be millions.
//!
//! A place is the folder of a machine, or any other file. Of one of [`APART`] its name and where its lines begin are in memory; of
//! the others between it and the next, while they are asked for.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::emit::seal;

/// So many places are in a block.
const APART: usize = 64;

/// So many blocks are at hand: machines have two places, and several threads ask.
const AT_HAND: usize = 16;

/// So much of a line has its path in it, nearly always.
const HEAD: u64 = 256;

/// The places of a manifest, in the order of their paths.
pub(super) struct Index {
    manifest: File,
    count: usize,
    blocks: Vec<Block>,
    /// Where the last lines end.
    end: u64,
    /// Where the places of some blocks begin; the one that was asked for last is the last.
    at_hand: Mutex<Vec<(usize, Starts)>>,
}

/// The first place of a block: its name, and where its lines begin.
struct Block {
    name: String,
    start: u64,
}

/// Where the lines of each place of a block begin.
type Starts = Arc<[u64]>;

impl Index {
    /// Those of a manifest whose lines begin here; `None` if they are not as kmodel writes them.
    pub(super) fn read(manifest: File, from: u64) -> Option<Self> {
        let (mut count, mut blocks, mut last) = (0_usize, Vec::new(), None::<String>);
        let end = places(&manifest, from..u64::MAX, |place, start| {
            last.as_deref().is_none_or(|last| last < place).then_some(())?;
            if count.is_multiple_of(APART) {
                blocks.push(Block { name: place.to_owned(), start });
            }
            count += 1;
            last = Some(place.to_owned());
            Some(())
        })?;
        Some(Self { manifest, count, blocks, end, at_hand: Mutex::default() })
    }

    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn manifest(&self) -> &File {
        &self.manifest
    }

    /// Where a place is among all, if it is one of them.
    pub(super) fn find(&self, place: &str) -> Option<usize> {
        let block = self.blocks.partition_point(|block| *block.name <= *place).checked_sub(1)?;
        let (mut low, mut high) = (block * APART, self.count.min((block + 1) * APART));
        while low < high {
            let middle = low.midpoint(high);
            match self.name(middle)?.as_str().cmp(place) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The name of a place.
    pub(super) fn name(&self, index: usize) -> Option<String> {
        if index.is_multiple_of(APART) {
            return self.blocks.get(index / APART).map(|block| block.name.clone());
        }
        let Range { start, end } = self.range(index)?;
        let of = |range| {
            let bytes = self.bytes(range)?;
            path(&String::from_utf8_lossy(&bytes)).map(|path| seal::place(path).to_owned())
        };
        of(start..end.min(start + HEAD)).or_else(|| of(start..end))
    }

    /// The names of all, in their order.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        (0..self.len()).filter_map(|index| self.name(index))
    }

    /// The lines of a place.
    pub(super) fn lines(&self, index: usize) -> Option<String> {
        String::from_utf8(self.bytes(self.range(index)?)?).ok()
    }

    fn range(&self, index: usize) -> Option<Range<u64>> {
        let (block, place) = (index / APART, index % APART);
        let starts = self.starts(block)?;
        let end = starts.get(place + 1).copied().unwrap_or_else(|| self.block(block).end);
        Some(*starts.get(place)?..end)
    }

    /// Where the lines of a block are.
    fn block(&self, block: usize) -> Range<u64> {
        let start = |block: usize| self.blocks.get(block).map_or(self.end, |block| block.start);
        start(block)..start(block + 1)
    }

    fn starts(&self, block: usize) -> Option<Starts> {
        let at_hand = || self.at_hand.lock().unwrap_or_else(PoisonError::into_inner);
        let found = {
            let mut known = at_hand();
            let place = known.iter().position(|(known, _)| *known == block);
            place.map(|place| {
                let entry = known.remove(place);
                known.push(entry.clone());
                entry.1
            })
        };
        if found.is_some() {
            return found;
        }
        let mut starts = Vec::with_capacity(APART);
        places(&self.manifest, self.block(block), |_, start| {
            starts.push(start);
            Some(())
        })?;
        let starts = Starts::from(starts);
        let mut known = at_hand();
        if known.len() >= AT_HAND {
            known.remove(0);
        }
        known.push((block, Arc::clone(&starts)));
        Some(starts)
    }

    fn bytes(&self, range: Range<u64>) -> Option<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(range.end - range.start).ok()?];
        self.manifest.read_exact_at(&mut bytes, range.start).ok()?;
        Some(bytes)
    }
}

/// Hands out each place of these lines, and where it begins; returns where the lines end. `None` if one is not as kmodel writes it, or
/// was refused.
fn places(manifest: &File, lines: Range<u64>, mut each: impl FnMut(&str, u64) -> Option<()>) -> Option<u64> {
    let mut reader = BufReader::new(At { file: manifest, at: lines.start });
    let (mut at, mut line, mut last) = (lines.start, String::new(), None::<String>);
    while at < lines.end && reader.read_line(&mut line).ok()? > 0 && line != LAST {
        let place = seal::place(path(&line)?);
        if last.as_deref() != Some(place) {
            each(place, at)?;
            last = Some(place.to_owned());
        }
        at += line.len() as u64;
        line.clear();
    }
    Some(at)
}

/// A file that several read at once, each from its own place.
struct At<'a> {
    file: &'a File,
    at: u64,
}

impl Read for At<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(bytes, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// What stands behind all lines.
const LAST: &str = "  ]\n";

/// The path in a line; one that JSON writes otherwise is not looked for.
pub(super) fn path(line: &str) -> Option<&str> {
    let (path, _) = line.trim_start().strip_prefix("{\"path\":\"")?.split_once('"')?;
    (!path.contains('\\')).then_some(path)
}
