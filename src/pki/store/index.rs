//! What the certificates in the store are for, and until when, so that a plan reads no key.
//!
//! `machines.index` is made of the machines' files whenever the store is saved, and is only ever a shortcut: what it says
//! of a machine counts as long as that machine's file is the very one that it was made of. Anything else, an index that
//! cannot be read too, leads to the file.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use time::OffsetDateTime;

use super::{file, machine};
use crate::pki::entry::Machine;
use crate::world::replace::replace;

const HEAD: &str = "kmodel index 1";
const END: &str = "end";

/// The index of a store.
pub(super) struct Index {
    dir: PathBuf,
    text: String,
    machines: HashMap<String, Block>,
}

/// What is said of a machine.
struct Block {
    stamp: String,
    /// The lines of its certificates.
    lines: Range<usize>,
    /// Whether its file is still the same.
    holds: OnceLock<bool>,
}

/// A certificate that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Indexed {
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
}

impl Index {
    /// The index of this store, if there is one that can be read.
    pub(super) fn read(dir: &Path) -> Option<Self> {
        let text = file::private(&path(dir)).ok()??;
        let whole = text.starts_with(HEAD) && text.lines().next_back() == Some(END);
        let machines = whole.then(|| blocks(&text))?;
        Some(Self { dir: dir.to_owned(), text, machines })
    }

    /// The certificate with this id, if it is there for exactly what the digest stands for.
    pub(super) fn find(&self, name: &str, id: &str, digest: &str) -> Option<Indexed> {
        let block = self.machines.get(name)?;
        let mut lines = self.text[block.lines.clone()].lines();
        let found = lines.find_map(|line| certificate(line, id, digest))?;
        let holds = || stamp(&machine(&self.dir, name)).is_some_and(|now| now == block.stamp);
        block.holds.get_or_init(holds).then_some(found)
    }

    /// Whether it says something of each of these machines, and of the files that they have now.
    pub(super) fn is_current<'m>(&self, machines: impl IntoIterator<Item = &'m str>) -> bool {
        let current = |name: &str| {
            let known = self.machines.get(name).map(|block| block.stamp.as_str());
            known.is_some() && known == stamp(&machine(&self.dir, name)).as_deref()
        };
        machines.into_iter().all(current)
    }

    /// What it says of a machine, as it is written.
    fn block(&self, name: &str) -> Option<(&str, &str)> {
        self.machines.get(name).map(|block| (&*block.stamp, &self.text[block.lines.clone()]))
    }
}

fn path(dir: &Path) -> PathBuf {
    dir.join("machines.index")
}

/// Where each machine stands in the text.
fn blocks(text: &str) -> HashMap<String, Block> {
    let mut blocks: HashMap<String, Block> = HashMap::new();
    let (mut at, mut open) = (0, None::<(String, Block)>);
    for line in text.split_inclusive('\n') {
        if let Some((name, stamp)) = line.trim_end().strip_prefix("machine\t").and_then(|rest| rest.split_once('\t')) {
            blocks.extend(open.take());
            let lines = at + line.len()..at + line.len();
            open = Some((name.to_owned(), Block { stamp: stamp.to_owned(), lines, holds: OnceLock::new() }));
        } else if let Some((_, block)) = open.as_mut().filter(|_| line.starts_with('\t')) {
            block.lines.end = at + line.len();
        }
        at += line.len();
    }
    blocks.extend(open);
    blocks
}

fn certificate(line: &str, id: &str, digest: &str) -> Option<Indexed> {
    let mut parts = line.strip_prefix('\t')?.split('\t');
    if (parts.next()?, parts.next()?) != (id, digest) {
        return None;
    }
    let mut time = || OffsetDateTime::from_unix_timestamp(parts.next()?.parse().ok()?).ok();
    Some(Indexed { not_before: time()?, not_after: time()? })
}

/// What tells a file from any other that was or will be in its place; none if others may read it.
fn stamp(path: &Path) -> Option<String> {
    let data = fs::symlink_metadata(path).ok().filter(|data| data.is_file() && data.mode() & 0o077 == 0)?;
    let times = [data.mtime(), data.mtime_nsec(), data.ctime(), data.ctime_nsec()];
    Some(format!("{} {} {times:?}", data.ino(), data.size()))
}

/// Writes the index of these machines: of those that were read, from what is in memory, of others what an earlier one says.
/// The index is optional, so errors of the file system are ignored.
pub(super) fn write<'m>(dir: &Path, machines: impl Iterator<Item = (&'m str, Option<&'m Machine>)>) {
    let old = Index::read(dir);
    let mut text = format!("{HEAD}\n");
    for (name, read) in machines {
        let known = old.as_ref().and_then(|old| old.block(name));
        match (read, known) {
            (Some(content), _) => add(&mut text, (name, content), &machine(dir, name)),
            (None, Some((stamp, lines))) => _ = write!(text, "machine\t{name}\t{stamp}\n{lines}"),
            (None, None) => {}
        }
    }
    text.push_str(END);
    text.push('\n');
    if old.is_none_or(|old| old.text != text) {
        let _ = replace(&path(dir), text.as_bytes(), 0o600);
    }
}

fn add(text: &mut String, (name, content): (&str, &Machine), file: &Path) {
    let Some(stamp) = stamp(file) else { return };
    let _ = writeln!(text, "machine\t{name}\t{stamp}");
    for (id, leaf) in &content.certificates {
        let issued = &leaf.issued;
        let [from, to] = [issued.not_before, issued.not_after].map(OffsetDateTime::unix_timestamp);
        let _ = writeln!(text, "\t{id}\t{}\t{from}\t{to}", leaf.spec.digest());
    }
}
