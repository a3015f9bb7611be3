//! Machines that exist compared with the model: what they say of themselves, now or in the file that is kept beside it.
//!
//! In: facts of a machine, and what the model wants of it. Out: what differs. `apply` asks the machines and judges by the same
//! rules, so an answer that is written down is not asked for again.

use std::collections::{BTreeMap, HashMap};

use crate::diag::{Code, Diagnostic, Severity};
use crate::model::host_facts::{self, ClusterFacts, HostFacts};
use crate::model::{AppId, MachineId, Model, UnitId};
use crate::plan::Proof;
use crate::render::Placement;
use crate::render::bundle::Bundle;
use crate::text::{Count, List};

use super::{Evidence, Verdict};

mod identity;
mod links;
mod ports;
mod room;
mod system;
mod wanted;

pub use links::unlike;
pub use ports::listeners;
pub use wanted::{Listener, Wanted};

/// What a machine is not, or does not have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Misfit {
    pub code: Code,
    /// A sentence about `it`, the machine.
    pub message: String,
    pub help: String,
}

impl Misfit {
    pub fn new(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: help.into() }
    }

    /// Whether it keeps the machine from being set up.
    pub fn is_error(&self) -> bool {
        self.code.severity() == Severity::Error
    }
}

/// What is compared of one machine.
const RULES: [fn(&HostFacts, &Wanted) -> Vec<Misfit>; 5] =
    [identity::misfits, system::misfits, ports::misfits, links::misfits, room::misfits];

/// All that one machine is not.
pub fn misfits(facts: &HostFacts, wanted: &Wanted) -> Vec<Misfit> {
    RULES.iter().flat_map(|rule| rule(facts, wanted)).collect()
}

/// The facts that are kept beside the model.
pub(super) fn recorded(evidence: &Evidence<'_, '_>) -> Verdict {
    let model = evidence.model;
    match host_facts::beside(model) {
        None => Verdict::default(),
        Some(Err(why)) => vec![unread(model, &why)].into(),
        Some(Ok(mut file)) => match file.cluster.remove(&*model.cluster.name) {
            Some(facts) => compared(evidence, &facts),
            None => Verdict::default(),
        },
    }
}

fn unread(model: &Model<'_>, why: &str) -> Diagnostic {
    let message = format!("`{}` cannot be read: {why}", host_facts::NAME);
    Diagnostic::new(Code::FactsOutdated, model.cluster.span, message).help("run `kmodel facts` to write it anew")
}

fn compared(evidence: &Evidence<'_, '_>, facts: &ClusterFacts) -> Verdict {
    let model = evidence.model;
    let samples = Samples::of(evidence);
    let mut found: BTreeMap<(u32, Code, String), (Vec<&str>, String)> = BTreeMap::new();
    let mut known = Vec::new();
    for (place, machine) in model.machines.iter().enumerate() {
        let Some(own) = facts.machine.get(&*machine.name) else { continue };
        let Some(bundle) = samples.bundle(model, MachineId(place as u32)) else { continue };
        let wanted = Wanted::of(model, MachineId(place as u32), bundle);
        for misfit in misfits(own, &wanted) {
            let key = (machine.group, misfit.code, misfit.message);
            found.entry(key).or_insert_with(|| (Vec::new(), misfit.help)).0.push(&machine.name);
        }
        known.push((&*machine.name, own, wanted));
    }
    for (name, misfit) in unlike(known.iter().map(|(name, own, wanted)| (*name, *own, wanted.address))) {
        let group = model.machines.iter().find(|machine| *machine.name == *name).map_or(0, |machine| machine.group);
        found.entry((group, misfit.code, misfit.message)).or_insert_with(|| (Vec::new(), misfit.help)).0.push(name);
    }
    let mut problems: Vec<_> = found.into_iter().map(|(key, of)| diagnostic(model, key, of)).collect();
    problems.extend(outdated(model, facts));
    let statement = match known.len() {
        0 => String::new(),
        count => format!("{}, as `{}` has them", Count(count, "machine"), host_facts::NAME),
    };
    Verdict::of(problems, Proof { name: "machines", statement, count: known.len() })
}

fn diagnostic(
    model: &Model<'_>,
    (group, code, message): (u32, Code, String),
    (names, help): (Vec<&str>, String),
) -> Diagnostic {
    let span = model.groups[group as usize].span;
    let message = format!("`{}` says of {}: {message}", host_facts::NAME, List::ticked(names).most(3));
    Diagnostic::new(code, span, message).help(format!("{help}; run `kmodel facts` if that has changed"))
}

/// Machines that the file has and the model has not, and the other way round.
fn outdated(model: &Model<'_>, facts: &ClusterFacts) -> Option<Diagnostic> {
    let is_of_model = |name: &str| model.machines.iter().any(|machine| *machine.name == *name);
    let gone: Vec<_> = facts.machine.keys().filter(|name| !is_of_model(name)).collect();
    let new: Vec<_> = model.machines.iter().filter(|machine| !facts.machine.contains_key(&*machine.name)).collect();
    let gone = (!gone.is_empty()).then(|| format!("the model does not have {}", List::ticked(gone).most(3)));
    let new = (!new.is_empty())
        .then(|| format!("it lacks {}", List::ticked(new.iter().map(|machine| &machine.name)).most(3)));
    let said: Vec<String> = gone.into_iter().chain(new).collect();
    let message = format!("`{}` is outdated: {}", host_facts::NAME, said.join(", and "));
    let problem = Diagnostic::new(Code::FactsOutdated, model.cluster.span, message);
    (!said.is_empty()).then(|| problem.help("run `kmodel facts`"))
}

/// What each kind of machine is given.
struct Samples<'e> {
    placement: Placement,
    by_kind: HashMap<(u32, Vec<AppId>), &'e Bundle>,
    /// What a machine without applications is given.
    nothing: Bundle,
}

impl<'e> Samples<'e> {
    fn of<'p>(evidence: &Evidence<'e, 'p>) -> Self {
        let model = evidence.model;
        let kind = |sample: &'e crate::render::evidence::Sample<'p>| {
            let group = model.machine(sample.machine?).group;
            Some(((group, apps(model, &sample.units)), &sample.bundle))
        };
        let by_kind = evidence.samples.iter().filter_map(kind).collect();
        Self { placement: Placement::new(model), by_kind, nothing: Bundle::default() }
    }

    fn bundle(&self, model: &Model<'_>, machine: MachineId) -> Option<&Bundle> {
        let units = self.placement.on(model, machine);
        if units.is_empty() {
            return Some(&self.nothing);
        }
        self.by_kind.get(&(model.machine(machine).group, apps(model, &units))).copied()
    }
}

fn apps(model: &Model<'_>, units: &[UnitId]) -> Vec<AppId> {
    units.iter().map(|unit| model.unit(*unit).app).collect()
}
