//! A forecast as the steps in which it is made, with what each does to what runs.
//!
//! Machines that change in the same way in one turn are one step. Of each step the first machines that change together are looked at: what of
//! the cluster is down meanwhile, and who notices.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::compile::record::{FieldChange, FileChange};
use crate::model::{AppId, MachineId, Model, UnitId};
use crate::plan::dialled_names::is_forwarding;
use crate::plan::impact::{State, impact_of_units};

use super::change::{Change, Step, Turn};
use super::effect::Class;
use super::forecast::{Fate, Forecast, MachineForecast};
use super::stage;

/// What is done, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Agenda {
    pub steps: Vec<AgendaStep>,
    /// Files of the output that are no machine's.
    pub shared: Vec<FileChange>,
}

/// Machines that change in the same way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct AgendaStep {
    pub class: Class,
    pub turn: AgendaTurn,
    /// The program that is new in it, of an upgrade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    pub group: String,
    pub machines: Vec<String>,
    /// How many of them change at the same time.
    pub at_once: usize,
    /// What is done to each, for people.
    pub actions: Vec<String>,
    pub files: Vec<FileChange>,
    pub fields: Vec<FieldChange>,
    /// The units that restart.
    pub restarts: Vec<String>,
    pub effect: Effect,
}

/// When a step is made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AgendaTurn {
    /// What machines share on their platform, before all else.
    Platform,
    /// All machines in parallel, as they are not up yet.
    Together,
    /// One after another, with all data.
    Removal,
    /// One after another, before the next program is new anywhere.
    Stage,
    /// One after another, each up again before the next.
    OneByOne,
}

/// What notices a step while it is made.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Effect {
    /// Applications that do not work, or that one more loss would break.
    pub applications: Vec<Noticed>,
    /// Applications whose connections are cut: they dial what restarts.
    pub clients: Vec<String>,
    /// Whether pods leave the machine.
    pub drains: bool,
}

/// An application while a step is made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Noticed {
    pub application: String,
    /// `weaker` or `broken`.
    pub state: String,
    pub why: String,
}

impl Agenda {
    /// The steps of a forecast.
    pub(crate) fn new(model: &Model<'_>, forecast: &Forecast) -> Self {
        let mut rows: Vec<Row<'_>> = forecast.machines.iter().flat_map(rows).collect();
        let place: BTreeMap<&str, usize> =
            model.machines.iter().enumerate().map(|(place, machine)| (&*machine.name, place)).collect();
        // New machines come with new programs, so those that have their turn before are new everywhere first.
        let together: Vec<_> = rows.iter().filter(|row| row.turn == AgendaTurn::Together).collect();
        let stages_first = !together.is_empty() && together.iter().all(|row| row.machine.fate == Fate::New);
        let is_late = |row: &Row<'_>| row.turn != AgendaTurn::Stage || !stages_first;
        rows.sort_by_key(|row| (is_late(row), row.turn, row.stage, place.get(&*row.machine.name).copied()));
        let mut noticing = Noticing { model, known: BTreeMap::new() };
        let chunks = rows.chunk_by(|one, other| one.is_like(other));
        let of_platform = forecast.resources.iter().map(resource);
        let steps = of_platform.chain(chunks.map(|rows| noticing.step(rows))).collect();
        Self { steps, shared: forecast.shared.clone() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.shared.is_empty()
    }

    /// How many machines are of a class at most.
    pub(crate) fn count(&self, class: Class) -> usize {
        let mut most: BTreeMap<&str, Class> = BTreeMap::new();
        for step in self.steps.iter().filter(|step| step.turn != AgendaTurn::Platform) {
            for machine in &step.machines {
                let known = most.entry(machine).or_insert(step.class);
                *known = step.class.max(*known);
            }
        }
        most.into_values().filter(|known| *known == class).count()
    }
}

/// The step of something that machines share.
fn resource(change: &Change) -> AgendaStep {
    AgendaStep {
        class: change.class(),
        turn: AgendaTurn::Platform,
        program: None,
        group: String::new(),
        machines: vec![change.name.clone()],
        at_once: 1,
        actions: actions(&change.steps),
        files: Vec::new(),
        fields: Vec::new(),
        restarts: Vec::new(),
        effect: Effect::default(),
    }
}

/// A change of a machine, with the files that come in it.
struct Row<'f> {
    machine: &'f MachineForecast,
    change: Option<&'f Change>,
    turn: AgendaTurn,
    stage: usize,
    files: Vec<&'f FileChange>,
    fields: &'f [FieldChange],
}

/// The changes of a machine; what none of them brings comes with the last.
fn rows(machine: &MachineForecast) -> Vec<Row<'_>> {
    let one = |change: Option<&'_ Change>| {
        let (turn, stage) = match change.map(|change| change.turn) {
            _ if machine.fate == Fate::Gone => (AgendaTurn::Removal, 0),
            Some(Turn::Together) => (AgendaTurn::Together, 0),
            Some(Turn::Stage(stage)) => (AgendaTurn::Stage, stage),
            Some(Turn::OneByOne) | None => (AgendaTurn::OneByOne, 0),
        };
        (turn, stage)
    };
    if machine.changes.is_empty() {
        let (turn, stage) = one(None);
        let files = machine.files.iter().collect();
        return vec![Row { machine, change: None, turn, stage, files, fields: &machine.fields }];
    }
    let last = machine.changes.len() - 1;
    let is_in = |change: &Change, path: &str| {
        change.steps.iter().any(|step| matches!(step, Step::Files { paths, .. } if paths.iter().any(|one| one == path)))
    };
    let brings = |place: usize, file: &FileChange| match machine.changes.iter().position(|one| is_in(one, &file.path)) {
        Some(found) => found == place,
        None => place == last,
    };
    let of = |(place, change): (usize, &'_ _)| {
        let (turn, stage) = one(Some(change));
        (place, turn, stage)
    };
    let all = machine.changes.iter().enumerate().map(|(place, change)| {
        let (place, turn, stage) = of((place, change));
        let files = machine.files.iter().filter(|file| brings(place, file)).collect();
        let fields = if place == last { &machine.fields[..] } else { &[] };
        Row { machine, change: Some(change), turn, stage, files, fields }
    });
    all.collect()
}

impl Row<'_> {
    fn steps(&self) -> &[Step] {
        self.change.map_or(&[], |change| &change.steps)
    }

    /// Whether two machines change in the same way. The name of a machine may be part of a path.
    fn is_like(&self, other: &Self) -> bool {
        let same_file = |(one, two): (&&FileChange, &&FileChange)| {
            let path = |file: &FileChange, row: &Self| file.path.replace(&row.machine.name, "*");
            (one.change, one.secret, &one.origin) == (two.change, two.secret, &two.origin)
                && (one.path == two.path || path(one, self) == path(two, other))
        };
        let is_new = self.machine.fate == Fate::New;
        (self.turn, self.stage, &self.machine.group) == (other.turn, other.stage, &other.machine.group)
            && self.steps() == other.steps()
            && (is_new && other.machine.fate == Fate::New || self.fields == other.fields)
            && self.files.len() == other.files.len()
            && self.files.iter().zip(&other.files).all(same_file)
    }

    fn restarts(&self) -> Vec<String> {
        let all = self.steps().iter().filter_map(|step| match step {
            Step::Files { restarts, .. } => Some(restarts.clone()),
            _ => None,
        });
        all.flatten().collect()
    }
}

/// What notices steps; what was found of one holds for all that are like it.
struct Noticing<'m, 'p> {
    model: &'m Model<'p>,
    known: BTreeMap<(String, Vec<String>, bool), Effect>,
}

impl Noticing<'_, '_> {
    fn step(&mut self, rows: &[Row<'_>]) -> AgendaStep {
        let first = &rows[0];
        let class = first.change.map_or(Class::Nothing, Change::class);
        let (turn, files, fields) = (first.turn, first.files.iter(), first.fields.to_vec());
        let program = (turn == AgendaTurn::Stage).then(|| stage::title(first.stage).to_owned());
        let at_once = self.at_once(first).min(rows.len());
        AgendaStep {
            class,
            turn,
            program,
            group: first.machine.group.clone(),
            machines: rows.iter().map(|row| row.machine.name.clone()).collect(),
            at_once: if turn == AgendaTurn::Together { rows.len() } else { at_once },
            actions: actions(first.steps()),
            files: files.map(|file| (*file).clone()).collect(),
            fields: if first.machine.fate == Fate::New { Vec::new() } else { fields },
            restarts: first.restarts(),
            effect: self.effect(first, &rows[..at_once]),
        }
    }

    fn at_once(&self, row: &Row<'_>) -> usize {
        let group = self.model.groups.iter().find(|group| *group.name == *row.machine.group);
        group.map_or(1, |group| group.at_once.max(1) as usize)
    }

    fn effect(&mut self, first: &Row<'_>, rows: &[Row<'_>]) -> Effect {
        let stops = first.steps().iter().any(Step::stops_machine);
        let restarts = first.restarts();
        let drains = first.steps().contains(&Step::Drain);
        if matches!(first.turn, AgendaTurn::Together | AgendaTurn::Removal) || !stops && restarts.is_empty() {
            return Effect { drains, ..Effect::default() };
        }
        let key = (first.machine.group.clone(), restarts, stops);
        if let Some(known) = self.known.get(&key) {
            return Effect { drains, ..known.clone() };
        }
        let down: HashSet<UnitId> = rows.iter().flat_map(|row| self.down(row, &key.1, stops)).collect();
        let effect = Effect { drains, ..noticed(self.model, &down) };
        self.known.insert(key, effect.clone());
        effect
    }

    /// The units of a machine that are down while it changes.
    fn down(&self, row: &Row<'_>, restarts: &[String], stops: bool) -> Vec<UnitId> {
        let Some(machine) = self.model.machines.iter().position(|one| *one.name == *row.machine.name) else {
            return Vec::new();
        };
        let machine = MachineId(machine as u32);
        let is_meant = |app: AppId| stops || row.machine.is_down(&self.model.app(app).name, restarts);
        let apps = self.model.apps().map(|(app, _)| app).filter(|app| is_meant(*app));
        let units = apps.flat_map(|app| self.model.units_of(app));
        units.filter(|unit| self.model.unit(*unit).machine == Some(machine)).collect()
    }
}

/// What is done to a machine beside what its files say: those are listed.
fn actions(steps: &[Step]) -> Vec<String> {
    let created = matches!(steps.first(), Some(Step::Create(_)));
    let shown = steps.iter().filter(|step| !(created && **step == Step::Start)).filter_map(|step| match step {
        Step::Files { restarts, .. } if restarts.is_empty() => None,
        Step::Files { restarts, .. } => Some(format!("restart {}", restarts.join(", "))),
        step => Some(step.to_string()),
    });
    shown.collect()
}

impl MachineForecast {
    /// Whether what others use of an application is down while these units restart.
    fn is_down(&self, application: &str, restarts: &[String]) -> bool {
        let own: Vec<_> = self.units.iter().filter(|unit| unit.application == application).collect();
        let helps = own.iter().any(|unit| unit.serves);
        own.iter().any(|unit| restarts.contains(&unit.name) && (unit.serves || !helps))
    }
}

fn noticed(model: &Model<'_>, down: &HashSet<UnitId>) -> Effect {
    let apps: HashSet<AppId> = down.iter().map(|unit| model.unit(*unit).app).collect();
    let found = impact_of_units(model, down).applications.into_iter().filter(|app| app.state != State::Works);
    let applications = found.map(|app| Noticed {
        application: app.application.to_string(),
        state: if app.state == State::Broken { "broken" } else { "weaker" }.to_owned(),
        why: app.why,
    });
    Effect { applications: applications.collect(), clients: clients(model, &apps), drains: false }
}

/// The applications that dial these, in the order of the relations.
fn clients(model: &Model<'_>, apps: &HashSet<AppId>) -> Vec<String> {
    let dials = model.relations.iter().filter(|relation| {
        apps.contains(&relation.to.app) && !apps.contains(&relation.from.app) && !is_forwarding(model, relation.from)
    });
    let mut names: Vec<String> = Vec::new();
    for name in dials.map(|relation| model.app(relation.from.app).name.to_string()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
