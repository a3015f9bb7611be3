//! What the certificates in the store are for, and until when, so that a plan reads no key.
//!
//! `machines.index` is made of the machines' files whenever the store is saved, and is only ever a shortcut: what it says
//! of a machine counts as long as that machine's file is the very one that it was made of. Anything else, an index that
//! cannot be read too, leads to the file.
//!
//! ```text
//! kmodel index 2
//! machines, certificates     how many
//! of each machine            the stamp of its file, and how many certificates it has
//! of each certificate        a digest of its id and what it is for, from when, until when
//! names                      of the machines, each on a line
//! end
//! ```
//!
//! Numbers have eight bytes, of which the lowest comes first.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Lines, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use rustix::fs::{AtFlags, FileType, statat};
use time::OffsetDateTime;

use super::{file, folder};
use crate::hash::HashMap;
use crate::pki::entry::{Digest, Machine};
use crate::world::replace::replace_with;
use crate::world::spool::nameless;

const HEAD: &[u8] = b"kmodel index 2\n";
const END: &[u8] = b"end\n";

/// The bytes of a number.
const NUMBER: usize = 8;

/// Inode, size, and the two times of a file in seconds and nanoseconds.
const STAMP: usize = 6 * NUMBER;
const MACHINE: usize = STAMP + NUMBER;
const DIGEST: usize = size_of::<Digest>();
const CERTIFICATE: usize = DIGEST + 2 * NUMBER;

/// What tells a file from any other that was or will be in its place.
type Stamp = [u8; STAMP];

/// The index of a store.
pub(super) struct Index {
    files: Files,
    bytes: Vec<u8>,
    machines: HashMap<Box<str>, Block>,
}

/// What is said of a machine, as places in the bytes.
struct Block {
    stamp: usize,
    certificates: Range<usize>,
    /// Whether its file is still the same. Threads that ask at once both look, rather than wait.
    holds: AtomicU8,
}

const UNKNOWN: u8 = 0;
const HOLDS: u8 = 1;
const CHANGED: u8 = 2;

/// A certificate that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Indexed {
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
}

impl Index {
    /// The index of this store, if there is one that can be read.
    pub(super) fn read(dir: &Path) -> Option<Self> {
        let bytes = file::private_bytes(&path(dir)).ok()??;
        let machines = blocks(&bytes)?;
        Some(Self { files: Files::of(dir)?, bytes, machines })
    }

    /// The certificate that a digest stands for, if it is there.
    pub(super) fn find(&self, name: &str, digest: &Digest) -> Option<Indexed> {
        let block = self.machines.get(name)?;
        let mut all = self.bytes[block.certificates.clone()].chunks_exact(CERTIFICATE);
        let found = all.find(|one| one[..DIGEST] == *digest)?;
        let time = |place| OffsetDateTime::from_unix_timestamp(number(found, place)?.cast_signed()).ok();
        let found = Indexed { not_before: time(DIGEST)?, not_after: time(DIGEST + NUMBER)? };
        self.holds(name, block).then_some(found)
    }

    fn holds(&self, name: &str, block: &Block) -> bool {
        match block.holds.load(Relaxed) {
            UNKNOWN => {
                let holds = self.files.stamp(name).is_some_and(|now| now == self.stamp(block));
                block.holds.store(if holds { HOLDS } else { CHANGED }, Relaxed);
                holds
            }
            known => known == HOLDS,
        }
    }

    fn stamp(&self, block: &Block) -> &[u8] {
        &self.bytes[block.stamp..][..STAMP]
    }
}

fn path(dir: &Path) -> PathBuf {
    dir.join("machines.index")
}

/// Where each machine stands in the bytes; none if they are not whole.
fn blocks(bytes: &[u8]) -> Option<HashMap<Box<str>, Block>> {
    let whole = bytes.starts_with(HEAD) && bytes.ends_with(END);
    let count = |place| usize::try_from(number(bytes, HEAD.len() + place)?).ok();
    let (machines, certificates) = (count(0)?, count(NUMBER)?);
    let first = HEAD.len() + 2 * NUMBER;
    let mut next = first.checked_add(machines.checked_mul(MACHINE)?)?;
    let end = next.checked_add(certificates.checked_mul(CERTIFICATE)?)?;
    let names = bytes.get(end..bytes.len() - END.len()).filter(|_| whole)?;
    let mut blocks = HashMap::with_capacity_and_hasher(machines.min(names.len()), Default::default());
    let mut lines = std::str::from_utf8(names).ok()?.lines();
    for (place, name) in lines.by_ref().take(machines).enumerate() {
        let stamp = first + place * MACHINE;
        let count = usize::try_from(number(bytes, stamp + STAMP)?).ok()?;
        let last = next.checked_add(count.checked_mul(CERTIFICATE)?).filter(|last| *last <= end)?;
        blocks.insert(name.into(), Block { stamp, certificates: next..last, holds: AtomicU8::new(UNKNOWN) });
        next = last;
    }
    (blocks.len() == machines && next == end && lines.next().is_none()).then_some(blocks)
}

fn number(bytes: &[u8], place: usize) -> Option<u64> {
    bytes.get(place..place + NUMBER)?.try_into().ok().map(u64::from_le_bytes)
}

/// The folder of the machines' files, held open: each is looked at by its name alone.
struct Files(File);

impl Files {
    fn of(dir: &Path) -> Option<Self> {
        File::open(dir.join(folder::MACHINES)).ok().map(Self)
    }

    /// None if it does not exist, or if others may read it.
    fn stamp(&self, name: &str) -> Option<Stamp> {
        let data = statat(&self.0, format!("{name}.json"), AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let own = FileType::from_raw_mode(data.st_mode).is_file() && data.st_mode & 0o077 == 0;
        let times = [eight(data.st_mtime), eight(data.st_mtime_nsec), eight(data.st_ctime), eight(data.st_ctime_nsec)];
        let mut stamp = [0; STAMP];
        let numbers = [eight(data.st_ino), eight(data.st_size)].into_iter().chain(times);
        stamp.chunks_exact_mut(NUMBER).zip(numbers).for_each(|(place, number)| place.copy_from_slice(&number));
        own.then_some(stamp)
    }
}

/// A number of the system, which has another type on each.
fn eight(number: impl TryInto<i128>) -> [u8; NUMBER] {
    let wide = number.try_into().unwrap_or_default().to_le_bytes();
    let [low @ .., _, _, _, _, _, _, _, _] = wide;
    low
}

/// What is said of a machine.
pub(super) enum Said<'m> {
    /// Of one that is in memory.
    Content(&'m Machine),
    /// Of one that was, its [`lines`].
    Lines(Vec<u8>),
    /// What was said before.
    Before,
}

/// Writes the index of these machines. It is optional, so errors of the file system are ignored.
pub(super) fn write<'m>(dir: &Path, machines: impl Iterator<Item = (&'m str, Said<'m>)>) {
    let _ = replace_with(&path(dir), 0o600, |out| {
        let mut new = Parts::new(dir)?;
        let (old, files) = (LazyCell::new(|| Index::read(dir)), &new.files);
        let mut parts = [&new.machines, &new.certificates, &new.names].map(BufWriter::new);
        let mut counts = [0_u64; 2];
        for (name, said) in machines {
            let (stamp, certificates) = match said {
                Said::Content(content) => (files.stamp(name), Cow::Owned(lines(content))),
                Said::Lines(lines) => (files.stamp(name), Cow::Owned(lines)),
                Said::Before => match old.as_ref().and_then(|old| Some((old, old.machines.get(name)?))) {
                    Some((old, block)) => {
                        (old.stamp(block).try_into().ok(), Cow::Borrowed(&old.bytes[block.certificates.clone()]))
                    }
                    None => (None, Cow::default()),
                },
            };
            let Some(stamp) = stamp else { continue };
            let count = (certificates.len() / CERTIFICATE) as u64;
            counts = [counts[0] + 1, counts[1] + count];
            parts[0].write_all(&stamp)?;
            parts[0].write_all(&count.to_le_bytes())?;
            parts[1].write_all(&certificates)?;
            parts[2].write_all(format!("{name}\n").as_bytes())?;
        }
        parts.iter_mut().try_for_each(Write::flush)?;
        drop(parts);
        new.join(counts, out)
    });
}

/// Whether the index of a store says something of each of these machines, which come in the order of their names, and of the
/// files that they have now.
pub(super) fn is_current<'m>(dir: &Path, machines: impl IntoIterator<Item = &'m str>) -> bool {
    let Ok(Some(mut said)) = Stamps::open(dir) else { return false };
    machines.into_iter().all(|name| said.of(name).is_some_and(|stamp| said.files.stamp(name) == Some(stamp)))
}

/// The stamps of an index, read as far as they are asked for.
struct Stamps {
    files: Files,
    left: u64,
    stamps: BufReader<File>,
    names: Lines<BufReader<File>>,
}

impl Stamps {
    fn open(dir: &Path) -> io::Result<Option<Self>> {
        let Ok(Some(mut file)) = file::closed(&path(dir)) else { return Ok(None) };
        let mut head = [0; HEAD.len() + 2 * NUMBER];
        file.read_exact(&mut head)?;
        let [machines, certificates] = [HEAD.len(), HEAD.len() + NUMBER].map(|place| number(&head, place).unwrap_or(0));
        let sizes = machines.checked_mul(MACHINE as u64).zip(certificates.checked_mul(CERTIFICATE as u64));
        let at = sizes.and_then(|(one, other)| one.checked_add(other)?.checked_add(head.len() as u64));
        let Some((files, at)) = Files::of(dir).zip(at).filter(|_| head.starts_with(HEAD)) else { return Ok(None) };
        let mut names = File::open(path(dir))?;
        let mut end = [0; END.len()];
        names.seek(SeekFrom::End(-(END.len() as i64)))?;
        names.read_exact(&mut end)?;
        if end != END {
            return Ok(None);
        }
        names.seek(SeekFrom::Start(at))?;
        Ok(Some(Self { files, left: machines, stamps: BufReader::new(file), names: BufReader::new(names).lines() }))
    }

    /// That of a machine whose name is greater than all before.
    fn of(&mut self, name: &str) -> Option<Stamp> {
        while self.left > 0 {
            self.left -= 1;
            let (mut machine, found) = ([0; MACHINE], self.names.next()?.ok()?);
            self.stamps.read_exact(&mut machine).ok()?;
            if found == name {
                return machine[..STAMP].try_into().ok();
            }
        }
        None
    }
}

/// What the index says of the certificates of a machine.
pub(super) fn lines(content: &Machine) -> Vec<u8> {
    let mut lines = Vec::with_capacity(content.certificates.len() * CERTIFICATE);
    for (id, leaf) in &content.certificates {
        lines.extend(leaf.spec.digest(id));
        let times = [leaf.issued.not_before, leaf.issued.not_after].map(OffsetDateTime::unix_timestamp);
        times.iter().for_each(|time| lines.extend(time.to_le_bytes()));
    }
    lines
}

/// An index that is being made, in files without names.
struct Parts {
    files: Files,
    machines: File,
    certificates: File,
    names: File,
}

impl Parts {
    fn new(dir: &Path) -> io::Result<Self> {
        let files = Files::of(dir).ok_or(io::ErrorKind::NotFound)?;
        Ok(Self { files, machines: nameless(dir)?, certificates: nameless(dir)?, names: nameless(dir)? })
    }

    fn join(&mut self, counts: [u64; 2], out: &mut File) -> io::Result<()> {
        out.write_all(&[HEAD, &counts.map(u64::to_le_bytes).concat()].concat())?;
        for part in [&mut self.machines, &mut self.certificates, &mut self.names] {
            part.rewind()?;
            io::copy(part, out)?;
        }
        out.write_all(END)
    }
}
