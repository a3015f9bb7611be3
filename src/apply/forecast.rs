//! What a model changes of what a target was given last: the changes that a run would make to machines that are as recorded.
//!
//! In: a record, and machines as they are rendered. Out: for each machine that is not as it was, its changes as [`diff`](mod@super::diff)
//! finds them, and the files and sizes that differ. Nothing of a machine is kept but that.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use crate::compile::fingerprint::Fingerprint;
use crate::compile::record::{self, FieldChange, FileChange, Given, MachineRecord, Record};
use crate::compile::stream::{MadeMachine, Sink, Write};
use crate::emit::Seal;
use crate::emit::compare::Sort;
use crate::facts::platform::PlatformKind;
use crate::source::Sources;
use crate::target::{Machine, OutputFile, StartedUnit};
use crate::text::hex;
use sha2::{Digest, Sha256};

use super::change::{Change, Step, Turn};
use super::diff::recorded_changes;
use super::probe::Probe;

mod outer;
mod refreshed;

pub(crate) use refreshed::refreshed;

/// A machine that is not as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct MachineForecast {
    pub name: String,
    /// Its group; empty if it left the model.
    pub group: String,
    pub fate: Fate,
    /// In the order in which they are made; none if nothing is done for what differs.
    pub changes: Vec<Change>,
    pub files: Vec<FileChange>,
    pub fields: Vec<FieldChange>,
    /// The units that it starts.
    pub units: Vec<ForecastUnit>,
    /// The old and the new text of public files, by their paths, where both are known and were asked for.
    pub texts: BTreeMap<String, (String, String)>,
}

/// A unit of a machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ForecastUnit {
    pub name: String,
    pub application: String,
    /// Whether others use what it runs: a script of a component's own, such as one that takes snapshots, only helps.
    pub serves: bool,
}

/// What becomes of a machine.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Fate {
    New,
    Gone,
    Renamed(String),
    Changed,
}

/// All that differs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Forecast {
    /// In the order of their folders; those that left the model come last.
    pub machines: Vec<MachineForecast>,
    /// What machines share on their platform, where it was asked.
    pub resources: Vec<Change>,
    /// Files of the output that are no machine's.
    pub shared: Vec<FileChange>,
    /// How many machines there are, with those that stay as they are.
    pub count: usize,
}

impl Forecast {
    /// Whether all is as it was.
    pub(crate) fn is_empty(&self) -> bool {
        self.machines.is_empty() && self.resources.is_empty() && self.shared.is_empty()
    }
}

/// Reads a file of a machine as it was: the machine, the path, its hash.
pub(crate) type Texts<'t> = dyn Fn(&str, &str, &str) -> Option<String> + Sync + 't;

/// A sink that looks at machines and keeps what differs.
pub(crate) struct Forecasting<'r> {
    record: Option<&'r Record>,
    /// What had the file of this hash on a machine, if texts are asked for.
    texts: Option<&'r Texts<'r>>,
    sources: &'r Sources,
    kind: PlatformKind,
    /// Whether what left the model is removed, and what has another name keeps its machine.
    is_applied: bool,
    drains: bool,
    known: BTreeSet<String>,
    found: Forecast,
    shared: Given,
}

/// What was seen of a machine.
pub(crate) struct Seen {
    name: Option<String>,
    drains: bool,
    found: Option<MachineForecast>,
}

impl<'r> Forecasting<'r> {
    /// Begins with what was recorded of a target of this kind; without a record, all is new.
    pub(crate) fn new(
        record: Option<&'r Record>,
        sources: &'r Sources,
        (kind, is_applied): (PlatformKind, bool),
    ) -> Self {
        let (known, found, drains) = (BTreeSet::new(), Forecast::default(), record.is_some_and(Record::drains));
        Self { record, texts: None, sources, kind, is_applied, drains, known, found, shared: Given::new() }
    }

    /// Keeps the texts of public files that change, too.
    pub(crate) fn with_texts(self, texts: &'r Texts<'r>) -> Self {
        Self { texts: Some(texts), ..self }
    }

    /// All that differs, once the files that machines share are known.
    pub(crate) fn finish(mut self, files: &[OutputFile]) -> Forecast {
        self.shared.extend(files.iter().map(|file| (file.path.clone(), hex(&Sha256::digest(&file.content)))));
        let mut found = self.found;
        let none = Given::new();
        found.shared = record::shared(self.record.map_or(&none, Record::shared), &self.shared);
        for change in &mut found.shared {
            let file = files.iter().find(|file| file.path == change.path);
            change.secret = file.is_some_and(|file| file.secret);
            change.origin = file.map(|file| file.origin.shown(self.sources).to_string());
        }
        let renamed: BTreeSet<&str> = found.machines.iter().filter_map(|machine| machine.former()).collect();
        let is_gone = |name: &&str| !self.known.contains(*name) && !renamed.contains(name);
        let gone: Vec<_> = self
            .record
            .iter()
            .flat_map(|record| record.names().filter(is_gone).map(|name| gone(name, record)).collect::<Vec<_>>())
            .collect();
        found.machines.extend(gone);
        if !self.drains {
            found.machines.iter_mut().for_each(MachineForecast::leave_pods);
        }
        found
    }

    fn look(&self, made: &MadeMachine<'_>, files: &[OutputFile]) -> Option<MachineForecast> {
        let new = MachineRecord::of(made, files);
        match self.earlier(&new.name, &made.outer.former) {
            Some((old, fate)) => self.changed((made.inner, fate), &old, &new),
            None => Some(self.new_machine(made.inner, &new)),
        }
    }

    /// The machine as it was, maybe under another name.
    fn earlier(&self, name: &str, former: &[String]) -> Option<(MachineRecord, Fate)> {
        let record = self.record?;
        let renamed = || former.iter().find(|name| self.is_applied && record.has(name));
        match record.machine(name) {
            Some(old) => Some((old, Fate::Changed)),
            None => renamed().and_then(|name| Some((record.machine(name)?, Fate::Renamed(name.clone())))),
        }
    }

    /// The texts of public files before and after.
    fn texts(
        &self,
        machine: &Machine,
        old: &MachineRecord,
        files: &[FileChange],
    ) -> BTreeMap<String, (String, String)> {
        let Some(texts) = self.texts else { return BTreeMap::new() };
        let changed = files.iter().filter(|file| !file.secret && file.change == Sort::Changed);
        let both = changed.filter_map(|file| {
            let before = old.files.get(&file.path).filter(|before| !before.secret)?;
            let new = machine.files.iter().find(|one| one.path == file.path)?;
            let new = String::from_utf8(new.content.to_vec()).ok()?;
            Some((file.path.clone(), (texts(&old.name, &file.path, &before.sha256)?, new)))
        });
        both.collect()
    }

    fn changed(
        &self,
        (machine, fate): (&Machine, Fate),
        old: &MachineRecord,
        new: &MachineRecord,
    ) -> Option<MachineForecast> {
        let origin = |path: &str| origin(machine, path, self.sources);
        let (files, fields) = (record::files(old, new, origin), record::fields(&old.fields, &new.fields));
        if files.is_empty() && fields.is_empty() && old.units == new.units && fate == Fate::Changed {
            return None;
        }
        let outer = outer::outer((self.kind, &new.name), &fate, (&fields, &files));
        let changes = recorded_changes(machine, outer, &Probe::recorded(old));
        let texts = self.texts(machine, old, &files);
        Some(MachineForecast { changes, files, fields, texts, ..forecast(machine, fate) })
    }

    fn new_machine(&self, machine: &Machine, new: &MachineRecord) -> MachineForecast {
        let empty = MachineRecord::default();
        let files = record::files(&empty, new, |path| origin(machine, path, self.sources));
        let steps = outer::absent(self.kind, machine);
        let change = Change { name: new.name.clone(), turn: Turn::Together, until: None, steps };
        let fields = record::fields(&empty.fields, &new.fields);
        MachineForecast { changes: vec![change], files, fields, ..forecast(machine, Fate::New) }
    }
}

impl MachineForecast {
    fn former(&self) -> Option<&str> {
        match &self.fate {
            Fate::Renamed(from) => Some(from),
            Fate::New | Fate::Gone | Fate::Changed => None,
        }
    }

    fn leave_pods(&mut self) {
        self.changes.iter_mut().for_each(|change| change.steps.retain(|step| *step != Step::Drain));
    }
}

fn forecast(machine: &Machine, fate: Fate) -> MachineForecast {
    let units = machine.units.iter().map(|unit| ForecastUnit {
        name: unit.name.to_string(),
        application: unit.application.to_string(),
        serves: !is_script(machine, unit),
    });
    MachineForecast {
        name: machine.name.to_string(),
        group: machine.group.to_string(),
        fate,
        changes: Vec::new(),
        files: Vec::new(),
        fields: Vec::new(),
        units: units.collect(),
        texts: BTreeMap::new(),
    }
}

/// Whether what a unit runs is a file of the machine's own.
fn is_script(machine: &Machine, unit: &StartedUnit) -> bool {
    let is_it = |path: &str| path.rsplit('/').next() == Some(&*unit.program);
    machine.files.iter().any(|file| file.mode & 0o111 != 0 && is_it(&file.path))
}

fn gone(name: &str, record: &Record) -> MachineForecast {
    let old = record.machine(name).unwrap_or_default();
    let change = Change { name: name.to_owned(), turn: Turn::OneByOne, until: None, steps: vec![Step::Remove] };
    let units = Vec::new();
    let (name, group, fate) = (name.to_owned(), old.group.clone(), Fate::Gone);
    let none = MachineRecord::default();
    let files = record::files(&old, &none, |_| None);
    let fields = record::fields(&old.fields, &none.fields);
    MachineForecast { name, group, fate, changes: vec![change], files, fields, units, texts: BTreeMap::new() }
}

/// Where a file of a machine is declared.
pub(super) fn origin(machine: &Machine, path: &str, sources: &Sources) -> Option<String> {
    let file = machine.files.iter().find(|file| file.path == path)?;
    Some(file.origin.shown(sources).to_string())
}

impl Sink for Forecasting<'_> {
    type Batch = Seen;
    type Error = Infallible;

    fn put(&self, _: Vec<OutputFile>) -> Result<Seen, Infallible> {
        Ok(Seen { name: None, drains: false, found: None })
    }

    fn put_machine(&self, made: &MadeMachine<'_>, files: Vec<OutputFile>) -> Result<Seen, Infallible> {
        let name = Some(made.outer.name.to_string());
        let drains = super::drain::is_there(made.inner);
        let same = self.record.is_some_and(|record| record.is(&made.outer.name, &made.print.0));
        Ok(Seen { name, drains, found: if same { None } else { self.look(made, &files) } })
    }

    fn keep_machine(&self, (name, print): (&str, &Fingerprint), _: &[String], _: &Seal) -> Option<Seen> {
        let same = self.record.is_some_and(|record| record.is(name, &print.0));
        same.then(|| Seen { name: Some(name.to_owned()), drains: false, found: None })
    }

    fn add(&mut self, Seen { name, drains, found }: Seen) -> Result<(), Infallible> {
        self.found.count += 1;
        self.known.extend(name);
        self.drains |= drains;
        self.found.machines.extend(found);
        Ok(())
    }

    fn long(&mut self, file: OutputFile, write: Write<'_>) -> Result<(), Infallible> {
        let mut sum = Sum(Sha256::new());
        write(&mut sum).expect("a hash takes every byte");
        self.shared.insert(file.path, hex(&sum.0.finalize()));
        Ok(())
    }
}

/// Hashes what is written.
struct Sum(Sha256);

impl std::io::Write for Sum {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
