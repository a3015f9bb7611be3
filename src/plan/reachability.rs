//! Who answers at an address.
//!
//! In: a name or an address, and a port. Out: the endpoints that listen there, and what stands behind them.

use crate::model::{EndpointId, MachineId, Model, UnitId};
use crate::pki::spec::San;
use crate::syntax::ast::Protocol;

use super::dialled_names;

/// An endpoint that is dialled at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Front {
    pub end: EndpointId,
    /// Those of its units that are at that address.
    pub units: Vec<UnitId>,
}

/// The endpoints that listen on TCP at a name and a port; `here` is whose loopback addresses are meant.
pub fn fronts(model: &Model<'_>, host: &San, port: u16, here: Option<MachineId>) -> Vec<Front> {
    let fronts = ends(model, port).map(|end| {
        let at = |unit: &UnitId| is_at(model, *unit, end.endpoint, host, here);
        let units = match host {
            San::Ip(ip) if ip.is_loopback() => {
                let own = here.and_then(|machine| model.unit_on(end.app, machine));
                own.into_iter().filter(at).collect()
            }
            _ => model.units_of(end.app).filter(at).collect(),
        };
        Front { end, units }
    });
    fronts.filter(|front| !front.units.is_empty()).collect()
}

/// The units that answer a client of a front: itself, or all that are behind it.
pub fn behind(model: &Model<'_>, front: &Front) -> Vec<(EndpointId, Vec<UnitId>)> {
    let ends = dialled_names::behind(model, front.end);
    let units =
        |end: EndpointId| if end == front.end { front.units.clone() } else { model.units_of(end.app).collect() };
    ends.into_iter().map(|end| (end, units(end))).collect()
}

/// Where something listens on a port of TCP: `kube-apiserver.api at 10.0.0.1`, the first of each endpoint.
pub fn all(model: &Model<'_>, port: u16) -> Vec<String> {
    let shown = |end: EndpointId| {
        let unit = model.units_of(end.app).next()?;
        let address = model.endpoint_value(unit, end.endpoint).ok()?.address?;
        Some(format!("`{}` at {address}", model.endpoint_name(end)))
    };
    ends(model, port).filter_map(shown).collect()
}

fn ends(model: &Model<'_>, port: u16) -> impl Iterator<Item = EndpointId> {
    let ends = model.apps().flat_map(|(app, _)| {
        (0..model.component_of(app).endpoints.len() as u32).map(move |endpoint| EndpointId { app, endpoint })
    });
    ends.filter(move |end| listens(model, *end, port))
}

/// Whether an endpoint listens on a port. Every unit of an application has the port of the first.
pub fn listens(model: &Model<'_>, end: EndpointId, port: u16) -> bool {
    let first = model.units_of(end.app).next();
    let value = first.and_then(|unit| model.endpoint_value(unit, end.endpoint).ok());
    value.and_then(|value| value.listen).is_some_and(|own| own.number == port && own.protocol == Protocol::Tcp)
}

fn is_at(model: &Model<'_>, unit: UnitId, endpoint: u32, host: &San, here: Option<MachineId>) -> bool {
    let Ok(value) = model.endpoint_value(unit, endpoint) else { return false };
    let machine = model.unit(unit).machine;
    let named = |name: &str| value.names.iter().any(|own| **own == *name);
    match host {
        San::Ip(ip) if ip.is_loopback() => {
            machine.is_some() && machine == here && value.bind.is_none_or(|bind| bind.is_unspecified() || bind == *ip)
        }
        San::Ip(ip) => {
            let everywhere = value.bind.is_none_or(|bind| bind.is_unspecified());
            let own = machine.is_some_and(|machine| model.machine(machine).address == *ip);
            value.address == Some(*ip) || value.bind == Some(*ip) || everywhere && own || named(&ip.to_string())
        }
        San::Dns(name) => named(name) || machine.is_some_and(|machine| model.machine(machine).name == *name),
    }
}
