//! What renders have made of which inputs, so that it need not be made again where it is still there.
//!
//! An entry says that from a machine with this fingerprint come files with this seal; and, where that is known, from which
//! inputs the machine was evaluated and found right. Both are facts about functions, so they are true
//! for ever, for any folder and whatever happened to one since; that a folder has the files is found out by reading them.
//!
//! There may be as many facts as machines, so that they and the tables of their hashes stay on the disk.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::emit::Seal;
use crate::target::{Given, Needs, Tree};

use super::fingerprint::Fingerprint;

/// What begins a file of facts. Behind it stand the records, the tables of machines and of inputs, what machines need as JSON, the numbers
/// of records and of known inputs, the length of the JSON, and SHA-256 of all that.
const HEAD: &[u8; 16] = b"kmodel renders 4";

const HASH: usize = size_of::<Fingerprint>();
const NUMBER: usize = size_of::<u64>();

/// A fact on the disk: three hashes, of which that of the inputs is zero if they are not known, the bytes of user-data, what is needed,
/// and what is so or not. Lowest bytes come first.
const RECORD: usize = 3 * HASH + 2 * NUMBER;

/// The numbers behind the JSON.
const NUMBERS: usize = 3 * NUMBER;

/// A row of a table: the first bytes of a hash, highest first so that rows are in their order, and the record that it is of.
const ROW: usize = 2 * size_of::<u32>();

/// So many rows are read at once. Hashes lie evenly, so that one is among those around its place in nearly all cases.
const ROWS: u32 = 256;

/// In the last number of a record.
const COMPRESSED: u64 = 1 << 62;
const SECRET: u64 = 1 << 63;

/// What renders remember: what was known before one, and what it adds to that.
#[derive(Default)]
pub struct Memo {
    pub known: Known,
    pub facts: Facts,
}

/// Facts of one target, as a render has left them: they are searched where they are.
#[derive(Default)]
pub struct Known {
    file: Option<File>,
    count: u32,
    needs: Vec<Arc<Needs>>,
    by_machine: Table,
    by_inputs: Table,
}

/// The rows of hashes, in their order, in the file of facts: where they begin, and how many they are.
#[derive(Clone, Copy, Default)]
struct Table {
    start: u64,
    count: u32,
}

type Row = [u8; ROW];

/// Facts that are written as they are found. Renders can do without, so there are none if the disk refuses.
#[derive(Default)]
pub struct Facts {
    out: Option<BufWriter<File>>,
    needs: HashMap<Arc<Needs>, u64>,
    count: u64,
}

/// What comes of a machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// What it was evaluated from, if that is known and nothing else decided whether it is right.
    pub inputs: Option<Fingerprint>,
    /// What it was evaluated to.
    pub machine: Fingerprint,
    pub seal: Seal,
    pub given: Given,
    /// Whether a file of it is secret.
    pub secret: bool,
}

/// The name that the facts of a target have in the key store, beside the keys: the seal of a secret tells it to those who can guess it.
pub fn name(target: &str, tree: Tree) -> String {
    let tree = match tree {
        Tree::Written => "tree",
        Tree::LeftOut => "no-tree",
    };
    format!("{target}-{tree}")
}

impl Known {
    /// The facts of a file; none if it is not whole.
    pub fn read(file: File) -> Self {
        Self::whole(file).unwrap_or_default()
    }

    fn whole(mut file: File) -> Option<Self> {
        file.rewind().ok()?;
        let size = file.metadata().ok()?.len().checked_sub((HASH + NUMBERS) as u64)?;
        let number = |place: usize| number_at(&file, size + (place * NUMBER) as u64);
        let (count, inputs, length) = (number(0)?, number(1)?, number(2)?);
        let end = (HEAD.len() as u64).checked_add(count.checked_mul(RECORD as u64)?)?;
        let by_machine = Table { start: end, count: u32::try_from(count).ok()? };
        let by_inputs = Table { start: by_machine.end()?, count: u32::try_from(inputs).ok()? };
        let json = by_inputs.end()?;
        (size == json.checked_add(length)?).then_some(())?;
        let (mut reader, mut hash) = (BufReader::new(&file), Sha256::new());
        hash_of(&mut reader.by_ref().take(size + NUMBERS as u64), &mut hash)?;
        let mut said = [0; HASH];
        reader.read_exact(&mut said).ok()?;
        let mut head = [0; HEAD.len()];
        file.read_exact_at(&mut head, 0).ok()?;
        (head == *HEAD && said == *hash.finalize()).then_some(())?;
        let mut needs = vec![0; usize::try_from(length).ok()?];
        file.read_exact_at(&mut needs, json).ok()?;
        let needs: Vec<Needs> = serde_json::from_slice(&needs).ok()?;
        let needs = needs.into_iter().map(Arc::new).collect();
        Some(Self { file: Some(file), count: by_machine.count, needs, by_machine, by_inputs })
    }

    /// What comes of a machine that is evaluated to this.
    pub(super) fn of_machine(&self, machine: &Fingerprint) -> Option<Fact> {
        self.find(self.by_machine, machine, |fact| fact.machine == *machine)
    }

    /// What comes of a machine that is evaluated from this.
    pub(super) fn of_inputs(&self, inputs: &Fingerprint) -> Option<Fact> {
        self.find(self.by_inputs, inputs, |fact| fact.inputs == Some(*inputs))
    }

    /// All of them, in the order in which they were found.
    pub fn facts(&self) -> impl Iterator<Item = Fact> {
        (0..self.count).filter_map(|place| self.fact(place))
    }

    fn find(&self, table: Table, hash: &Fingerprint, is: impl Fn(&Fact) -> bool) -> Option<Fact> {
        table.of(self.file.as_ref()?, &hash.0)?.filter_map(|place| self.fact(place)).find(is)
    }

    fn fact(&self, place: u32) -> Option<Fact> {
        let mut record = [0; RECORD];
        let start = HEAD.len() as u64 + u64::from(place) * RECORD as u64;
        self.file.as_ref()?.read_exact_at(&mut record, start).ok()?;
        read(&record, &self.needs)
    }
}

impl Table {
    /// Where its rows end.
    fn end(self) -> Option<u64> {
        self.start.checked_add(u64::from(self.count) * ROW as u64)
    }

    /// The records that may be those of a hash.
    fn of(self, file: &File, hash: &[u8]) -> Option<impl Iterator<Item = u32>> {
        let prefix = &hash[..size_of::<u32>()];
        let first = self.first(file, prefix)?;
        let rows = (first..self.count).map_while(move |row| self.rows(file, row, 1)?.pop());
        let rows = rows.take_while(move |row| row.starts_with(prefix));
        Some(rows.map(|row| u32::from_be_bytes(std::array::from_fn(|byte| row[ROW / 2 + byte]))))
    }

    /// The first row whose hash is not before this one.
    fn first(self, file: &File, prefix: &[u8]) -> Option<u32> {
        let (mut low, mut high) = (0, self.count);
        let whole = u64::from(u32::from_be_bytes(prefix.try_into().ok()?));
        let mut near = ((whole * u64::from(self.count)) >> 32) as u32;
        while high - low > ROWS {
            let start = near.saturating_sub(ROWS / 2).clamp(low, high - ROWS);
            let before = self.rows(file, start, ROWS)?.partition_point(|row| row[..prefix.len()] < *prefix) as u32;
            match before {
                0 => high = start,
                ROWS => low = start + ROWS,
                _ => return Some(start + before),
            }
            near = low.midpoint(high);
        }
        let rest = self.rows(file, low, high - low)?;
        Some(low + rest.partition_point(|row| row[..prefix.len()] < *prefix) as u32)
    }

    fn rows(self, file: &File, first: u32, count: u32) -> Option<Vec<Row>> {
        let mut bytes = vec![0; count as usize * ROW];
        file.read_exact_at(&mut bytes, self.start + u64::from(first) * ROW as u64).ok()?;
        Some(bytes.as_chunks().0.to_vec())
    }
}

impl Facts {
    /// None yet; they go to this file.
    pub fn to(file: File) -> Self {
        let mut out = BufWriter::new(file);
        Self { out: out.write_all(HEAD).is_ok().then_some(out), ..Self::default() }
    }

    /// Adds one. What many machines need is written once.
    pub(super) fn add(&mut self, fact: &Fact) {
        let Some(out) = &mut self.out else { return };
        let next = self.needs.len() as u64;
        let needs = match self.needs.get(&fact.given.needs) {
            Some(known) => *known,
            None => *self.needs.entry(Arc::clone(&fact.given.needs)).or_insert(next),
        };
        self.count += 1;
        if out.write_all(&record(fact, needs)).is_err() {
            self.out = None;
        }
    }

    /// The file with all of them.
    pub fn file(self) -> Option<File> {
        let Self { out, needs, count } = self;
        let mut sorted: Vec<_> = needs.into_iter().collect();
        sorted.sort_unstable_by_key(|(_, place)| *place);
        let needs: Vec<&Needs> = sorted.iter().map(|(needs, _)| &**needs).collect();
        let needs = serde_json::to_vec(&needs).expect("names are plain data");
        let mut file = out?.into_inner().ok()?;
        add_table(&mut file, count, 0)?;
        let inputs = add_table(&mut file, count, HASH)?;
        let numbers = [count, inputs, needs.len() as u64].map(u64::to_le_bytes).concat();
        file.write_all(&[needs, numbers].concat()).ok()?;
        file.rewind().ok()?;
        let mut hash = Sha256::new();
        hash_of(&mut BufReader::new(&file), &mut hash)?;
        file.write_all(&hash.finalize()).ok()?;
        Some(file)
    }
}

fn record(Fact { inputs, machine, seal, given, secret }: &Fact, needs: u64) -> [u8; RECORD] {
    let Given { bytes, compressed, needs: _ } = given;
    let mut record = [0; RECORD];
    record[..HASH].copy_from_slice(&machine.0);
    record[HASH..][..HASH].copy_from_slice(&inputs.map_or([0; HASH], |inputs| inputs.0));
    record[2 * HASH..][..HASH].copy_from_slice(&seal.0);
    record[3 * HASH..][..NUMBER].copy_from_slice(&(*bytes as u64).to_le_bytes());
    let flag = |is: bool, flag: u64| if is { flag } else { 0 };
    let last = needs | flag(*compressed, COMPRESSED) | flag(*secret, SECRET);
    record[RECORD - NUMBER..].copy_from_slice(&last.to_le_bytes());
    record
}

fn read(record: &[u8; RECORD], needs: &[Arc<Needs>]) -> Option<Fact> {
    let hash = |place: usize| std::array::from_fn(|byte| record[place * HASH + byte]);
    let number =
        |place: usize| u64::from_le_bytes(std::array::from_fn(|byte| record[3 * HASH + place * NUMBER + byte]));
    let (inputs, last): ([u8; HASH], u64) = (hash(1), number(1));
    let needs = needs.get(usize::try_from(last & !(COMPRESSED | SECRET)).ok()?)?.clone();
    let given = Given { bytes: usize::try_from(number(0)).ok()?, compressed: last & COMPRESSED != 0, needs };
    let inputs = (inputs != [0; HASH]).then_some(Fingerprint(inputs));
    Some(Fact { inputs, machine: Fingerprint(hash(0)), seal: Seal(hash(2)), given, secret: last & SECRET != 0 })
}

/// Adds to a file of facts the rows of the hashes at this place of the records, and returns how many they are.
fn add_table(file: &mut File, count: u64, at: usize) -> Option<u64> {
    let (mut rows, mut record): (Vec<Row>, _) = (Vec::new(), [0; RECORD]);
    let mut reader = BufReader::new(&*file);
    reader.seek(SeekFrom::Start(HEAD.len() as u64)).ok()?;
    for place in 0..u32::try_from(count).ok()? {
        reader.read_exact(&mut record).ok()?;
        let hash = &record[at..at + HASH];
        if hash != [0; HASH] {
            let place = place.to_be_bytes();
            rows.push(std::array::from_fn(|byte| if byte < ROW / 2 { hash[byte] } else { place[byte - ROW / 2] }));
        }
    }
    drop(reader);
    rows.sort_unstable();
    file.seek(SeekFrom::End(0)).ok()?;
    file.write_all(rows.as_flattened()).ok()?;
    Some(rows.len() as u64)
}

/// Hashes all that is read.
fn hash_of(reader: &mut impl BufRead, hash: &mut Sha256) -> Option<()> {
    while let part @ [_, ..] = reader.fill_buf().ok()? {
        hash.update(part);
        let count = part.len();
        reader.consume(count);
    }
    Some(())
}

fn number_at(file: &File, place: u64) -> Option<u64> {
    let mut number = [0; NUMBER];
    file.read_exact_at(&mut number, place).ok()?;
    Some(u64::from_le_bytes(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        file
    }

    fn fact(number: u8) -> Fact {
        let needs = Needs { modules: vec![format!("m \n{}", number / 2).into()], ..Needs::default() };
        let given = Given { bytes: 7, compressed: number == 1, needs: needs.into() };
        let inputs = (number != 2).then_some(Fingerprint([number + 50; 32]));
        let (machine, seal) = (Fingerprint([number; 32]), Seal([number + 100; 32]));
        Fact { inputs, machine, seal, given, secret: number == 2 }
    }

    /// Evenly spread, all at the start, and all alike.
    #[test]
    fn a_row_is_found_among_many() {
        let spread = |number: u32| number.wrapping_mul(0x9E37_79B9);
        let low = |number: u32| number / 3;
        let alike = |_: u32| 7 << 20;
        for hash in [&spread as &dyn Fn(u32) -> u32, &low, &alike] {
            for count in [0, 1, 255, 256, 257, 3000] {
                let mut rows: Vec<Row> = (0..count).map(|place| row(hash(place), place)).collect();
                rows.sort_unstable();
                let (file, table) = (file(rows.as_flattened()), Table { start: 0, count });
                for wanted in (0..count).map(hash).chain([0, 1, 7 << 20, u32::MAX]) {
                    let found: Vec<u32> = table.of(&file, &wanted.to_be_bytes()).unwrap().collect();
                    let right: Vec<u32> = (0..count).filter(|place| hash(*place) == wanted).collect();
                    assert!(found == right, "{wanted} of {count}: {found:?} {right:?}");
                    if found.len() > 1 {
                        break;
                    }
                }
            }
        }
    }

    fn row(hash: u32, place: u32) -> Row {
        [hash.to_be_bytes(), place.to_be_bytes()].concat().try_into().unwrap()
    }

    #[test]
    fn facts_are_read_as_they_were_written_and_only_whole() {
        let mut same_start = fact(1);
        (same_start.machine.0[20], same_start.inputs) = (9, Some(Fingerprint([60; 32])));
        let all = [fact(3), fact(1), fact(2), same_start];
        let mut facts = Facts::to(file(b""));
        all.iter().for_each(|fact| facts.add(fact));
        let mut written = facts.file().unwrap();
        let mut bytes = Vec::new();
        written.rewind().unwrap();
        written.read_to_end(&mut bytes).unwrap();
        let known = Known::read(file(&bytes));
        assert_eq!(known.needs.len(), 2);
        for fact in &all {
            assert_eq!(known.of_machine(&fact.machine).as_ref(), Some(fact));
            let found = fact.inputs.and_then(|inputs| known.of_inputs(&inputs));
            assert_eq!(found.as_ref(), Some(fact).filter(|fact| fact.inputs.is_some()));
        }
        assert_eq!((known.of_machine(&Fingerprint([9; 32])), known.of_inputs(&Fingerprint([1; 32]))), (None, None));
        assert_eq!(known.of_inputs(&Fingerprint([0; 32])), None, "that is not known of the second");
        for end in 0..bytes.len() {
            assert!(Known::read(file(&bytes[..end])).file.is_none(), "cut short at {end}");
        }
        for place in 0..bytes.len() {
            let mut wrong = bytes.clone();
            wrong[place] ^= 1;
            assert!(Known::read(file(&wrong)).file.is_none(), "another byte at {place}");
        }
    }
}
