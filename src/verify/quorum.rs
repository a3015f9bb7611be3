//! What needs a majority has an odd number of members, and none of the places that fail as one holds too many of them.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic};
use crate::model::{AppId, EndpointId, MachineId, Model, UnitId};
use crate::plan::Proof;
use crate::plan::majority::needs_majority;
use crate::syntax::ast::Name;

use super::{Evidence, Verdict};

mod at_once;
mod single_point;

/// Counts the members of every application whose peers need a majority, and where the units of the others are.
pub fn majorities(evidence: &Evidence<'_, '_>) -> Verdict {
    let (model, mut problems) = (evidence.model, Vec::new());
    let mut statements = Vec::new();
    let several = [Domain::Zone, Domain::Rack].map(|domain| (domain, domain.count(model) > 1));
    let zones = several[0].1;
    for (app, _) in model.apps() {
        let endpoints =
            (0..model.component_of(app).endpoints.len() as u32).map(|endpoint| EndpointId { app, endpoint });
        let majority = endpoints.filter(|id| needs_majority(model, *id)).count() > 0;
        if majority {
            statements.extend(members(model, (app, zones), &mut problems));
        }
        for (domain, _) in several.iter().filter(|(_, several)| *several) {
            problems.extend(spread(model, app, *domain, majority));
        }
    }
    at_once::verify(model, &mut problems);
    let count = statements.len();
    let statement = if count == 0 { "no application needs a majority".to_owned() } else { statements.join(", ") };
    Verdict::of(problems, Proof { name: "quorum", statement, count })
}

/// A forwarder is not a single point of failure.
pub fn failures(evidence: &Evidence<'_, '_>) -> Verdict {
    let mut problems = Vec::new();
    let proof = single_point::verify(evidence.model, &mut problems);
    Verdict::of(problems, proof)
}

fn members(model: &Model<'_>, (id, zones): (AppId, bool), problems: &mut Vec<Diagnostic>) -> Option<String> {
    let app = model.app(id);
    let members = app.units.len();
    let survives = members.saturating_sub(1) / 2;
    let name = &app.name;
    match members {
        0 => None,
        1 => {
            let message = format!("`{name}` has one member: its data is lost when its machine is lost");
            let help = "use three members, or add `allow single-member \"reason\"`";
            problems.push(Diagnostic::new(Code::SingleMember, app.span, message).help(help));
            Some(format!("`{name}` has 1 member and tolerates no failures"))
        }
        even if even % 2 == 0 => {
            let message = format!(
                "`{name}` has {even} members, which tolerate the loss of {survives}, no more than {} would",
                even - 1
            );
            let help = format!(
                "use {} or {} members: an even number adds a member that can fail without tolerating more failures",
                even - 1,
                even + 1
            );
            problems.push(Diagnostic::new(Code::EvenQuorum, app.span, message).help(help));
            None
        }
        _ => {
            let spread = zones && worst(model, id, Domain::Zone).is_some_and(|(_, n)| n <= survives);
            let more = if spread { ", or of any zone" } else { "" };
            Some(format!("`{name}` has {members} members and tolerates the loss of {survives}{more}"))
        }
    }
}

/// Places that fail as one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Domain {
    Zone,
    Rack,
}

impl Domain {
    /// `zone`.
    pub fn word(self) -> &'static str {
        match self {
            Domain::Zone => "zone",
            Domain::Rack => "rack",
        }
    }

    /// The one that a machine is in.
    pub fn of<'a>(self, model: &'a Model<'_>, machine: MachineId) -> Option<&'a Name> {
        let machine = model.machine(machine);
        match self {
            Domain::Zone => machine.zone.as_ref(),
            Domain::Rack => machine.rack.as_ref(),
        }
    }

    /// How many there are in the model; two are enough to know.
    fn count(self, model: &Model<'_>) -> usize {
        let mut names = (0..model.machines.len() as u32).filter_map(|id| self.of(model, MachineId(id)));
        let Some(first) = names.next() else { return 0 };
        if names.any(|other| other != first) { 2 } else { 1 }
    }
}

/// The zone or rack with the most units of an application; `None` when a unit is in none.
fn worst<'a>(model: &'a Model<'_>, app: AppId, domain: Domain) -> Option<(&'a Name, usize)> {
    let mut counts: BTreeMap<&Name, usize> = BTreeMap::new();
    for unit in model.units_of(app) {
        *counts.entry(domain.of(model, model.unit(unit).machine?)?).or_default() += 1;
    }
    // Of equal ones the first by name.
    counts.into_iter().rev().max_by_key(|(_, count)| *count)
}

/// Whether one zone or rack takes too much of an application with it.
fn spread(model: &Model<'_>, id: AppId, domain: Domain, majority: bool) -> Option<Diagnostic> {
    let app = model.app(id);
    let units = app.units.len();
    if units < 2 {
        return None;
    }
    let (place, lost) = worst(model, id, domain)?;
    let word = domain.word();
    let message = match majority {
        true if lost > (units - 1) / 2 => {
            format!(
                "{lost} of the {units} members of `{}` are in {word} `{place}`, so its loss breaks the quorum",
                app.name
            )
        }
        false if lost == units && is_dialled_from_elsewhere(model, id, domain, place) => {
            format!(
                "all {units} units of `{}` are in {word} `{place}`, and other applications depend on them",
                app.name
            )
        }
        _ => return None,
    };
    let mut groups: Vec<u32> = Vec::new();
    for machine in model.units_of(id).filter_map(|unit| model.unit(unit).machine) {
        let group = model.machine(machine).group;
        if domain.of(model, machine) == Some(place) && !groups.contains(&group) {
            groups.push(group);
        }
    }
    let mut problem = Diagnostic::new(Code::SingleZone, app.span, message).here("deployed here");
    for group in groups {
        problem = problem.label(model.groups[group as usize].span, format!("machines in {word} `{place}`"));
    }
    Some(problem.help(match majority {
        true => format!("spread the members over three {word}s: `{word}s = [\"a\", \"b\", \"c\"]`"),
        false => format!("spread them over at least two {word}s: `{word}s = [\"a\", \"b\"]`"),
    }))
}

/// Whether a unit outside the place needs the application.
fn is_dialled_from_elsewhere(model: &Model<'_>, app: AppId, domain: Domain, place: &Name) -> bool {
    let elsewhere = |unit: UnitId| {
        let machine = model.unit(unit).machine;
        machine.is_none_or(|machine| domain.of(model, machine).is_some_and(|other| other != place))
    };
    let clients = model.ends(app).clients.iter().flatten();
    clients.filter(|client| client.app != app).any(|client| model.units_of(client.app).any(elsewhere))
}
