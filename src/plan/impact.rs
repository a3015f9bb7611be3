//! What the loss of machines breaks.
//!
//! In: a model, and the machines that are down. Out: for each application whether it still works, and why not. The
//! rule is the same for all programs: an application works while one of its units is up, a majority where it needs one, and
//! for each `requires` a provider works.

use std::collections::HashSet;

use serde::Serialize;

use crate::model::{AppId, EndpointId, MachineId, Model, UnitId};
use crate::syntax::ast::{Cardinality, EndpointKind, ExprKind, ItemKind, Name};
use crate::text::Count;

use super::majority::needs_majority;

/// Whether an application works.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Works,
    /// It works, and the loss of one more machine may end that.
    Weaker,
    Broken,
}

/// An application after the loss.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AppImpact {
    pub application: Name,
    pub state: State,
    /// The number of its units on machines that are up, and of all its units.
    pub alive: usize,
    pub units: usize,
    /// What is left of it, or what it lacks, without a period.
    pub why: String,
}

/// What is left of a group of machines.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Remaining {
    pub group: Name,
    pub alive: usize,
    pub machines: usize,
    /// Processors of the machines that are up.
    pub cores: f64,
    /// Bytes of memory of the machines that are up.
    pub memory: u64,
}

/// The impact on all groups and applications.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Impact {
    pub down: Vec<Name>,
    pub groups: Vec<Remaining>,
    /// In the order of the model.
    pub applications: Vec<AppImpact>,
}

impl Impact {
    /// How many applications are in a state.
    pub fn of(&self, state: State) -> usize {
        self.applications.iter().filter(|app| app.state == state).count()
    }

    /// The worst state of any application.
    pub fn worst(&self) -> State {
        self.applications.iter().map(|app| app.state).max().unwrap_or(State::Works)
    }
}

/// Finds out what works without some machines.
pub fn impact(model: &Model<'_>, down: &HashSet<MachineId>) -> Impact {
    let of = |unit: &UnitId| model.unit(*unit).machine.is_some_and(|machine| down.contains(&machine));
    let units = (0..model.units.len() as u32).map(UnitId).filter(of).collect();
    analysed(model, down, &units)
}

/// Finds out what works without some units, whose machines are up.
pub fn impact_of_units(model: &Model<'_>, down: &HashSet<UnitId>) -> Impact {
    analysed(model, &HashSet::new(), down)
}

fn analysed(model: &Model<'_>, down: &HashSet<MachineId>, units: &HashSet<UnitId>) -> Impact {
    let mut world = Analysis { model, down, units, broken: vec![None; model.apps.len()] };
    world.count();
    while world.spread() {}
    let names = (0..model.machines.len() as u32).map(MachineId).filter(|id| down.contains(id));
    Impact {
        down: names.map(|id| model.machine(id).name.clone()).collect(),
        groups: (0..model.groups.len()).map(|group| world.remaining(group)).collect(),
        applications: model.apps().map(|(app, _)| world.app_impact(app)).collect(),
    }
}

struct Analysis<'a, 'p> {
    model: &'a Model<'p>,
    down: &'a HashSet<MachineId>,
    /// All units that are down.
    units: &'a HashSet<UnitId>,
    /// By application: what it lacks.
    broken: Vec<Option<String>>,
}

impl Analysis<'_, '_> {
    fn lives(&self, unit: UnitId) -> bool {
        !self.units.contains(&unit)
    }

    fn alive(&self, app: AppId) -> usize {
        self.model.units_of(app).filter(|unit| self.lives(*unit)).count()
    }

    /// How many of its units an application needs, if it needs a majority.
    fn majority(&self, app: AppId) -> Option<usize> {
        let count = self.model.component_of(app).endpoints.len() as u32;
        let needs = (0..count).any(|endpoint| needs_majority(self.model, EndpointId { app, endpoint }));
        needs.then(|| self.model.app(app).units.len() / 2 + 1)
    }

    /// Marks what the loss itself breaks.
    fn count(&mut self) {
        for (app, known) in self.model.apps() {
            let (alive, units) = (self.alive(app), known.units.len());
            let majority = self.majority(app).filter(|majority| alive < *majority);
            self.broken[app.index()] = match (alive, majority) {
                (0, _) if units > 0 => Some(match units {
                    1 => "its only unit is down".to_owned(),
                    _ => format!("all {units} units are down"),
                }),
                (_, Some(majority)) => Some(format!(
                    "{alive} of {} are up, fewer than the quorum of {majority}, so it accepts no writes",
                    Count(units, "member")
                )),
                _ => None,
            };
        }
    }

    /// Marks one more application that depends on a broken one; returns whether there was one.
    fn spread(&mut self) -> bool {
        let found = self.model.apps().find_map(|(app, _)| {
            if self.broken[app.index()].is_some() {
                return None;
            }
            let endpoints = &self.model.component_of(app).endpoints;
            let needed = (0..endpoints.len()).filter(|place| {
                let ast = endpoints[*place].ast;
                ast.kind == EndpointKind::Requires && ast.cardinality == Cardinality::One
            });
            needed.into_iter().find_map(|place| Some((app, self.lacks(app, place as u32)?)))
        });
        match found {
            Some((app, why)) => {
                self.broken[app.index()] = Some(why);
                true
            }
            None => false,
        }
    }

    /// Why no running unit of an application has a working provider.
    fn lacks(&self, app: AppId, endpoint: u32) -> Option<String> {
        let works = |unit: UnitId| self.lives(unit) && self.broken[self.model.unit(unit).app.index()].is_none();
        let first = self.dials_first_only(app, endpoint);
        let served = self.model.units_of(app).filter(|unit| self.lives(*unit)).any(|unit| {
            let mut links = self.model.links(unit, endpoint).map(|(unit, _)| unit);
            if first { links.next().is_some_and(works) } else { links.any(works) }
        });
        if served {
            return None;
        }
        let name = &self.model.component_of(app).endpoints[endpoint as usize].ast.name.name;
        let providers = &self.model.ends(app).providers[endpoint as usize];
        let list: Vec<String> =
            providers.iter().map(|provider| format!("`{}`", self.model.app(provider.app).name)).collect();
        let lives = providers.iter().any(|provider| self.broken[provider.app.index()].is_none());
        Some(match (list.as_slice(), first && lives) {
            ([], _) => format!("no application provides its `{name}`"),
            (_, true) => format!("its `{name}` uses only the first unit of {}, which is down", list.join(", ")),
            (_, false) => format!("its `{name}` is provided by {}, which is broken", list.join(", ")),
        })
    }

    /// Whether an endpoint has one address to dial, that of the first unit: a kubeconfig holds one.
    fn dials_first_only(&self, app: AppId, endpoint: u32) -> bool {
        let component = self.model.component_of(app);
        let info = &component.endpoints[endpoint as usize];
        let name = &info.ast.name.name;
        let in_kubeconfig = component.ast.items.iter().any(|item| match &item.kind {
            ItemKind::Kubeconfig(item) => item
                .body
                .field("server")
                .is_some_and(|field| matches!(&field.value.kind, ExprKind::Name(server) if server.name == *name)),
            _ => false,
        });
        if self.model.dials_own_machine(EndpointId { app, endpoint }) || !in_kubeconfig {
            return false;
        }
        let Some(unit) = self.model.units_of(app).next() else { return false };
        let addresses: HashSet<_> = self
            .model
            .links(unit, endpoint)
            .filter_map(|(unit, endpoint)| self.model.endpoint_value(unit, endpoint).ok()?.address)
            .collect();
        addresses.len() > 1
    }

    fn app_impact(&self, app: AppId) -> AppImpact {
        let (alive, units) = (self.alive(app), self.model.app(app).units.len());
        let (state, why) = match (&self.broken[app.index()], self.majority(app)) {
            (Some(why), _) => (State::Broken, why.clone()),
            (None, _) if alive == units => (State::Works, whole(self.model, app)),
            (None, Some(majority)) if alive == majority => (
                State::Weaker,
                format!("{alive} of {} are up: losing one more breaks the quorum", Count(units, "member")),
            ),
            (None, None) if alive == 1 => (State::Weaker, format!("1 of {units} is up")),
            _ => (State::Works, format!("{alive} of {units} are up")),
        };
        AppImpact { application: self.model.app(app).name.clone(), state, alive, units, why }
    }

    fn remaining(&self, group: usize) -> Remaining {
        let group = &self.model.groups[group];
        let alive = group.machines.clone().filter(|id| !self.down.contains(&MachineId(*id))).count();
        Remaining {
            group: group.name.clone(),
            alive,
            machines: group.machines.len(),
            cores: group.cores * alive as f64,
            memory: group.memory * alive as u64,
        }
    }
}

fn whole(model: &Model<'_>, app: AppId) -> String {
    match model.app(app).placed {
        true => format!("{} unaffected", Count(model.app(app).units.len(), "unit")),
        false => "unaffected".to_owned(),
    }
}
