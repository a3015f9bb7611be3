//! By which names each endpoint is dialled, through load balancers too.
//!
//! A provider that forwards shows the certificate of whatever stands behind it, so the names by which it is dialled
//! belong into those certificates.

use std::collections::{BTreeSet, HashMap};

use crate::diag::Diagnostic;
use crate::model::endpoint::texts;
use crate::model::scope::Scope;
use crate::model::{EndpointId, Model, UnitId};
use crate::pki::spec::San;
use crate::syntax::ast::Name;

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

/// How every endpoint is dialled.
#[derive(Debug, Default)]
pub struct Dialling(HashMap<EndpointId, Dialled>);

impl Dialling {
    /// The names by which an endpoint of a unit is dialled.
    pub fn names(&self, model: &Model<'_>, unit: UnitId, endpoint: u32) -> BTreeSet<San> {
        let own = model.unit(unit);
        let value = model.endpoint_value(unit, endpoint).ok();
        let mut names = BTreeSet::new();
        names.extend(value.iter().flat_map(|value| &value.names).map(|name| San::parse(name)));
        let Some(dialled) = self.0.get(&EndpointId { app: own.app, endpoint }) else { return names };
        if dialled.address {
            names.extend(value.and_then(|value| value.address).map(San::Ip));
        }
        if dialled.machine {
            names.extend(own.machine.map(|machine| San::Dns(model.machine(machine).name.clone())));
        }
        names.extend(dialled.names.iter().cloned());
        names
    }
}

/// Finds out how every endpoint is dialled.
pub fn dialling(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> Dialling {
    let mut dialling = Dialling::default();
    for relation in &model.relations {
        // What a load balancer dials is checked by who dials through it.
        if is_forwarding(model, relation.from) {
            continue;
        }
        let how = how(model, relation.from, problems);
        if model.endpoint_info(relation.to).forwards.is_some() {
            let names = front_names(model, relation.to, &how);
            for back in behind(model, relation.to) {
                dialling.0.entry(back).or_default().names.extend(names.iter().cloned());
            }
        } else {
            let entry = dialling.0.entry(relation.to).or_default();
            entry.address |= how.address;
            entry.machine |= how.machine;
            entry.names.extend(how.names);
        }
    }
    dialling
}

/// Whether a `requires` is where an own `provides` forwards to.
pub fn is_forwarding(model: &Model<'_>, id: EndpointId) -> bool {
    model.component_of(id.app).endpoints.iter().any(|info| info.forwards == Some(id.endpoint))
}

/// What stands behind an endpoint in the end: itself, if it does not forward.
pub fn behind(model: &Model<'_>, id: EndpointId) -> Vec<EndpointId> {
    let (mut open, mut seen, mut ends) = (vec![id], vec![id], Vec::new());
    while let Some(id) = open.pop() {
        let Some(forwards) = model.endpoint_info(id).forwards else {
            ends.push(id);
            continue;
        };
        for next in &model.app(id.app).providers[forwards as usize] {
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
    let Some(unit) = model.units_of(from.app).next() else { return dialled };
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
