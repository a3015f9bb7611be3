//! No two listeners share a port on a machine.

use std::net::IpAddr;

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic};
use crate::model::endpoint::{ip, port};
use crate::model::eval::counted;
use crate::model::scope::Scope;
use crate::model::{AppId, MachineId, Model, UnitId};
use crate::plan::{Pki, Proof, keep};
use crate::source::Span;
use crate::syntax::ast::{EndpointKind, Port};

/// One listener of one unit.
#[derive(Clone, Copy, Debug)]
struct Listener {
    machine: MachineId,
    port: Port,
    /// `None` is every address.
    bind: Option<IpAddr>,
    app: AppId,
    span: Span,
}

/// Compares the listeners of every machine.
pub fn prove(model: &Model<'_>, _: &Pki, problems: &mut Vec<Diagnostic>) -> Proof {
    let mut listeners = collect(model, problems);
    listeners.sort_by_key(|listener| (listener.machine, listener.port, listener.span));
    let mut clashes: IndexMap<_, Vec<(Listener, Listener)>> = IndexMap::new();
    for pair in listeners.chunk_by(|a, b| a.machine == b.machine && a.port == b.port) {
        for (i, a) in pair.iter().enumerate() {
            for b in &pair[i + 1..] {
                if meet(a.bind, b.bind) {
                    clashes.entry((a.app, a.span, b.app, b.span)).or_default().push((*a, *b));
                }
            }
        }
    }
    problems.extend(clashes.values().map(|clashes| clash(model, clashes)));
    let count = listeners.len();
    Proof { name: "ports", statement: format!("{}, no two on one address and port", counted(count, "listener")), count }
}

fn meet(a: Option<IpAddr>, b: Option<IpAddr>) -> bool {
    a.is_none() || b.is_none() || a == b
}

/// One problem for two listeners, whatever the number of machines on which they meet.
fn clash(model: &Model<'_>, clashes: &[(Listener, Listener)]) -> Diagnostic {
    let (a, b) = clashes[0];
    let (first, second) = (&model.app(a.app).name, &model.app(b.app).name);
    let machine = &model.machine(a.machine).name;
    let place = match clashes.len() {
        1 => format!("on `{machine}`"),
        more => format!("on `{machine}` and {} more", more - 1),
    };
    let help = "give one of them another port or address, or put them on different machines";
    if a.app == b.app {
        let message = format!("`{first}` listens on {} twice {place}", a.port);
        return Diagnostic::new(Code::PortTaken, model.app(a.app).span, message)
            .here("deployed here")
            .label(a.span, format!("listens on {}", at(&a)))
            .label(b.span, format!("listens on {}", at(&b)))
            .help("give one of them another port or address");
    }
    let message = format!("`{first}` and `{second}` both listen on {} {place}", a.port);
    Diagnostic::new(Code::PortTaken, model.app(b.app).span, message)
        .here(format!("`{second}` is deployed here"))
        .label(model.app(a.app).span, format!("`{first}` is deployed here"))
        .label(a.span, format!("`{first}` listens on {}", at(&a)))
        .label(b.span, format!("`{second}` listens on {}", at(&b)))
        .help(help)
}

fn at(listener: &Listener) -> String {
    listener.bind.map_or("every address".to_owned(), |ip| ip.to_string())
}

fn collect(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> Vec<Listener> {
    let mut list = Vec::new();
    for (app, _) in model.apps() {
        for unit in model.units_of(app) {
            let Some(machine) = model.unit(unit).machine else { continue };
            endpoints(model, unit, machine, &mut list);
            items(model, unit, machine, &mut list, problems);
        }
    }
    list
}

fn endpoints(model: &Model<'_>, unit: UnitId, machine: MachineId, list: &mut Vec<Listener>) {
    let app = model.unit(unit).app;
    for (place, info) in model.component_of(app).endpoints.iter().enumerate() {
        if info.ast.kind == EndpointKind::Requires {
            continue;
        }
        let Ok(value) = model.endpoint_value(unit, place as u32) else { continue };
        if let Some(port) = value.listen {
            list.push(Listener { machine, port, bind: value.bind, app, span: info.ast.name.span });
        }
    }
}

fn items(
    model: &Model<'_>,
    unit: UnitId,
    machine: MachineId,
    list: &mut Vec<Listener>,
    problems: &mut Vec<Diagnostic>,
) {
    let app = model.unit(unit).app;
    let component = model.component_of(app);
    if component.listens.is_empty() {
        return;
    }
    let mut scope = Scope::unit(model, unit);
    for item in &component.listens {
        let mut value = |field: &str| {
            let field = item.body.field(field)?;
            keep(model.eval(&mut scope, &field.value), problems)
        };
        let bind = value("address").as_ref().and_then(ip).filter(|ip| !ip.is_unspecified());
        if let Some(port) = value("port").as_ref().and_then(port) {
            list.push(Listener { machine, port, bind, app, span: item.name.span });
        }
    }
}
