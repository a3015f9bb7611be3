//! A record that is searched where it lies.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::os::unix::fs::FileExt;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::text::{hex, unhex};

use super::head::{FORMAT, Head};
use super::line::{Bases, Line};
use super::machine::{Given, MachineRecord};
use super::writer::{End, Tail};

/// A record of an earlier run.
pub struct Record {
    pub head: Head,
    /// The number of the whole.
    pub sha256: String,
    file: File,
    /// Sorted by name.
    places: Vec<Place>,
    bases: Bases,
    tail: Tail,
}

/// The number of the record in a file, as its last line says.
pub fn number(file: &File) -> Option<String> {
    const LAST: u64 = 80;
    let length = file.metadata().ok()?.len();
    let mut bytes = vec![0; length.min(LAST) as usize];
    file.read_exact_at(&mut bytes, length.saturating_sub(LAST)).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let end: End = serde_json::from_str(text.trim_end().rsplit('\n').next()?).ok()?;
    Some(end.sha256)
}

/// The number of a record that is whole, if another one, of a later run, says the same but when that was.
pub fn same(old: &File, new: &File) -> Option<String> {
    let (number, mut hash) = (number(old)?, Sha256::new());
    let mut files = [old, new].map(BufReader::new);
    for file in &mut files {
        file.rewind().ok()?;
    }
    let mut lines = || {
        let mut both = [String::new(), String::new()];
        for (file, line) in files.iter_mut().zip(&mut both) {
            file.read_line(line).ok()?;
        }
        Some(both)
    };
    let first = lines()?;
    hash.update(&first[0]);
    let heads: [Option<Head>; 2] = first.map(|line| serde_json::from_str(&line).ok());
    let [Some(old), Some(new)] = heads else { return None };
    (Head { at: new.at.clone(), ..old } == new).then_some(())?;
    loop {
        let [old, new] = lines()?;
        // The last lines have the hash of the first ones too.
        let ends = [&old, &new].map(|line| line.ends_with('\n') && serde_json::from_str::<End>(line).is_ok());
        match ends {
            [true, true] => return (hex(&hash.finalize()) == number).then_some(number),
            [false, false] if old == new && !old.is_empty() => hash.update(&old),
            _ => return None,
        }
    }
}

/// Where the line of a machine is.
struct Place {
    name: Box<str>,
    print: [u8; 32],
    start: u64,
    length: u32,
}

/// What is looked for in a line.
#[derive(Deserialize)]
struct Brief<'a> {
    machine: &'a str,
    print: &'a str,
    like: Option<&'a str>,
}

impl Record {
    /// The record in a file; none if it is not whole, or of another format.
    pub fn read(file: File) -> Option<Self> {
        let mut lines = Lines::new(&file)?;
        let head: Head = serde_json::from_str(lines.next()?).ok()?;
        (head.format == FORMAT).then_some(())?;
        let (mut places, mut bases, mut last) = (Vec::new(), Bases::new(), String::new());
        let end = loop {
            let before = lines.hash();
            let (start, line) = (lines.at, lines.next()?);
            if let Ok(brief) = serde_json::from_str::<Brief<'_>>(line) {
                let (name, print) = (brief.machine.into(), unhex(brief.print)?);
                places.push(Place { name, print, start, length: u32::try_from(line.len()).ok()? });
                if brief.like.is_none() {
                    let first = serde_json::from_str::<Line>(line).ok().filter(Line::is_base)?.machine(&bases)?;
                    bases.insert(first.group.clone(), first);
                }
            } else if let Ok(end) = serde_json::from_str::<End>(line) {
                break (end.sha256 == before).then_some(end)?;
            } else {
                last = line.to_owned();
            }
        };
        let tail = serde_json::from_str(&last).ok()?;
        places.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Some(Self { head, sha256: end.sha256, file, places, bases, tail })
    }

    /// The machine of this name.
    pub fn machine(&self, name: &str) -> Option<MachineRecord> {
        let place = self.place(name)?;
        let mut bytes = vec![0; place.length as usize];
        self.file.read_exact_at(&mut bytes, place.start).ok()?;
        serde_json::from_slice::<Line>(&bytes).ok()?.machine(&self.bases)
    }

    /// Whether a machine was evaluated to this.
    pub fn is(&self, name: &str, print: &[u8; 32]) -> bool {
        self.place(name).is_some_and(|place| place.print == *print)
    }

    /// Whether there was a machine of this name.
    pub fn has(&self, name: &str) -> bool {
        self.place(name).is_some()
    }

    /// The names of all machines, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|place| &*place.name)
    }

    /// The files of the output that are no machine's, with their hashes.
    pub fn shared(&self) -> &Given {
        &self.tail.shared
    }

    /// Whether anything moved what ran on machines.
    pub fn drains(&self) -> bool {
        self.tail.drains
    }

    fn place(&self, name: &str) -> Option<&Place> {
        let place = self.places.binary_search_by(|place| (*place.name).cmp(name)).ok()?;
        Some(&self.places[place])
    }
}

/// The lines of a file, one in memory at a time.
struct Lines<'f> {
    reader: BufReader<&'f File>,
    hash: Sha256,
    at: u64,
    line: String,
}

impl<'f> Lines<'f> {
    fn new(mut file: &'f File) -> Option<Self> {
        file.rewind().ok()?;
        Some(Self { reader: BufReader::new(file), hash: Sha256::new(), at: 0, line: String::new() })
    }

    /// The next, without its end.
    fn next(&mut self) -> Option<&str> {
        self.line.clear();
        self.at += self.reader.read_line(&mut self.line).ok()? as u64;
        self.hash.update(&self.line);
        self.line.strip_suffix('\n')
    }

    /// The hash of what was read so far.
    fn hash(&self) -> String {
        hex(&self.hash.clone().finalize())
    }
}
