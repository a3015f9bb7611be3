//! The changes from the current to the desired state.
//!
//! In: the desired state, what a provider says of machines from outside, and a probe of each running machine. Out: changes, in
//! the order in which they are made. No change means that the cluster matches the model.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::target::{Arrival, Desired, Machine};
use crate::text::Count;

use super::change::{Change, Step, Turn};
use super::error::ApplyError;
use super::probe::{BootState, Differing, Probe};
use super::provider::{Outer, Provider};

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
}

/// Probes of running machines, by name.
pub(crate) type Probes = BTreeMap<String, Probe>;

/// Compares.
///
/// # Errors
/// A resource of the same name that belongs to another cluster.
pub(crate) fn diff(desired: &Desired, provider: &dyn Provider, probes: &Probes) -> Result<Delta, ApplyError> {
    let shared = provider.shared()?;
    let (mut machines, mut renamed) = (Vec::new(), Vec::new());
    for machine in &desired.machines {
        let outer = provider.outer(machine)?;
        if let Outer::Renamed { from, .. } = &outer {
            renamed.push(from.clone());
        }
        machines.extend(machine_change(machine, outer, probes.get(machine.name())));
    }
    let gone = provider.machines().into_iter().filter(|found| desired.machine(&found.name).is_none());
    let gone: Vec<_> = gone.filter(|found| !renamed.contains(&found.name)).collect();
    Ok(Delta {
        shared,
        machines,
        removed: gone.iter().map(|found| change(&found.name, Turn::InTurn, vec![Step::Remove])).collect(),
        leaving: gone.into_iter().flat_map(|found| found.addresses).collect(),
    })
}

impl Delta {
    /// All changes, in the order in which they are made.
    pub fn all(&self) -> impl Iterator<Item = &Change> {
        let (together, turns): (Vec<_>, Vec<_>) = self.machines.iter().partition(|c| c.turn == Turn::Together);
        self.shared.iter().chain(together).chain(&self.removed).chain(turns)
    }

    pub fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }
}

fn change(name: &str, turn: Turn, steps: Vec<Step>) -> Change {
    Change { name: name.to_owned(), turn, steps }
}

fn machine_change(machine: &Machine, outer: Outer, probe: Option<&Probe>) -> Option<Change> {
    let name = machine.name();
    let (is_running, mut steps) = match outer {
        Outer::Absent(steps) => return Some(change(name, Turn::Together, steps)),
        // It keeps its disk; what it is given under the new name is uploaded once it is up again.
        Outer::Renamed { is_running, steps, .. } => {
            let turn = if is_running { Turn::InTurn } else { Turn::Together };
            return Some(change(name, turn, steps));
        }
        Outer::There { is_running, steps } => (is_running, steps),
    };
    // Nothing else is done to a machine that is another one.
    let is_other = steps.iter().any(|step| matches!(step, Step::Misfit(_)));
    let probe = probe.filter(|_| is_running && !is_other);
    let is_left = steps.iter().any(|step| matches!(step, Step::Restart | Step::Reach(_) | Step::Misfit(_)));
    steps.extend(match probe {
        Some(probe) => inner_steps(machine, probe),
        None if is_left => Vec::new(),
        None => vec![Step::Start],
    });
    let up = probe.is_some_and(|probe| probe.boot_state() == BootState::Up);
    let turn = if up { Turn::InTurn } else { Turn::Together };
    (!steps.is_empty()).then(|| change(name, turn, steps))
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
        machine_change(&machine, outer, probe).map(|change| change.steps).unwrap_or_default()
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
    fn a_machine_that_exists_gets_all_of_its_files_at_once() {
        let mut machine = sample::machine("cp-0", vec![sample::file("/etc/a", "x", false)], vec![]);
        let there = || Outer::There { is_running: true, steps: vec![] };
        let probe = Probe::default();
        let first = |machine: &Machine| machine_change(machine, there(), Some(&probe)).map(|change| change.steps);
        assert_eq!(first(&machine), Some(vec![Step::Wait("waiting for its boot".to_owned())]), "cloud-init writes it");
        machine.arrival = Arrival::Brought;
        assert_eq!(first(&machine), Some(vec![Step::SetUp("1 file, 0 units".to_owned())]));
    }
}
