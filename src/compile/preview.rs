//! What a render would change in the output that is there: which files, and which units restart for it.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use crate::emit::compare::{Difference, Looked, Sort};
use serde::Serialize;

use crate::emit::Compare;
use crate::render::boot;
use crate::target::OutputFile;

use super::stream::{Sink, Write};

/// Where machines are in an output, and what is on their disks below that.
const MACHINES: &str = "machines/";
const ROOT: &str = "root";

/// Where units have their files on a machine.
const UNITS: &str = "/etc/systemd/system/";

/// A machine that would not be as it is.
#[derive(Debug, Serialize)]
pub struct MachinePreview {
    pub name: String,
    #[serde(rename = "change")]
    pub sort: Sort,
    /// By the paths on the machine; those of what it is given at its first boot are relative.
    #[serde(rename = "files")]
    pub differences: Vec<Difference>,
    /// The units that read what changes.
    pub restarts: Vec<String>,
}

/// All that would change.
#[derive(Debug, Default, Serialize)]
pub struct Preview {
    /// Sorted by name.
    pub machines: Vec<MachinePreview>,
    /// Files that machines share.
    pub shared: Vec<Difference>,
    /// Whether there is an earlier output.
    pub has_earlier: bool,
    /// How many keys and certificates would be issued.
    pub issued: usize,
}

/// An output that is looked at and not written.
pub struct Previewing {
    compare: Compare,
    with_texts: bool,
    restarts: BTreeMap<String, Vec<String>>,
}

/// What was looked at of a machine, and the units that restart.
pub struct Batch {
    looked: Looked,
    restarts: Option<(String, Vec<String>)>,
}

impl Previewing {
    /// Begins with the output in a folder. Texts are those of public files before and after.
    pub fn of(out: &std::path::Path, with_texts: bool) -> Self {
        Self { compare: Compare::with(out), with_texts, restarts: BTreeMap::new() }
    }

    /// What would change.
    pub fn finish(mut self, shared: &[OutputFile], issued: usize) -> Preview {
        let looked = self.compare.look(shared, |_| self.with_texts);
        self.compare.add(looked);
        let mut preview = Preview { has_earlier: self.compare.has_earlier(), issued, ..Preview::default() };
        let files_of = self.compare.earlier_folders(MACHINES);
        let mut machines: BTreeMap<String, Vec<Difference>> = BTreeMap::new();
        for difference in self.compare.finish() {
            match machine_and_path(&difference.path).map(|(machine, path)| (machine.to_owned(), path)) {
                Some((machine, path)) => machines.entry(machine).or_default().push(Difference { path, ..difference }),
                None => preview.shared.push(difference),
            }
        }
        let of = |(name, differences): (String, Vec<Difference>)| {
            let all = |sort| differences.iter().all(|one| one.sort == sort);
            let sort = match () {
                () if !files_of.contains_key(&name) => Sort::New,
                () if all(Sort::Gone) && files_of.get(&name) == Some(&differences.len()) => Sort::Gone,
                () => Sort::Changed,
            };
            let restarts = self.restarts.remove(&name).filter(|_| sort == Sort::Changed).unwrap_or_default();
            MachinePreview { name, sort, differences, restarts }
        };
        preview.machines = machines.into_iter().map(of).collect();
        preview
    }
}

impl Preview {
    /// Whether a render would leave everything as it is.
    pub fn is_empty(&self) -> bool {
        self.machines.is_empty() && self.shared.is_empty()
    }
}

impl Sink for Previewing {
    type Batch = Batch;
    type Error = Infallible;

    fn put(&self, files: Vec<OutputFile>) -> Result<Batch, Infallible> {
        let mut looked = self.compare.look(&files, |path| self.with_texts || is_plan(path) || is_unit(path));
        // Of a machine whose files were left out nothing is known of what it had.
        let had_files = files.iter().any(|file| is_plan(&file.path) && self.compare.lists(&file.path));
        let restarts = if had_files { restarts(&files, looked.differences()) } else { None };
        if !self.with_texts {
            looked.drop_texts();
        }
        Ok(Batch { looked, restarts })
    }

    fn add(&mut self, batch: Batch) -> Result<(), Infallible> {
        self.compare.add(batch.looked);
        self.restarts.extend(batch.restarts);
        Ok(())
    }

    fn long(&mut self, file: OutputFile, write: Write<'_>) -> Result<(), Infallible> {
        let mut content = Vec::new();
        write(&mut content).expect("memory takes every byte");
        // A list of what the others hold.
        let looked = self.compare.look(&[OutputFile { content: content.into(), ..file }], |_| false);
        self.compare.add(looked);
        Ok(())
    }
}

/// The machine that a file of the output is for, and its path there.
fn machine_and_path(path: &str) -> Option<(&str, String)> {
    let (machine, rest) = path.strip_prefix(MACHINES)?.split_once('/')?;
    let path = rest.strip_prefix(ROOT).filter(|path| path.starts_with('/')).unwrap_or(rest);
    Some((machine, path.to_owned()))
}

fn is_plan(path: &str) -> bool {
    machine_and_path(path).is_some_and(|(_, path)| path == boot::PLAN)
}

fn is_unit(path: &str) -> bool {
    machine_and_path(path).is_some_and(|(_, path)| path.starts_with(UNITS))
}

/// Whether more than a comment differs, as far as the texts are known.
fn is_more_than_a_comment(difference: &Difference) -> bool {
    let bare = |text: &str| text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
    difference.texts.as_ref().is_none_or(|(old, new)| difference.by_hand || bare(old) != bare(new))
}

/// The units of a machine that restart for these differences, as the boot sees it.
fn restarts(files: &[OutputFile], differences: &[Difference]) -> Option<(String, Vec<String>)> {
    let plan = files.iter().find(|file| is_plan(&file.path))?;
    let (machine, _) = machine_and_path(&plan.path)?;
    let changed: BTreeSet<String> = differences
        .iter()
        .filter(|one| is_more_than_a_comment(one))
        .filter_map(|one| machine_and_path(&one.path))
        .map(|(_, path)| path)
        .collect();
    let old = differences.iter().find(|one| one.path == plan.path).and_then(|one| one.texts.as_ref());
    let known: Option<BTreeSet<&str>> = old.map(|(old, _)| old.lines().collect());
    let text = String::from_utf8_lossy(&plan.content);
    let mut units: Vec<String> = Vec::new();
    for line in text.lines() {
        let Some((unit, path)) = line.strip_prefix("watch|").and_then(|rest| rest.split_once('|')) else { continue };
        // Whose stamp is another one is another download.
        let is_new_stamp = path.starts_with(boot::STAMPS) && known.as_ref().is_some_and(|known| !known.contains(line));
        let own = format!("{UNITS}{unit}");
        let concerns = is_new_stamp
            || changed.contains(path)
            || changed.iter().any(|path| *path == own || path.starts_with(&format!("{own}.d/")));
        if concerns && !units.iter().any(|known| known == unit) {
            units.push(unit.to_owned());
        }
    }
    Some((machine.to_owned(), units))
}
