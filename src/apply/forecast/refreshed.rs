//! A forecast against the machines themselves.

use std::collections::BTreeMap;

use crate::apply::change::{Change, Step};
use crate::apply::diff::{Delta, Probes};
use crate::apply::transport::Transport;
use crate::compile::record::FileChange;
use crate::emit::compare::Sort;
use crate::source::Sources;
use crate::target::{Desired, Machine};

use super::{Fate, Forecast, MachineForecast, forecast, origin};

/// What a run would change, from what it found. With a way into the machines, also how public files change.
pub(crate) fn refreshed(
    desired: &Desired,
    (delta, probes): (&Delta, &Probes),
    sources: &Sources,
    transport: Option<&dyn Transport>,
) -> Forecast {
    let mut changes: BTreeMap<&str, Vec<Change>> = BTreeMap::new();
    delta.machines.iter().for_each(|change| changes.entry(&change.name).or_default().push(change.clone()));
    let changed = desired.machines.iter().filter_map(|machine| {
        let changes = changes.get(machine.name())?;
        Some(of_machine(machine, changes, probes, sources, transport))
    });
    let gone = delta.removed.iter().map(|change| MachineForecast {
        name: change.name.clone(),
        group: String::new(),
        fate: Fate::Gone,
        changes: vec![change.clone()],
        files: Vec::new(),
        fields: Vec::new(),
        units: Vec::new(),
        texts: BTreeMap::new(),
    });
    Forecast {
        machines: changed.chain(gone).collect(),
        resources: delta.shared.clone(),
        shared: Vec::new(),
        count: desired.machines.len(),
    }
}

fn of_machine(
    machine: &Machine,
    changes: &[Change],
    probes: &Probes,
    sources: &Sources,
    transport: Option<&dyn Transport>,
) -> MachineForecast {
    let probe = probes.get(machine.name()).filter(|probe| probe.begun);
    let differing = probe.map(|probe| probe.differing(machine)).unwrap_or_default();
    let all = differing.private.iter().chain(&differing.plain);
    let files = all.map(|file| FileChange {
        path: file.path.clone(),
        change: probe.map_or(Sort::New, |probe| probe.sort(file)),
        secret: file.secret,
        origin: origin(machine, &file.path, sources),
    });
    let mut files: Vec<_> = files.collect();
    files.sort();
    let texts = transport.map(|transport| texts(transport, machine, &files)).unwrap_or_default();
    MachineForecast { changes: changes.to_vec(), files, texts, ..forecast(machine, fate(changes)) }
}

fn fate(changes: &[Change]) -> Fate {
    let steps = || changes.iter().flat_map(|change| &change.steps);
    let renamed = steps().find_map(|step| match step {
        Step::Rename { from, .. } => Some(Fate::Renamed(from.clone())),
        _ => None,
    });
    let is_new = steps().any(|step| matches!(step, Step::Create(_) | Step::SetUp(_)));
    renamed.unwrap_or(if is_new { Fate::New } else { Fate::Changed })
}

/// The texts of public files on a machine, and those that they would have.
fn texts(transport: &dyn Transport, machine: &Machine, files: &[FileChange]) -> BTreeMap<String, (String, String)> {
    let changed = files.iter().filter(|file| !file.secret && file.change == Sort::Changed);
    let both = changed.filter_map(|file| {
        let new = machine.files.iter().find(|one| one.path == file.path)?;
        let new = String::from_utf8(new.content.to_vec()).ok()?;
        let answer = transport.inside(machine.name(), "cat \"$1\"", &[&file.path], &[]).ok()?;
        Some((file.path.clone(), (answer.text()?, new)))
    });
    both.collect()
}
