//! Ports of a machine: what listens, and which clients may connect.

use crate::model::endpoint::{ip, port};
use crate::model::scope::Scope;
use crate::model::{EndpointId, MachineId, UnitId};
use crate::source::Span;
use crate::syntax::ast::{EndpointKind, Port, Protocol};
use crate::text::Count;

use super::expression::Tracer;
use super::query::Query;
use super::{Answer, Link, Why, firewall, place, relation, show};

/// `6443/tcp`, `cp-0:6443`, `firewall cp-0:6443`.
pub(super) fn answer(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    let (number, protocol) = match query.name.split_once('/') {
        Some((number, protocol)) => (number, Some(Protocol::read(protocol)?)),
        None => (&*query.name, None),
    };
    let number = number.parse::<u16>().ok()?;
    if query.machine.is_none() && query.kind.is_none() && protocol.is_none() {
        return None;
    }
    let wanted = |port: Port| port.number == number && protocol.is_none_or(|protocol| port.protocol == protocol);
    let machine = query.machine.as_deref().map(|name| why.machine(name));
    let machine = match machine {
        Some(None) => return None,
        Some(found) => found,
        None => None,
    };
    let found: Vec<Listener> = listeners(why, machine).into_iter().filter(|listener| wanted(listener.port)).collect();
    let first = found.first()?;
    let mut machines: Vec<&str> = found.iter().filter_map(|l| why.machine_name(l.unit)).map(|name| &**name).collect();
    machines.dedup();
    // One unit of each application is enough.
    let mut shown: Vec<Span> = Vec::new();
    let mut links = Vec::new();
    for listener in &found {
        if !shown.contains(&listener.span) {
            shown.push(listener.span);
            links.push(link(why, listener));
        }
    }
    if let Some(machine) = machine {
        let rules = firewall::links(why, machine, Some(first.port));
        let opened = format!(
            "the firewall of {} admits it by {}",
            why.model().machine(machine).name,
            Count(rules.len(), "rule")
        );
        links.extend((!rules.is_empty()).then(|| Link::new(opened).because(rules)));
    }
    Some(Answer::new(format!("the port {}", first.port), links).with(format!("on {}", show::some(&machines))))
}

/// Something that listens.
struct Listener {
    unit: UnitId,
    port: Port,
    /// The place of the endpoint; a `listen` item has none.
    endpoint: Option<u32>,
    span: Span,
    address: String,
}

/// What listens on a machine, or on the first unit of each application.
fn listeners(why: &Why<'_, '_>, machine: Option<MachineId>) -> Vec<Listener> {
    let model = why.model();
    let mut list = Vec::new();
    for (app, _) in model.apps() {
        let on = |unit: &UnitId| machine.is_none_or(|machine| model.unit(*unit).machine == Some(machine));
        let units: Vec<UnitId> = model.units_of(app).filter(on).collect();
        units.into_iter().for_each(|unit| of_unit(why, unit, &mut list));
    }
    list
}

fn of_unit(why: &Why<'_, '_>, unit: UnitId, list: &mut Vec<Listener>) {
    let model = why.model();
    let component = model.component_of(model.unit(unit).app);
    for (place, info) in component.endpoints.iter().enumerate() {
        let value = model.endpoint_value(unit, place as u32).ok();
        let listens = info.ast.kind != EndpointKind::Requires && model.unit(unit).machine.is_some();
        if let Some((value, port)) = value.filter(|_| listens).and_then(|value| Some((value, value.listen?))) {
            let address = value.bind.map_or("every address".to_owned(), |ip| ip.to_string());
            list.push(Listener { unit, port, endpoint: Some(place as u32), span: info.ast.name.span, address });
        }
    }
    let mut scope = Scope::unit(model, unit);
    for item in &component.listens {
        let mut value = |field: &str| item.body.field(field).and_then(|f| model.eval(&mut scope, &f.value).ok());
        let bind = value("address").as_ref().and_then(ip).filter(|ip| !ip.is_unspecified());
        if let Some(port) = value("port").as_ref().and_then(port) {
            let address = bind.map_or("every address".to_owned(), |ip| ip.to_string());
            list.push(Listener { unit, port, endpoint: None, span: item.name.span, address });
        }
    }
}

fn link(why: &Why<'_, '_>, listener: &Listener) -> Link {
    let model = why.model();
    let app = model.unit(listener.unit).app;
    let text = format!("`{}` listens on {} on {}", model.app(app).name, listener.port, listener.address);
    let field = listener.endpoint.and_then(|place| {
        let info = &model.component_of(app).endpoints[place as usize];
        info.ast.body.field("listen")
    });
    let traced = field.map(|field| Tracer::new(why).links(&mut Scope::unit(model, listener.unit), &field.value));
    let deployed = Link::at(model.app(app).span, place::deployed(why, app));
    Link::at(listener.span, text).because(traced.unwrap_or_default()).because([deployed]).because(who(why, listener))
}

/// The clients that may connect: only those with a relation to it.
fn who(why: &Why<'_, '_>, listener: &Listener) -> Vec<Link> {
    let model = why.model();
    let Some(endpoint) = listener.endpoint else {
        return vec![Link::new("it has no relation, so only its own machine connects")];
    };
    let id = EndpointId { app: model.unit(listener.unit).app, endpoint };
    let relations = model.relations.iter().filter(|relation| relation.to == id);
    let list: Vec<Link> = relations
        .map(|relation| {
            let from = model.endpoint_name(relation.from);
            Link::at(model.app(relation.from.app).span, format!("`{from}` connects to it"))
                .because([relation::link(why, relation)])
        })
        .collect();
    if list.is_empty() { vec![Link::new("it has no relation, so no client connects")] } else { list }
}
