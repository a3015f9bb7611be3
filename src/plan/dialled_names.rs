//! By which names each endpoint is dialled, through load balancers too.
//!
//! A provider that forwards shows the certificate of whatever stands behind it, so the names by which it is dialled
//! belong into those certificates.

use std::collections::BTreeSet;

use crate::diag::Diagnostic;
use crate::hash::HashMap;
use crate::model::endpoint::texts;
use crate::model::scope::Scope;
use crate::model::{EndpointId, Model, UnitId};
use crate::pki::spec::San;
use crate::syntax::ast::{ExprKind, Name};

use super::keep;

/// How an endpoint is dialled by those that are related to it.
#[derive(Clone, Debug, Default)]
pub struct Dialled {
    /// By the unit's own address.
    address: bool,
    /// By the name of its machine.
    machine: bool,
    /// By these names, whichever unit answers.
    names: BTreeSet<San>,
}

impl Dialled {
    /// The names by which an endpoint of a unit is dialled so.
    fn names(&self, model: &Model<'_>, unit: UnitId, endpoint: u32) -> BTreeSet<San> {
        let mut names = self.names.clone();
        if self.address {
            let value = model.endpoint_value(unit, endpoint).ok();
            names.extend(value.and_then(|value| value.address).map(San::Ip));
        }
        if self.machine {
            let machine = model.unit(unit).machine;
            names.extend(machine.map(|machine| San::Dns(model.machine(machine).name.clone())));
        }
        names
    }
}

/// How every endpoint is dialled.
#[derive(Debug, Default)]
pub struct Dialling {
    ends: HashMap<EndpointId, Dialled>,
    /// By each relation of the model; what a load balancer dials is dialled by who dials through it.
    relations: Vec<Option<Dialled>>,
}

impl Dialling {
    /// The names by which an endpoint of a unit is dialled.
    pub fn names(&self, model: &Model<'_>, unit: UnitId, endpoint: u32) -> BTreeSet<San> {
        let end = EndpointId { app: model.unit(unit).app, endpoint };
        let mut names = declared(model, unit, endpoint);
        names.extend(self.ends.get(&end).iter().flat_map(|dialled| dialled.names(model, unit, endpoint)));
        names
    }

    /// The names by which one relation dials an endpoint of a unit that stands at its end.
    pub fn names_by(&self, relation: usize, model: &Model<'_>, (unit, endpoint): (UnitId, u32)) -> BTreeSet<San> {
        let dialled = self.relations.get(relation).and_then(Option::as_ref);
        dialled.map(|dialled| dialled.names(model, unit, endpoint)).unwrap_or_default()
    }
}

/// The names that an endpoint says it may be dialled by.
pub fn declared(model: &Model<'_>, unit: UnitId, endpoint: u32) -> BTreeSet<San> {
    let value = model.endpoint_value(unit, endpoint).ok();
    value.iter().flat_map(|value| &value.names).map(|name| San::parse(name)).collect()
}

/// Finds out how every endpoint is dialled.
pub fn dialling(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> Dialling {
    let mut dialling = Dialling::default();
    for relation in &model.relations {
        if is_forwarding(model, relation.from) {
            dialling.relations.push(None);
            continue;
        }
        let how = how(model, relation.from, problems);
        let dialled = match passes_through(model, relation.to) {
            Some(_) => Dialled { names: front_names(model, relation.to, &how), ..Dialled::default() },
            None => how,
        };
        for end in behind(model, relation.to) {
            let entry = dialling.ends.entry(end).or_default();
            entry.address |= dialled.address;
            entry.machine |= dialled.machine;
            entry.names.extend(dialled.names.iter().cloned());
        }
        dialling.relations.push(Some(dialled));
    }
    dialling
}

/// Whether a `requires` is where an own `provides` passes TLS through to.
pub fn is_forwarding(model: &Model<'_>, id: EndpointId) -> bool {
    let endpoints = &model.component_of(id.app).endpoints;
    endpoints.iter().any(|info| info.forwards == Some(id.endpoint) && info.identity.is_none())
}

/// The own `requires` that an endpoint passes bytes on to. One that shows a certificate of its own ends TLS: who dials it
/// talks to it, and it to what stands behind.
fn passes_through(model: &Model<'_>, id: EndpointId) -> Option<u32> {
    let info = model.endpoint_info(id);
    info.forwards.filter(|_| info.identity.is_none())
}

/// What stands behind an endpoint in the end: itself, if it does not forward.
pub fn behind(model: &Model<'_>, id: EndpointId) -> Vec<EndpointId> {
    let (mut open, mut seen, mut ends) = (vec![id], vec![id], Vec::new());
    while let Some(id) = open.pop() {
        let Some(forwards) = passes_through(model, id) else {
            ends.push(id);
            continue;
        };
        for next in &model.ends(id.app).providers[forwards as usize] {
            if !seen.contains(next) {
                seen.push(*next);
                open.push(*next);
            }
        }
    }
    ends.sort();
    ends
}

/// What the `dials` field of a `requires` says.
fn how(model: &Model<'_>, from: EndpointId, problems: &mut Vec<Diagnostic>) -> Dialled {
    let mut dialled = Dialled::default();
    let Some(field) = model.endpoint_info(from).ast.body.field("dials") else {
        return Dialled { address: true, ..dialled };
    };
    // A plain text is the same on every unit.
    let units =
        if matches!(&field.value.kind, ExprKind::Text(text) if text.plain().is_some()) { 1 } else { usize::MAX };
    for unit in model.units_of(from.app).take(units) {
        let value = keep(model.eval(&mut Scope::unit(model, unit), &field.value), problems);
        for name in value.iter().flat_map(texts) {
            match &*name {
                "address" => dialled.address = true,
                "machine-name" => dialled.machine = true,
                other => {
                    dialled.names.insert(San::parse(other));
                }
            }
        }
    }
    dialled
}

/// The names of a load balancer's front, over all its units.
fn front_names(model: &Model<'_>, front: EndpointId, how: &Dialled) -> BTreeSet<San> {
    let mut names = how.names.clone();
    for unit in model.units_of(front.app) {
        let Ok(value) = model.endpoint_value(unit, front.endpoint) else { continue };
        names.extend(value.names.iter().map(|name: &Name| San::parse(name)));
        if how.address {
            names.extend(value.address.map(San::Ip));
        }
        if let Some(machine) = model.unit(unit).machine.filter(|_| how.machine) {
            names.insert(San::Dns(model.machine(machine).name.clone()));
        }
    }
    names
}
