//! The changes from the current to the desired state.
//!
//! In: the desired state, what a provider says of machines from outside, and a probe of each running machine. Out: changes, in
//! the order in which they are made. No change means that the cluster matches the model.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::target::{Arrival, Desired, Machine};
use crate::text::Count;

use super::change::{Change, Step, Turn, VolumeChange};
use super::drain;
use super::error::ApplyError;
use super::probe::{BootState, Differing, Probe};
use super::provider::{Outer, Provider};
use super::stage::{self, Part, Stages};

/// Every change.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Delta {
    /// Of what machines share.
    pub shared: Vec<Change>,
    /// In the order of the model.
    pub machines: Vec<Change>,
    /// Machines of this cluster that the model no longer has, sorted by name.
    pub removed: Vec<Change>,
    /// The addresses of these.
    pub leaving: Vec<IpAddr>,
    /// Machines whose changes are left out.
    pub left_out: BTreeSet<String>,
}

/// Probes of running machines, by name.
pub(crate) type Probes = BTreeMap<String, Probe>;

/// Compares.
///
/// # Errors
/// A resource of the same name that belongs to another cluster.
pub(crate) fn diff(desired: &Desired, provider: &dyn Provider, probes: &Probes) -> Result<Delta, ApplyError> {
    let shared = provider.shared()?;
    let is_pending = stage::is_pending(desired, probes);
    let (mut machines, mut renamed) = (Vec::new(), Vec::new());
    for machine in &desired.machines {
        let outer = provider.outer(machine)?;
        if let Outer::Renamed { from, .. } = &outer {
            renamed.push(from.clone());
        }
        machines.extend(machine_changes(machine, outer, probes.get(machine.name()), is_pending));
    }
    let gone = provider.machines().into_iter().filter(|found| desired.machine(&found.name).is_none());
    let gone: Vec<_> = gone.filter(|found| !renamed.contains(&found.name)).collect();
    let mut delta = Delta {
        shared,
        machines,
        removed: gone.iter().map(|found| change(&found.name, Turn::OneByOne, vec![Step::Remove])).collect(),
        leaving: gone.into_iter().flat_map(|found| found.addresses).collect(),
        left_out: BTreeSet::new(),
    };
    if !drain::is_possible(desired) {
        delta.leave_pods();
    }
    Ok(delta)
}

impl Delta {
    /// All changes, in the order in which they are made.
    pub fn all(&self) -> impl Iterator<Item = &Change> {
        let mut machines: Vec<_> = self.machines.iter().collect();
        machines.sort_by_key(|change| change.turn);
        let last = machines.partition_point(|change| change.turn < Turn::OneByOne);
        let turns = machines.split_off(last);
        self.shared.iter().chain(machines).chain(&self.removed).chain(turns)
    }

    /// Whether programs get new versions one after another.
    pub fn is_staged(&self) -> bool {
        self.machines.iter().any(|change| change.until.is_some())
    }

    /// Changes no machine's pods: they stop with it.
    pub fn leave_pods(&mut self) {
        self.machines.iter_mut().for_each(|change| change.steps.retain(|step| *step != Step::Drain));
    }

    /// What loses its data: machines that leave or are made anew, and what of others is removed or made anew.
    pub fn lost(&self) -> (Vec<&str>, Vec<&str>) {
        let is_lost = |step: &Step| matches!(step, Step::Remove | Step::Replace(_) | Step::Delete);
        let is_one = |change: &&Change| change.steps.iter().any(is_lost);
        let machines = self.removed.iter().chain(&self.machines).filter(is_one).map(|change| change.name.as_str());
        let shared = self.shared.iter().filter(is_one).map(|change| change.name.as_str());
        let volumes = self.volumes().filter(|(.., change)| **change == VolumeChange::Remove).map(|(_, name, _)| name);
        (machines.collect(), shared.chain(volumes).collect())
    }

    /// The folders of machines over which a volume is mounted: what they have is out of reach then.
    pub fn covered(&self) -> Vec<String> {
        let place = |(machine, _, change): (&str, &str, &VolumeChange)| match change {
            VolumeChange::Add { place, .. } => Some(format!("{place} of {machine}")),
            _ => None,
        };
        self.volumes().filter_map(place).collect()
    }

    /// The machine and the name of each volume that changes, and how.
    fn volumes<'a>(&'a self) -> impl Iterator<Item = (&'a str, &'a str, &'a VolumeChange)> {
        let of_step = |step: &'a Step| match step {
            Step::Volume { name, change } => Some((name.as_str(), change)),
            _ => None,
        };
        let of_machine = move |machine: &'a Change| {
            let steps = machine.steps.iter().filter_map(of_step);
            steps.map(move |(name, change)| (machine.name.as_str(), name, change))
        };
        self.machines.iter().flat_map(of_machine)
    }

    pub fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }
}

fn change(name: &str, turn: Turn, steps: Vec<Step>) -> Change {
    let until = match turn {
        Turn::Stage(stage) => Some(Part { stage, ..Part::default() }),
        Turn::Together | Turn::OneByOne => None,
    };
    Change { name: name.to_owned(), turn, until, steps }
}

/// The changes of a machine: one, or one for each stage of an upgrade.
fn machine_changes(machine: &Machine, outer: Outer, probe: Option<&Probe>, is_pending: bool) -> Vec<Change> {
    let name = machine.name();
    let (is_running, outer) = match outer {
        Outer::Absent(steps) => return vec![change(name, Turn::Together, steps)],
        // It keeps its disk; what it is given under the new name is uploaded once it is up again.
        Outer::Renamed { is_running, steps, .. } => {
            let turn = if is_running { Turn::OneByOne } else { Turn::Together };
            return vec![change(name, turn, steps)];
        }
        Outer::There { steps, .. } if steps.iter().any(|step| matches!(step, Step::Replace(_))) => {
            return vec![replacement(machine, steps, probe)];
        }
        Outer::There { is_running, steps } => (is_running, steps),
    };
    // Nothing else is done to a machine that is another one.
    let is_other = outer.iter().any(|step| matches!(step, Step::Misfit(_)));
    let probe = probe.filter(|_| is_running && !is_other);
    let up = probe.filter(|probe| probe.boot_state() == BootState::Up);
    match up {
        Some(probe) => of_one_that_is_up(machine, outer, probe),
        None => of_one_that_is_not_up(machine, outer, probe, is_pending).into_iter().collect(),
    }
}

/// The changes of a machine that is up and as its probe says; one that had another name keeps its disk.
pub(crate) fn recorded_changes(machine: &Machine, outer: Outer, probe: &Probe) -> Vec<Change> {
    machine_changes(machine, outer, Some(probe), false)
}

/// It is made anew, so nothing else is done to it. Even one that is not up has its turn: what cannot be entered may still serve.
fn replacement(machine: &Machine, steps: Vec<Step>, probe: Option<&Probe>) -> Change {
    let is_up = probe.is_some_and(|probe| probe.boot_state() == BootState::Up);
    let drain = (is_up && stage::holds_pods(machine)).then_some(Step::Drain);
    change(machine.name(), Turn::OneByOne, drain.into_iter().chain(steps).collect())
}

fn of_one_that_is_not_up(
    machine: &Machine,
    mut steps: Vec<Step>,
    probe: Option<&Probe>,
    is_pending: bool,
) -> Option<Change> {
    let restarts = steps.iter().any(|step| matches!(step, Step::Restart | Step::Profile { .. }));
    let is_left = steps.iter().any(|step| matches!(step, Step::Restart | Step::Reach(_) | Step::Misfit(_)));
    let turn = if steps.iter().any(|step| matches!(step, Step::Update(_))) { Turn::OneByOne } else { Turn::Together };
    let mut until = None;
    steps.extend(match probe {
        Some(probe) => {
            until = Stages::new(machine, probe).cure(is_pending).filter(|_| probe.begun && !restarts);
            let steps = inner_steps(machine, probe).into_iter();
            let steps =
                steps.map(|step| until.as_ref().map_or(step.clone(), |until| part(machine, probe, until, step)));
            let readmits = (probe.drained && until.is_none()).then_some(Step::Readmit);
            steps.chain(readmits).collect()
        }
        None if is_left => Vec::new(),
        None => vec![Step::Start],
    });
    let change = Change { until, ..change(machine.name(), turn, steps) };
    (!change.steps.is_empty()).then_some(change)
}

/// What a step brings until a stage.
fn part(machine: &Machine, probe: &Probe, until: &Part, step: Step) -> Step {
    match step {
        Step::Files { paths, restarts } => {
            let stages = Stages::new(machine, probe).with(&until.down);
            let (paths, restarts) = stages.until(until.stage, (paths, restarts));
            Step::Files { paths, restarts }
        }
        step => step,
    }
}

/// Programs that have to be new before those of other machines come first, and pods leave before what runs them is exchanged.
fn of_one_that_is_up(machine: &Machine, outer: Vec<Step>, probe: &Probe) -> Vec<Change> {
    let (name, stages, differing) = (machine.name(), Stages::new(machine, probe), probe.differing(machine));
    let files = |stage| {
        let (paths, restarts) = stages.of(stage, &differing);
        (!paths.is_empty() || !restarts.is_empty()).then_some(Step::Files { paths, restarts })
    };
    let staged = stages.all(&differing).into_iter().filter_map(|stage| Some((stage, files(Some(stage))?)));
    let mut changes: Vec<_> = staged.map(|(stage, step)| change(name, Turn::Stage(stage), vec![step])).collect();
    let restarts = outer.iter().any(|step| matches!(step, Step::Restart | Step::Profile { .. } | Step::Update(_)));
    let mut steps = Vec::new();
    let leave = stage::holds_pods(machine) && (restarts || stage::is_drained(machine, probe));
    steps.extend(leave.then_some(Step::Drain));
    steps.extend(outer);
    steps.extend(if differing.is_empty() { None } else { files(None) });
    steps.extend(probe.drained.then_some(Step::Readmit));
    changes.extend((!steps.is_empty()).then(|| change(name, Turn::OneByOne, steps)));
    changes
}

/// Changes made inside a running machine.
fn inner_steps(machine: &Machine, probe: &Probe) -> Vec<Step> {
    let differing = probe.differing(machine);
    let files = match (probe.begun, machine.arrival) {
        (false, Arrival::Brought) => return vec![Step::SetUp(set_up(machine))],
        // Before its boot, cloud-init writes the files of user-data.
        (false, Arrival::FirstBoot) => Differing { plain: Vec::new(), ..differing },
        (true, _) => differing,
    };
    if !files.is_empty() {
        let restarts = probe.restarts(machine, &files);
        return vec![Step::Files { paths: files.paths().map(str::to_owned).collect(), restarts }];
    }
    match probe.boot_state() {
        BootState::Up => Vec::new(),
        BootState::Failed(why) | BootState::Stopped(why) => vec![Step::Boot(why)],
        BootState::Busy(why) | BootState::Partly(why) | BootState::Failing(why) => vec![Step::Wait(why)],
    }
}

/// `34 files, 6 units`.
fn set_up(machine: &Machine) -> String {
    format!("{}, {}", Count(machine.files.len(), "file"), Count(machine.units.len(), "unit"))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn steps(is_running: bool, outer: &[Step], probe: Option<&Probe>) -> Vec<Step> {
        let machine = sample::machine("cp-0", vec![], vec![]);
        let outer = Outer::There { is_running, steps: outer.to_vec() };
        machine_changes(&machine, outer, probe, false).into_iter().flat_map(|change| change.steps).collect()
    }

    #[test]
    fn a_stopped_machine_is_started_once() {
        assert_eq!(steps(false, &[], None), [Step::Start]);
        assert_eq!(steps(false, &[Step::Restart], None), [Step::Restart], "a restart starts it");
        let reach = Step::Reach("no route".to_owned());
        let reached = steps(false, std::slice::from_ref(&reach), None);
        assert_eq!(reached, [reach], "nothing starts it");
    }

    #[test]
    fn a_machine_that_was_left_drained_takes_pods_again_with_what_else_changes() {
        let machine = sample::machine("wrk-0", vec![sample::file("/etc/a", "x", false)], vec![]);
        let there = || Outer::There { is_running: true, steps: vec![] };
        for (status, before) in [("ready end ", 1), ("running artifacts ", 1)] {
            let probe = Probe::read(&format!("begun\ndrained\nstatus {status}\n"));
            let changes = machine_changes(&machine, there(), Some(&probe), false);
            let steps: Vec<_> = changes.into_iter().flat_map(|change| change.steps).collect();
            assert_eq!(steps.len(), before + 1, "{status}: {steps:?}");
            assert_eq!(steps.last(), Some(&Step::Readmit), "{status}");
        }
    }

    #[test]
    fn a_machine_that_exists_gets_all_of_its_files_at_once() {
        let mut machine = sample::machine("cp-0", vec![sample::file("/etc/a", "x", false)], vec![]);
        let there = || Outer::There { is_running: true, steps: vec![] };
        let probe = Probe::default();
        let first =
            |machine: &Machine| machine_changes(machine, there(), Some(&probe), false).pop().map(|change| change.steps);
        assert_eq!(first(&machine), Some(vec![Step::Wait("waiting for its boot".to_owned())]), "cloud-init writes it");
        machine.arrival = Arrival::Brought;
        assert_eq!(first(&machine), Some(vec![Step::SetUp("1 file, 0 units".to_owned())]));
    }
}
