//! Make the changes.
//!
//! First shared resources; then all machines that are not up, in parallel, since they may wait for each other; then machines
//! to remove; then, one at a time, machines that are up: members of a quorum change one by one, and a bad change stops at
//! the first.

use std::thread;
use std::time::Duration;

use crate::target::lxd::{Desired, Instance};

use super::change::{Change, Step, Turn};
use super::client::{Client, Scope};
use super::current::Current;
use super::decommission::decommission;
use super::diff::{Delta, Probes};
use super::error::ApplyError;
use super::machine::{self, Image};
use super::probe::{Look, probe};
use super::progress::{Progress, Reporter};
use super::rollout::Rollout;
use super::site;

/// The result: machines that are not up, in the order of the model. If there are none, the cluster matches the model.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    pub not_up: Vec<NotUp>,
    /// Machines skipped because of these.
    pub left: Vec<String>,
}

/// A machine that is not up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotUp {
    pub machine: String,
    pub error: ApplyError,
    /// The end of its log, and that of each unit that is down.
    pub log: Vec<String>,
}

/// Probes every running machine, several at once. A machine that cannot be entered is omitted, as if it had just started.
pub fn probes(client: &Client, desired: &Desired, current: &Current) -> Probes {
    let running = desired.machines.iter().filter(|machine| {
        current.machine(machine.name()).is_some_and(|now| now.is_running() && now.is_of(&desired.cluster))
    });
    thread::scope(|scope| {
        let threads: Vec<_> = running
            .map(|machine| {
                scope.spawn(move || (machine.name().to_owned(), probe(client, machine, Look::UnitsAndFiles)))
            })
            .collect();
        let looks = threads.into_iter().map(|thread| thread.join().expect("a probe does not panic"));
        looks.filter_map(|(name, probe)| Some((name, probe.ok()?))).collect()
    })
}

/// The inputs of a run.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub client: &'a Client,
    pub desired: &'a Desired,
    pub report: Reporter<'a>,
    /// The timeout for each machine to come up.
    pub patience: Duration,
}

/// Makes all changes.
///
/// # Errors
/// An error of the client with shared resources. Machines that are not up are in the outcome.
pub fn run(run: Run<'_>, delta: &Delta) -> Result<Outcome, ApplyError> {
    let Run { client, desired, report, patience } = run;
    // A missing image is reported before anything is created.
    let image = image(client, desired, delta)?;
    site::reconcile(client, desired, delta, report)?;
    let executor = Executor { client, desired, image, report, rollout: Rollout::new(client, report, patience) };
    let (together, turns): (Vec<_>, Vec<_>) = delta.machines.iter().partition(|c| c.turn == Turn::Together);
    let mut outcome = Outcome { not_up: executor.together(&together), left: Vec::new() };
    for change in delta.removed.iter().chain(turns) {
        if !outcome.not_up.is_empty() {
            outcome.left.push(change.name.clone());
        } else if let Err(not_up) = executor.one(change) {
            outcome.not_up.push(not_up);
        }
    }
    Ok(outcome)
}

fn image(client: &Client, desired: &Desired, delta: &Delta) -> Result<Image, ApplyError> {
    let scope = if delta.project.is_some() { Scope::Global } else { Scope::Project };
    match delta.machines.iter().any(|change| matches!(change.steps.first(), Some(Step::Create(_)))) {
        true => Image::find(client, &desired.options.image, scope),
        false => Ok(Image(String::new())),
    }
}

struct Executor<'a> {
    client: &'a Client,
    desired: &'a Desired,
    image: Image,
    report: Reporter<'a>,
    rollout: Rollout<'a>,
}

impl Executor<'_> {
    /// Each on its own thread: a machine may wait for any other. The client limits how many processes run at once.
    fn together(&self, changes: &[&Change]) -> Vec<NotUp> {
        thread::scope(|scope| {
            let threads: Vec<_> = changes.iter().map(|change| scope.spawn(|| self.one(change))).collect();
            threads.into_iter().filter_map(|t| t.join().expect("applying a change does not panic").err()).collect()
        })
    }

    fn one(&self, change: &Change) -> Result<(), NotUp> {
        let result = match self.desired.machine(&change.name) {
            Some(machine) => self.bring(machine, change),
            None => self.remove(&change.name),
        };
        let done = if change.steps == [Step::Remove] { "removed" } else { "up" };
        result.map(|()| (self.report)(&change.name, Progress::Done(done.to_owned()))).map_err(|error| {
            (self.report)(&change.name, Progress::Failed(error.message.clone()));
            let log = self.desired.machine(&change.name).map(|machine| self.log(machine)).unwrap_or_default();
            NotUp { machine: change.name.clone(), error, log }
        })
    }

    fn bring(&self, machine: &Instance, change: &Change) -> Result<(), ApplyError> {
        for step in &change.steps {
            match step {
                Step::Create(_) => self.say(machine.name(), "creating"),
                Step::Start => self.say(machine.name(), "starting"),
                Step::Files { .. } | Step::Boot(_) | Step::Wait(_) | Step::Data(_) => {}
                other => self.say(machine.name(), &other.to_string()),
            }
            machine::step(self.client, machine, step, &self.image)?;
        }
        self.rollout.converge(machine)
    }

    fn remove(&self, name: &str) -> Result<(), ApplyError> {
        self.say(name, "decommissioning");
        decommission(self.client, self.desired, name)?;
        self.say(name, "removing");
        machine::remove(self.client, name)
    }

    fn say(&self, machine: &str, what: &str) {
        (self.report)(machine, Progress::Doing(what.to_owned()));
    }

    /// The logs that show why the machine is not up.
    fn log(&self, machine: &Instance) -> Vec<String> {
        const SCRIPT: &str = include_str!("log.sh");
        let answer = self.client.inside(machine.name(), SCRIPT, &[], &[]);
        let text = answer.ok().and_then(|answer| answer.text()).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}
