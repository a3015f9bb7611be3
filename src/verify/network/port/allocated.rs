//! Ports that are given out: by a program, as those of services, or by the kernel to connections that go out.
//!
//! A listener among them starts as long as its port was not allocated before.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic};
use crate::model::component::Component;
use crate::model::scope::Scope;
use crate::model::{AppId, MachineId, Model};
use crate::plan::listener::{Service, What};
use crate::syntax::ast::{Expr, ItemKind, Needs, NeedsKind, Port};

use super::place;

/// The default range of Linux for outgoing connections: `net.ipv4.ip_local_port_range` in the kernel's
/// Documentation/networking/ip-sysctl.rst.
pub(super) const EPHEMERAL: (u16, u16) = (32768, 60999);

/// Compares every listener with the ranges on its machines.
pub(super) fn verify(model: &Model<'_>, services: &[Service], problems: &mut Vec<Diagnostic>) {
    let givers: Vec<(&Service, u16, u16)> = services
        .iter()
        .filter_map(|service| match service.units.first()?.what {
            What::Ports { first, last, .. } => Some((service, first, last)),
            _ => None,
        })
        .collect();
    problems.extend(givers.iter().filter_map(|(giver, first, last)| by_both(model, giver, *first, *last)));
    for service in services {
        let Some(What::Port(port)) = service.units.first().map(|bound| bound.what) else { continue };
        let loopback = service.units.iter().all(|bound| bound.bind.is_loopback());
        for (giver, first, last) in &givers {
            if (*first..=*last).contains(&port.number) && giver.app != service.app && !loopback {
                problems.extend(by_program(model, service, port, giver));
            }
        }
        if (EPHEMERAL.0..=EPHEMERAL.1).contains(&port.number) {
            problems.extend(by_kernel(model, service, port));
        }
    }
}

/// A program and the kernel give out the same ports.
fn by_both(model: &Model<'_>, giver: &Service, first: u16, last: u16) -> Option<Diagnostic> {
    let (from, to) = (first.max(EPHEMERAL.0), last.min(EPHEMERAL.1));
    let open = open_on(model, giver.units.iter().map(|bound| bound.machine), (from, to));
    if from > to || open.is_empty() {
        return None;
    }
    let name = &model.app(giver.app).name;
    let message = format!(
        "`{name}` allocates {first}-{last} {}, but the kernel uses {from}-{to} for outgoing connections",
        place(model, open.into_iter())
    );
    Some(
        Diagnostic::new(Code::PortGivenOut, model.app(giver.app).span, message)
            .here(format!("`{name}` is deployed here"))
            .label(giver.span, "the ports that it allocates")
            .help(format!(
                "end the range before {}, or set `needs sysctl net.ipv4.ip_local_reserved_ports = \"{from}-{to}\"`: \
                 replies to a connection that uses the port of a service would go to the service",
                EPHEMERAL.0
            )),
    )
}

fn by_program(model: &Model<'_>, service: &Service, port: Port, giver: &Service) -> Option<Diagnostic> {
    let there: HashSet<MachineId> = giver.units.iter().map(|bound| bound.machine).collect();
    let mut both = service.units.iter().map(|bound| bound.machine).filter(|machine| there.contains(machine)).peekable();
    both.peek()?;
    let (name, other) = (&model.app(service.app).name, &model.app(giver.app).name);
    let what = giver.units.first()?.what;
    let message = format!(
        "`{name}` listens on {port} {}, which is in the range that `{other}` allocates from",
        place(model, both)
    );
    Some(
        Diagnostic::new(Code::PortGivenOut, model.app(service.app).span, message)
            .here(format!("`{name}` is deployed here"))
            .label(service.span, format!("listens on {port}"))
            .label(giver.span, format!("`{other}` allocates {what}"))
            .label(model.app(giver.app).span, format!("`{other}` is deployed here"))
            .help(format!(
                "use a port outside {what}: once a service gets {}, traffic to that port goes to the service",
                port.number
            )),
    )
}

fn by_kernel(model: &Model<'_>, service: &Service, port: Port) -> Option<Diagnostic> {
    let open = open_on(model, service.units.iter().map(|bound| bound.machine), (port.number, port.number));
    if open.is_empty() {
        return None;
    }
    let name = &model.app(service.app).name;
    let (first, last) = EPHEMERAL;
    let message = format!(
        "`{name}` listens on {port} {}, which is in the range for outgoing connections",
        place(model, open.into_iter())
    );
    Some(
        Diagnostic::new(Code::PortGivenOut, model.app(service.app).span, message)
            .here(format!("`{name}` is deployed here"))
            .label(service.span, format!("listens on {port}"))
            .help(format!(
                "use a port outside {first}-{last}, or set `needs sysctl net.ipv4.ip_local_reserved_ports = \"{}\"`: \
                 the program cannot start while an outgoing connection uses its port",
                port.number
            )),
    )
}

/// The machines on which nothing keeps the kernel from giving these ports out.
pub(super) fn open_on(
    model: &Model<'_>,
    machines: impl Iterator<Item = MachineId>,
    ports: (u16, u16),
) -> Vec<MachineId> {
    let says = |app: &AppId| settings(model.component_of(*app)).next().is_some();
    let keeping: Vec<AppId> =
        model.apps().map(|(app, _)| app).filter(says).filter(|app| keeps(model, *app, ports)).collect();
    machines.filter(|machine| !keeping.iter().any(|app| model.unit_on(*app, *machine).is_some())).collect()
}

const RANGE: &str = "net.ipv4.ip_local_port_range";
const RESERVED: &str = "net.ipv4.ip_local_reserved_ports";

/// What a component says about the ports that the kernel gives out.
fn settings<'a>(component: &'a Component<'_>) -> impl Iterator<Item = (&'a str, &'a Expr)> {
    let settings = component.ast.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Needs(Needs { kind: NeedsKind::Sysctl(key, value), .. }) => Some((&*key.name, value)),
        _ => None,
    });
    settings.filter(|(key, _)| matches!(*key, RANGE | RESERVED))
}

fn keeps(model: &Model<'_>, app: AppId, (from, to): (u16, u16)) -> bool {
    let Some(unit) = model.units_of(app).next() else { return false };
    let mut scope = Scope::unit(model, unit);
    settings(model.component_of(app)).any(|(key, value)| {
        let Some(text) = model.eval(&mut scope, value).ok().and_then(|value| value.scalar_text()) else { return false };
        match key {
            RESERVED => ranges(&text).any(|(first, last)| first <= from && to <= last),
            _ => {
                let mut ends = text.split_whitespace().map(str::parse::<u16>);
                matches!((ends.next(), ends.next()), (Some(Ok(first)), Some(Ok(last))) if to < first || last < from)
            }
        }
    })
}

/// `80,8000-8010` as pairs.
fn ranges(text: &str) -> impl Iterator<Item = (u16, u16)> + '_ {
    text.split(',').filter_map(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
    })
}
