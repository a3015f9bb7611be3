//! New versions of programs in stages: one program after another, each on all machines, and last all else that is on a machine.
//!
//! Kubernetes has an order for its programs, and what comes last may not be newer than what came first. So a machine that gets
//! new versions of several is changed several times: each time its files and its plan are the new ones for what has its turn, and
//! what is on the machine for the rest. `tables/skew.toml` has the order.
//!
//! Nothing is remembered: which programs are not there yet is read from the machine, and so is the plan that it has.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::skew::skew;
use crate::render::boot;
use crate::render::origin::What;
use crate::target::{Desired, Machine, StartedUnit};

use super::diff::Probes;
use super::probe::{Differing, Probe, is_stamp};

/// When what has no place in the order comes: with the machine, once the programs before are new everywhere.
const LAST: usize = usize::MAX;

/// The programs of a machine that come before the rest of it; stages count from 1.
pub(crate) struct Stages<'a> {
    machine: &'a Machine,
    probe: &'a Probe,
    /// The stage of each unit that has one, by its name; none while no program of these is new.
    units: BTreeMap<&'a str, usize>,
}

/// How far a machine is brought.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Part {
    /// The last stage.
    pub stage: usize,
    /// Units that are down: they have their turn too.
    pub down: BTreeSet<String>,
}

/// Whether a program is new that comes before others on all machines.
pub(crate) fn is_pending(desired: &Desired, probes: &Probes) -> bool {
    let pairs = desired.machines.iter().filter_map(|machine| Some((machine, probes.get(machine.name())?)));
    pairs.into_iter().any(|(machine, probe)| probe.new_programs(machine).any(|unit| stage(unit).is_some()))
}

/// A unit that was just started, and is watched for a while.
fn is_starting(state: &str) -> bool {
    state.starts_with("starting")
}

/// The program of a stage.
pub(crate) fn title(stage: usize) -> &'static str {
    skew().upgrade.order.get(stage.wrapping_sub(1)).map_or("all else", String::as_str)
}

/// Whether a unit gets a new program for which pods leave its machine.
pub(crate) fn is_drained(machine: &Machine, probe: &Probe) -> bool {
    probe.new_programs(machine).any(runs_pods)
}

/// The version of what pods on a machine need; empty if that is not known.
pub(crate) fn version(machine: &Machine) -> &str {
    machine.units.iter().find(|unit| runs_pods(unit)).map_or("", |unit| &unit.version)
}

/// Whether pods run on a machine.
pub(crate) fn holds_pods(machine: &Machine) -> bool {
    machine.units.iter().any(runs_pods)
}

fn runs_pods(unit: &StartedUnit) -> bool {
    skew().upgrade.drain.iter().any(|program| **program == *unit.program)
}

/// The place of a program in the order, if it comes before those for which a machine is drained.
fn stage(unit: &StartedUnit) -> Option<usize> {
    let upgrade = &skew().upgrade;
    let before = upgrade.order.iter().take_while(|program| !upgrade.drain.contains(program));
    before.enumerate().find_map(|(place, program)| (**program == *unit.program).then_some(place + 1))
}

impl<'a> Stages<'a> {
    /// The stages of a machine as it is now.
    pub(crate) fn new(machine: &'a Machine, probe: &'a Probe) -> Self {
        let is_new = probe.new_programs(machine).any(|unit| stage(unit).is_some());
        let units = machine.units.iter().filter(|_| is_new).filter_map(|unit| Some((&*unit.name, stage(unit)?)));
        Self { machine, probe, units: units.collect() }
    }

    /// The stages before the last in which something changes, in order.
    pub(crate) fn all(&self, differing: &Differing<'_>) -> BTreeSet<usize> {
        let restarts = self.probe.restarts(self.machine, differing);
        restarts.iter().filter_map(|unit| self.units.get(&**unit).copied()).collect()
    }

    /// How far a machine may be brought that is not up: to before the first program that is new, and with it what is down, which that may
    /// cure. What runs pods and is up comes once the machine is, so that they can leave before; while it is down, once
    /// no program `is_pending` on any machine that comes before it. None if nothing is held back.
    pub(crate) fn cure(&self, is_pending: bool) -> Option<Part> {
        let new: Vec<_> = self.probe.new_programs(self.machine).collect();
        let first = new.iter().filter_map(|unit| stage(unit)).min();
        let down: BTreeSet<&str> =
            self.probe.down().filter(|(_, state)| !is_starting(state)).map(|(u, _)| &**u).collect();
        let is_down = |unit: &StartedUnit| down.contains(&*unit.name);
        let is_held = |unit: &&&StartedUnit| runs_pods(unit) && (is_pending || !is_down(unit));
        if first.is_none() && !new.iter().any(|unit| is_held(&unit)) {
            return None;
        }
        let ranked = self.machine.units.iter().filter(|unit| is_down(unit)).filter_map(stage).max();
        let stage = ranked.unwrap_or_default().max(first.unwrap_or(LAST) - 1);
        let down = self.machine.units.iter().filter(|unit| is_down(unit) && !runs_pods(unit));
        Some(Part { stage, down: down.map(|unit| unit.name.to_string()).collect() })
    }

    /// As these, but that what is down has its turn at once.
    pub(crate) fn with(mut self, down: &'a BTreeSet<String>) -> Self {
        self.units = down.iter().map(|unit| (&**unit, 0)).chain(self.units).collect();
        self
    }

    /// The paths of a stage among those that differ, and the units that restart. The last stage is what no other has.
    pub(crate) fn of(&self, stage: Option<usize>, differing: &Differing<'_>) -> (Vec<String>, Vec<String>) {
        let stage = stage.unwrap_or(LAST);
        let paths = differing.paths().filter(|path| self.of_file(path) == stage).map(str::to_owned).collect();
        let restarts = self.probe.restarts(self.machine, differing).into_iter();
        (paths, restarts.filter(|unit| self.of_unit(unit) == stage).collect())
    }

    /// Of paths and units, those that come until a stage.
    pub(crate) fn until(
        &self,
        stage: usize,
        (paths, restarts): (Vec<String>, Vec<String>),
    ) -> (Vec<String>, Vec<String>) {
        let paths = paths.into_iter().filter(|path| path == boot::PLAN || self.of_file(path) <= stage);
        (paths.collect(), restarts.into_iter().filter(|unit| self.of_unit(unit) <= stage).collect())
    }

    /// The machine once a stage is done, by the plan that it has now.
    pub(crate) fn machine(&self, stage: usize, plan: &str) -> Machine {
        let mut files: Vec<_> =
            self.machine.files.iter().filter(|file| self.of_file(&file.path) <= stage).cloned().collect();
        if let Some(whole) = self.machine.files.iter().find(|file| file.path == boot::PLAN) {
            let new = String::from_utf8_lossy(&whole.content);
            let text = Merge { stages: self, stage, old: plan, new: &new }.text();
            let mut part = whole.clone();
            part.content = text.into_bytes().into();
            files.push(part);
        }
        Machine { files, ..self.machine.clone() }
    }

    fn of_unit(&self, name: &str) -> usize {
        self.units.get(name).copied().unwrap_or(LAST)
    }

    /// The plan is part of each, so the whole of it comes last. What a unit reads comes with the unit; what several read, with the
    /// last of them if it is there, so that no other restarts before its turn, and else with the first.
    fn of_file(&self, path: &str) -> usize {
        if path == boot::PLAN {
            return LAST;
        }
        let readers = self.machine.units.iter().filter(|unit| unit.file == path || has(&unit.watches, path));
        let stages = readers.map(|unit| self.of_unit(&unit.name));
        let stage = if self.probe.has(path) { stages.max() } else { stages.min() };
        let is_boot = || self.machine.files.iter().any(|file| file.path == path && file.origin.what == What::Boot);
        // The boot reads the plan of each stage.
        let first = || self.units.values().copied().min().unwrap_or(LAST);
        stage.unwrap_or_else(|| if is_boot() { first() } else { LAST })
    }

    fn is_held(&self, unit: &str, stage: usize) -> bool {
        self.of_unit(unit) > stage
    }
}

fn has(paths: &[crate::syntax::ast::Name], path: &str) -> bool {
    paths.iter().any(|one| **one == *path)
}

/// A plan of the boot that is new for what has had its turn, and old for the rest.
struct Merge<'m> {
    stages: &'m Stages<'m>,
    stage: usize,
    old: &'m str,
    new: &'m str,
}

/// What is done to the machine as a whole: the new of it does not disturb what has not had its turn.
const OF_THE_MACHINE: [&str; 4] = ["module", "sysctl", "user", "directory"];

impl<'m> Merge<'m> {
    fn text(&self) -> String {
        let mut lines: Vec<&str> = self.new.lines().take_while(|line| line.starts_with('#')).collect();
        lines.extend(self.paths(&["private"]));
        lines.extend(tagged(self.new, &OF_THE_MACHINE));
        lines.extend(tagged(self.old, &["package"]));
        lines.extend(self.paths(&["owner"]));
        let units = self.units();
        lines.extend(self.artifacts(&units));
        lines.extend(tagged(self.old, &["command"]));
        lines.extend(units);
        lines.into_iter().flat_map(|line| [line, "\n"]).collect()
    }

    /// Lines whose last field is the path of a file: as the file is.
    fn paths(&self, tag: &'static [&'static str]) -> Vec<&'m str> {
        let path = |line: &'m str| line.rsplit('|').next().unwrap_or_default();
        let is_held = |line: &&'m str| self.stages.of_file(path(line)) > self.stage;
        let new = || tagged(self.new, tag);
        let known: BTreeSet<_> = new().map(path).collect();
        let old = tagged(self.old, tag).filter(|line| is_held(line) || !known.contains(path(line)));
        new().filter(|line| !is_held(line)).chain(old).collect()
    }

    /// The units, with what each reads.
    fn units(&self) -> Vec<&'m str> {
        let (new, old) = (of_units(self.new), of_units(self.old));
        let known: BTreeSet<_> = new.iter().map(|(unit, _)| *unit).collect();
        let before = |unit: &str| old.iter().find(|(name, _)| *name == unit).map(|(_, lines)| lines.as_slice());
        let mut lines = Vec::new();
        for (unit, own) in &new {
            let is_held = self.stages.is_held(unit, self.stage);
            lines.extend(if is_held { before(unit).unwrap_or_default() } else { own });
        }
        let gone = old.iter().filter(|(unit, _)| !known.contains(unit));
        lines.extend(gone.flat_map(|(_, own)| own));
        lines
    }

    /// What is installed: all that these units run, and the old of what no unit runs.
    fn artifacts(&self, units: &[&'m str]) -> Vec<&'m str> {
        let (old, new) = (of_artifacts(self.old), of_artifacts(self.new));
        let watched: BTreeSet<_> = stamps(units.iter().copied()).collect();
        let watched_before: BTreeSet<_> = stamps(self.old.lines()).collect();
        let stays = |id: &str| watched.contains(id) || !watched_before.contains(id);
        let mut all: Vec<_> = old.into_iter().filter(|(id, _)| stays(id)).collect();
        let known: BTreeSet<_> = all.iter().map(|(id, _)| *id).collect();
        all.extend(new.into_iter().filter(|(id, _)| watched.contains(id) && !known.contains(id)));
        all.into_iter().flat_map(|(_, lines)| lines).collect()
    }
}

fn tagged<'t>(text: &'t str, tags: &'static [&'static str]) -> impl Iterator<Item = &'t str> {
    text.lines().filter(|line| tags.contains(&field(line, 0)))
}

/// A field of a line, from 0.
fn field(line: &str, place: usize) -> &str {
    line.split('|').nth(place).unwrap_or_default()
}

/// Names, in the order of a plan, each with its lines.
type Named<'t> = Vec<(&'t str, Vec<&'t str>)>;

fn of_units(text: &str) -> Named<'_> {
    by_name(text, &["unit", "watch"])
}

fn of_artifacts(text: &str) -> Named<'_> {
    by_name(text, &["artifact", "member", "extract"])
}

fn by_name<'t>(text: &'t str, tags: &'static [&'static str]) -> Named<'t> {
    let mut all: Named<'t> = Vec::new();
    for line in tagged(text, tags) {
        let name = field(line, 1);
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, lines)) => lines.push(line),
            None => all.push((name, vec![line])),
        }
    }
    all
}

/// The ids of artifacts that units watch.
fn stamps<'t>(lines: impl Iterator<Item = &'t str>) -> impl Iterator<Item = &'t str> {
    let watched = lines.filter(|line| field(line, 0) == "watch").map(|line| field(line, 2));
    watched.filter(|path| is_stamp(path)).filter_map(|path| path.strip_prefix(boot::STAMPS))
}

#[cfg(test)]
mod tests;
