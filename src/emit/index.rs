//! Where in a manifest the files of each place are listed: searched in the file itself, since there may be millions.
//!
//! A place is the folder of a machine, or any other file. Of each only where its lines begin is in memory, and the name of one of
//! [`APART`].

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;

use crate::emit::seal;

/// The name of every so many is in memory.
const APART: usize = 64;

/// So much of a line has its path in it, nearly always.
const HEAD: u64 = 256;

/// The places of a manifest, in the order of their paths.
pub(super) struct Index {
    manifest: File,
    /// Where the lines of each begin, and where the last ones end.
    starts: Vec<u64>,
    names: Vec<String>,
}

impl Index {
    /// Those of a manifest whose lines begin here; `None` if they are not as kmodel writes them.
    pub(super) fn read(manifest: File, from: u64) -> Option<Self> {
        let mut reader = BufReader::new(&manifest);
        std::io::copy(&mut reader.by_ref().take(from), &mut std::io::sink()).ok()?;
        let (mut at, mut line, mut last) = (from, String::new(), None::<String>);
        let (mut starts, mut names) = (Vec::new(), Vec::new());
        while reader.read_line(&mut line).ok()? > 0 && line != LAST {
            let place = seal::place(path(&line)?);
            if last.as_deref() != Some(place) {
                if last.is_some_and(|last| *last >= *place) {
                    return None;
                }
                if starts.len().is_multiple_of(APART) {
                    names.push(place.to_owned());
                }
                starts.push(at);
                last = Some(place.to_owned());
            }
            at += line.len() as u64;
            line.clear();
        }
        starts.push(at);
        starts.shrink_to_fit();
        drop(reader);
        Some(Self { manifest, starts, names })
    }

    /// How many places there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn manifest(&self) -> &File {
        &self.manifest
    }

    /// Where a place is among all, if it is one of them.
    pub(super) fn find(&self, place: &str) -> Option<usize> {
        let block = self.names.partition_point(|name| **name <= *place).checked_sub(1)?;
        let (mut low, mut high) = (block * APART, self.len().min((block + 1) * APART));
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
        let Range { start, end } = self.range(index);
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
        String::from_utf8(self.bytes(self.range(index))?).ok()
    }

    fn range(&self, index: usize) -> Range<u64> {
        self.starts[index]..self.starts[index + 1]
    }

    fn bytes(&self, range: Range<u64>) -> Option<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(range.end - range.start).ok()?];
        self.manifest.read_exact_at(&mut bytes, range.start).ok()?;
        Some(bytes)
    }
}

/// What stands behind all lines.
const LAST: &str = "  ]\n";

/// The path in a line; one that JSON writes otherwise is not looked for.
pub(super) fn path(line: &str) -> Option<&str> {
    let (path, _) = line.trim_start().strip_prefix("{\"path\":\"")?.split_once('"')?;
    (!path.contains('\\')).then_some(path)
}
