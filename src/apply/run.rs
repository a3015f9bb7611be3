//! Make the changes.
//!
//! First shared resources; then the packet filters of machines that are up, which new machines wait for; then all machines
//! that are not up, in parallel, since they may wait for each other; then machines to remove; then, one at a time or as many as
//! their group says, machines that are up: members of a quorum change one by one, and a bad change stops at the first. A machine that stays down holds
//! back only changes of what is down on it: another change may be its cure.

use std::collections::HashSet;
use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use crate::render::{boot, firewall};
use crate::target::{Desired, Machine};

use super::change::{Change, Step, Turn};
use super::decommission::{decommission, forget_name};
use super::diff::{Delta, Probes};
use super::drain;
use super::error::ApplyError;
use super::hook::{self, When};
use super::probe::{Look, probe};
use super::progress::{Progress, Reporter};
use super::provider::Access;
use super::rollout::Rollout;
use super::stage::{self, Part, Stages};
use super::upload;

/// The result: machines that are not up, in the order of the model. If there are none, the cluster matches the model.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Outcome {
    pub not_up: Vec<NotUp>,
    /// Whether there is more to do once these machines are up: what one of them lacked held back the others.
    pub is_partial: bool,
    /// Machines skipped because of these.
    pub left: Vec<String>,
}

/// A machine that is not up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NotUp {
    pub machine: String,
    pub error: ApplyError,
    /// The end of its log, and that of each unit that is down.
    pub log: Vec<String>,
}

/// Probes every running machine, several at once. A machine that cannot be entered is omitted, as if it had just started.
pub(crate) fn probes(access: &Access, desired: &Desired) -> Probes {
    let found = access.provider().machines();
    let running: HashSet<&str> = found.iter().filter(|one| one.is_running()).map(|one| one.name.as_str()).collect();
    let running = desired.machines.iter().filter(|machine| running.contains(machine.name()));
    thread::scope(|scope| {
        let look = |machine| probe(access.transport(), machine, Look::UnitsAndFiles);
        let threads: Vec<_> =
            running.map(|machine| scope.spawn(move || (machine.name().to_owned(), look(machine)))).collect();
        let looks = threads.into_iter().map(|thread| thread.join().expect("a probe does not panic"));
        looks.filter_map(|(name, probe)| Some((name, probe.ok()?))).collect()
    })
}

/// The inputs of a run.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    pub access: &'a Access,
    pub desired: &'a Desired,
    pub report: Reporter<'a>,
    /// The timeout for each machine to come up.
    pub patience: Duration,
    /// What runs before and after the turn of each machine.
    pub hooks: &'a hook::Turn<'a>,
}

/// Makes all changes, for which the provider is prepared.
///
/// # Errors
/// An error with what machines share. Machines that are not up are in the outcome.
pub(crate) fn run(run: Run<'_>, delta: &Delta) -> Result<Outcome, ApplyError> {
    let Run { access, desired, report, patience, hooks } = run;
    access.provider().reconcile(&delta.shared, report)?;
    let executor = Executor { access, desired, report, hooks, rollout: Rollout::new(access, report, patience) };
    let (mut together, mut turns): (Vec<_>, Vec<_>) = delta.machines.iter().partition(|c| c.turn == Turn::Together);
    turns.sort_by_key(|change| change.turn);
    if let Some(outcome) = executor.stages_first((&mut together, &mut turns), delta) {
        return Ok(outcome);
    }
    // While a machine is not as far as the others, nothing goes further than that.
    let is_partial = together.iter().any(|change| change.until.is_some());
    let later = turns.partition_point(|change| !is_partial || change.turn < Turn::OneByOne);
    let later = turns.split_off(later);
    if !together.is_empty() {
        turns.iter().for_each(|change| executor.widen(change, &delta.leaving));
    }
    executor.rollout.hurry(!turns.is_empty());
    let sick = executor.together(&together);
    let removed = delta.removed.iter().filter(|_| !is_partial);
    let mut left: Vec<&Change> = removed.chain(turns.iter().copied()).collect();
    let down = (!sick.is_empty()).then(|| executor.down(&sick));
    let mut not_up = executor.in_turn(&mut left, down.as_ref());
    executor.rollout.hurry(false);
    let sick = if not_up.is_empty() && !turns.is_empty() { executor.again(sick, &together) } else { sick };
    if not_up.is_empty() && sick.is_empty() {
        not_up = executor.in_turn(&mut left, None);
    }
    not_up.splice(0..0, sick);
    let skipped = later.into_iter().filter(|_| !not_up.is_empty());
    let left = names(left.into_iter().chain(skipped).collect());
    Ok(Outcome { is_partial, not_up, left })
}

/// Each once, though a machine has a change for each stage.
fn names(changes: Vec<&Change>) -> Vec<String> {
    let mut seen = HashSet::new();
    changes.into_iter().filter(|change| seen.insert(&change.name)).map(|change| change.name.clone()).collect()
}

fn is_stage(change: &Change) -> bool {
    matches!(change.turn, Turn::Stage(_))
}

struct Executor<'a> {
    access: &'a Access,
    desired: &'a Desired,
    report: Reporter<'a>,
    hooks: &'a hook::Turn<'a>,
    rollout: Rollout<'a>,
}

impl Executor<'_> {
    /// New machines come with new programs, so those that have their turn before are new everywhere first, if no machine is sick.
    /// The outcome if one of these fails.
    fn stages_first<'c>(
        &self,
        (together, turns): (&mut Vec<&'c Change>, &mut Vec<&'c Change>),
        delta: &'c Delta,
    ) -> Option<Outcome> {
        let is_new = |change: &&Change| matches!(change.steps.first(), Some(Step::Create(_) | Step::SetUp(_)));
        if together.is_empty() || !together.iter().all(is_new) {
            return None;
        }
        let last = turns.partition_point(|change| change.turn < Turn::OneByOne);
        let rest = turns.split_off(last);
        let not_up = self.in_turn(turns, None);
        let failed = !not_up.is_empty();
        let left = failed.then(|| turns.drain(..).chain(together.drain(..)).chain(&delta.removed).chain(rest.clone()));
        let outcome = left.map(|left| Outcome { is_partial: false, left: names(left.collect()), not_up });
        *turns = rest;
        outcome
    }

    /// Each on its own thread: a machine may wait for any other. The transport limits how many processes run at once.
    fn together(&self, changes: &[&Change]) -> Vec<NotUp> {
        thread::scope(|scope| {
            let threads: Vec<_> = changes.iter().map(|change| scope.spawn(|| self.one(change))).collect();
            threads.into_iter().filter_map(|t| t.join().expect("applying a change does not panic").err()).collect()
        })
    }

    /// One after another, until one fails; those that are `left` are not made, since they touch what is down.
    fn in_turn(&self, left: &mut Vec<&Change>, down: Option<&HashSet<String>>) -> Vec<NotUp> {
        let mut kept = Vec::new();
        let mut not_up = Vec::new();
        for batch in self.batches(std::mem::take(left)) {
            // What comes later in an upgrade waits for all that comes before.
            let waits = |change: &&Change| {
                let is_later = kept.iter().any(|kept: &&Change| is_stage(kept) && kept.turn < change.turn);
                is_later || down.is_some_and(|down| self.touches(change, down))
            };
            let is_over = !not_up.is_empty();
            let (later, now): (Vec<_>, Vec<_>) = batch.into_iter().partition(|change| is_over || waits(change));
            kept.extend(later);
            match now[..] {
                [one] => not_up.extend(self.one(one).err()),
                _ => not_up.extend(self.together(&now)),
            }
        }
        *left = kept;
        not_up
    }

    /// Changes in their order, those together that may be made at the same time: of machines of one group in one turn, as many as
    /// the group allows.
    fn batches<'c>(&self, changes: Vec<&'c Change>) -> Vec<Vec<&'c Change>> {
        let placed: Vec<_> = changes
            .into_iter()
            .map(|change| {
                let machine = self.desired.machine(&change.name);
                (change, machine.map(|machine| (&machine.group, change.turn, machine.at_once as usize)))
            })
            .collect();
        let is_one = |(_, one): &(&Change, Option<_>), (_, other): &(&Change, Option<_>)| one.is_some() && one == other;
        let runs = placed.chunk_by(is_one);
        let batches = runs.flat_map(|run| run.chunks(run[0].1.map_or(1, |(.., at_once)| at_once)));
        batches.map(|batch| batch.iter().map(|(change, _)| *change).collect()).collect()
    }

    /// Whether a change restarts one of these units. Machines are not removed while any is down.
    fn touches(&self, change: &Change, down: &HashSet<String>) -> bool {
        let all =
            || self.desired.machine(&change.name).is_none_or(|one| one.units.iter().any(|u| down.contains(&*u.name)));
        change.steps.iter().any(|step| match step {
            Step::Files { restarts, .. } => restarts.iter().any(|unit| down.contains(unit)),
            Step::Remove => true,
            Step::Config { .. }
            | Step::Device { .. }
            | Step::Volume { .. }
            | Step::Data(_)
            | Step::Drain
            | Step::Readmit => false,
            Step::Update(_) | Step::Replace(_) => all(),
            Step::Create(_) | Step::Rename { .. } | Step::Profile { .. } | Step::Restart | Step::Start => all(),
            Step::SetUp(_) | Step::Boot(_) | Step::Wait(_) | Step::Reach(_) | Step::Misfit(_) => false,
            Step::Delete => false,
        })
    }

    /// The units that are down on machines; all of one that cannot be entered or has not ended its boot.
    fn down(&self, sick: &[NotUp]) -> HashSet<String> {
        let machines = sick.iter().filter_map(|one| self.desired.machine(&one.machine));
        let units = machines.flat_map(|machine| match probe(self.access.transport(), machine, Look::Units) {
            Ok(probe) if !probe.units.is_empty() => probe.down().map(|(unit, _)| unit.clone()).collect::<Vec<_>>(),
            _ => machine.units.iter().map(|unit| unit.name.to_string()).collect(),
        });
        units.collect()
    }

    /// Looks again at machines that were not up: what was changed since may be what they waited for.
    fn again(&self, sick: Vec<NotUp>, changes: &[&Change]) -> Vec<NotUp> {
        let until =
            |name: &str| changes.iter().find(|change| change.name == name).and_then(|change| change.until.as_ref());
        let up = |one: &NotUp| {
            let machine = self.desired.machine(&one.machine);
            let result = machine.map(|machine| match until(&one.machine) {
                Some(part) => self.stage(machine, part),
                None => self.rollout.converge(machine),
            });
            let up = matches!(result, Some(Ok(())));
            if up {
                (self.report)(&one.machine, Progress::Done("up".to_owned()));
            }
            up
        };
        sick.into_iter().filter(|one| !up(one)).collect()
    }

    /// Lets a machine that is up and changes later admit those that come now: they may wait for it. Machines that leave are
    /// admitted until its turn. What fails here is done in its turn.
    fn widen(&self, change: &Change, leaving: &[IpAddr]) {
        const SCRIPT: &str = "for unit; do systemctl try-restart \"$unit\"; done";
        let Some(machine) = self.desired.machine(&change.name) else { return };
        let is_changed = |path: &String| {
            change.steps.iter().any(|step| matches!(step, Step::Files { paths, .. } if paths.contains(path)))
        };
        let filters = machine.files.iter().filter(|file| is_changed(&file.path) && firewall::is_ours(&file.content));
        for file in filters {
            let mut wide = file.clone();
            wide.content = firewall::widened(&file.content, leaving).into();
            self.say(machine.name(), "admitting machines that come");
            let units = machine.units.iter().filter(|unit| unit.watches.iter().any(|path| **path == *file.path));
            let units: Vec<&str> = units.map(|unit| &*unit.name).collect();
            if upload::upload(self.access.transport(), machine.name(), &[&wide]).is_ok() {
                let _ = self.access.transport().inside(machine.name(), SCRIPT, &units, &[]);
            }
        }
    }

    fn one(&self, change: &Change) -> Result<(), NotUp> {
        let (transport, of) = (self.access.transport(), (self.desired.machine(&change.name), change));
        let result = self.hooks.run(transport, of, When::Before).and_then(|()| self.change(change));
        let result = result.and_then(|()| self.hooks.run(transport, of, When::After));
        let done = if change.steps == [Step::Remove] { "removed" } else { "up" };
        result.map(|()| (self.report)(&change.name, Progress::Done(done.to_owned()))).map_err(|error| {
            (self.report)(&change.name, Progress::Failed(error.message.clone()));
            let log = self.desired.machine(&change.name).map(|machine| self.log(machine)).unwrap_or_default();
            NotUp { machine: change.name.clone(), error, log }
        })
    }

    fn change(&self, change: &Change) -> Result<(), ApplyError> {
        let Some(machine) = self.desired.machine(&change.name) else { return self.remove(&change.name) };
        let Some(part) = &change.until else { return self.bring(machine, change) };
        if let Turn::Stage(stage) = change.turn {
            self.say(machine.name(), &format!("new {}", stage::title(stage)));
        }
        self.stage(machine, part)
    }

    /// Brings what has its turn, and keeps the rest of the machine as it is.
    fn stage(&self, machine: &Machine, part: &Part) -> Result<(), ApplyError> {
        let transport = self.access.transport();
        let probe = probe(transport, machine, Look::UnitsAndFiles)?;
        let answer = transport.inside(machine.name(), "cat \"$1\"", &[boot::PLAN], &[])?;
        let unread = || ApplyError::refused(&format!("read the plan of `{}`", machine.name()), &answer.err);
        let plan = answer.text().ok_or_else(unread)?;
        self.rollout.converge(&Stages::new(machine, &probe).with(&part.down).machine(part.stage, &plan))
    }

    fn bring(&self, machine: &Machine, change: &Change) -> Result<(), ApplyError> {
        // One that does not run is known by its former name until it is up: others may wait for it until then.
        let former = change.steps.iter().find_map(|step| match step {
            Step::Rename { from, .. } => Some(from),
            _ => None,
        });
        let (before, after) = former.into_iter().partition::<Vec<_>, _>(|_| change.turn == Turn::OneByOne);
        before.into_iter().try_for_each(|former| self.forget_name(former, machine))?;
        for step in &change.steps {
            match step {
                Step::Create(_) => self.say(machine.name(), "creating"),
                Step::Start => self.say(machine.name(), "starting"),
                Step::Files { .. }
                | Step::SetUp(_)
                | Step::Boot(_)
                | Step::Wait(_)
                | Step::Data(_)
                | Step::Reach(_)
                | Step::Misfit(_)
                | Step::Readmit => {}
                other => self.say(machine.name(), &other.to_string()),
            }
            match step {
                Step::Drain => drain::away(self.access, self.desired, machine, &change.steps)?,
                Step::Replace(_) => {
                    decommission(self.access, self.desired, machine.name())?;
                    self.access.provider().step(machine.name(), step)?;
                }
                step => self.access.provider().step(machine.name(), step)?,
            }
        }
        self.rollout.converge(machine)?;
        if change.steps.iter().any(|step| matches!(step, Step::Drain | Step::Readmit)) {
            self.say(machine.name(), "letting it take pods again");
            drain::back(self.access, self.desired, machine)?;
        }
        after.into_iter().try_for_each(|former| self.forget_name(former, machine))
    }

    fn forget_name(&self, former: &str, machine: &Machine) -> Result<(), ApplyError> {
        self.say(machine.name(), &format!("decommissioning the name {former}"));
        forget_name(self.access, self.desired, former)
    }

    fn remove(&self, name: &str) -> Result<(), ApplyError> {
        self.say(name, "decommissioning");
        decommission(self.access, self.desired, name)?;
        self.say(name, "removing");
        self.access.provider().remove(name)
    }

    fn say(&self, machine: &str, what: &str) {
        (self.report)(machine, Progress::Doing(what.to_owned()));
    }

    /// The logs that show why the machine is not up.
    fn log(&self, machine: &Machine) -> Vec<String> {
        const SCRIPT: &str = include_str!("log.sh");
        let answer = self.access.transport().inside(machine.name(), SCRIPT, &[], &[]);
        let text = answer.ok().and_then(|answer| answer.text()).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}
