//! Packet filters: every relation is open, and nothing is that no relation needs.
//!
//! The rules of a machine are compared with the relations as sets of addresses, for one machine of each kind.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::model::{AppId, EndpointId, MachineId, Model};
use crate::plan::Proof;
use crate::plan::firewall::{Addresses, Firewall, Open, Ruleset, Why, clients, firewalls, kinds, ruleset};
use crate::plan::listener::{From, Service, What, services_on};
use crate::syntax::ast::ItemKind;
use crate::text::{Count, List};

use crate::verify::hosts::identity::plain_path;

/// Compares the rules of every kind of machine.
pub(super) fn verify(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> Proof {
    let list = firewalls(model, problems);
    let (mut machines, mut openings, mut relations) = (0, 0, HashSet::new());
    for firewall in &list {
        let kinds = kinds(model, firewall.app);
        let rules: Vec<(MachineId, Ruleset)> =
            kinds.into_iter().map(|machine| (machine, ruleset(model, firewall, machine))).collect();
        for (machine, rules) in &rules {
            openings += rules.rules.len();
            relations.extend(open(model, firewall, *machine, rules, problems));
        }
        for (place, opened) in firewall.open.iter().enumerate() {
            problems.extend(check_open(model, firewall, &rules, place, opened));
        }
        machines += model.app(firewall.app).units.len();
    }
    let statement = match list.is_empty() {
        true if model.apps().any(|(app, _)| has_rules(model, app)) => {
            "incoming traffic is filtered by handwritten rules; `deploy firewall on *` derives them".to_owned()
        }
        true => "no machine filters incoming traffic; `deploy firewall on *` adds a firewall".to_owned(),
        false => format!(
            "{machines} of {} filter incoming traffic: {} open, no unneeded port",
            Count(model.machines.len(), "machine"),
            Count(relations.len(), "relation")
        ),
    };
    Proof { name: "firewall", statement, count: openings }
}

/// Whether a component brings rules of a packet filter that it wrote by hand.
fn has_rules(model: &Model<'_>, app: AppId) -> bool {
    const PLACES: &[&str] = &["/etc/nftables", "/etc/iptables/", "/etc/ufw/", "/etc/firewalld/"];
    model.component_of(app).ast.items.iter().any(|item| match &item.kind {
        ItemKind::File(file) => plain_path(file).is_some_and(|path| PLACES.iter().any(|place| path.starts_with(place))),
        _ => false,
    })
}

/// Whether everyone who is related to what runs on a machine comes in; which relations that are.
fn open(
    model: &Model<'_>,
    firewall: &Firewall,
    machine: MachineId,
    rules: &Ruleset,
    problems: &mut Vec<Diagnostic>,
) -> Vec<(EndpointId, String)> {
    let mut found = Vec::new();
    for service in services_on(model, machine) {
        let Some(bound) = service.units.first().filter(|bound| !bound.bind.is_loopback()) else { continue };
        let admitted = rules.admits(model, firewall, bound.what);
        for (party, client) in clients(model, &service) {
            found.push((client, service.title(model)));
            let wanted = party.addresses(model, firewall);
            let out = wanted.without(&admitted);
            if !wanted.is_empty() && out.is_empty() {
                continue;
            }
            let (from, to) = (model.endpoint_name(client), service.title(model));
            let message = format!("`{from}` cannot reach `{to}`: the firewall admits none of the clients that use it");
            let problem = Diagnostic::new(Code::RelationClosed, model.app(firewall.app).span, message)
                .here(format!("`{}` is deployed here", model.app(firewall.app).name))
                .label(
                    model.app(client.app).span,
                    format!("`{}` is used from outside the cluster", model.app(client.app).name),
                )
                .label(service.span, format!("`{to}` listens on {}", bound.what))
                .help("list the ranges of its clients in `operators`");
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    found
}

/// What is wrong with one `open` of the settings.
fn check_open(
    model: &Model<'_>,
    firewall: &Firewall,
    rules: &[(MachineId, Ruleset)],
    place: usize,
    open: &Open,
) -> Option<Diagnostic> {
    let services: Vec<(MachineId, Service)> = rules
        .iter()
        .flat_map(|(machine, _)| services_on(model, *machine).into_iter().map(|service| (*machine, service)))
        .collect();
    let here: Vec<&(MachineId, Service)> = services
        .iter()
        .filter(|(_, service)| service.units.iter().any(|bound| bound.what == What::Port(open.port)))
        .collect();
    if let Some(wanted) = &open.app
        && let Some(problem) = elsewhere(model, open, wanted, &services, &here)
    {
        return Some(problem);
    }
    let (_, first) = here.first()?;
    if here.iter().all(|(_, service)| service.units.iter().all(|bound| bound.bind.is_loopback())) {
        let message =
            format!("`open` admits {}, but `{}` listens on the loopback interface only", open.port, first.title(model));
        let problem = Diagnostic::new(Code::OpensNothing, open.span, message).label(first.span, "binds loopback");
        return Some(problem.help("remove the rule, which has no effect, or bind another address"));
    }
    wider(model, firewall, rules, place, open, first)
}

/// An `open` for an application that listens elsewhere, or nowhere.
fn elsewhere(
    model: &Model<'_>,
    open: &Open,
    wanted: &str,
    services: &[(MachineId, Service)],
    here: &[&(MachineId, Service)],
) -> Option<Diagnostic> {
    let names = || model.apps.iter().map(|app| &*app.name);
    let problem = |message: String| Diagnostic::new(Code::OpensNothing, open.span, message);
    let Some((app, _)) = model.apps().find(|(_, app)| *app.name == *wanted) else {
        let help = did_you_mean(wanted, names(), &format!("the applications are {}", List::ticked(names())));
        return Some(problem(format!("`open` names `{wanted}`, but no application has that name")).help(help));
    };
    if here.iter().any(|(_, service)| service.app == app) {
        return None;
    }
    let mut ports: Vec<String> = services
        .iter()
        .filter(|(_, service)| service.app == app)
        .flat_map(|(_, service)| service.units.iter().map(|bound| format!("{}", bound.what)))
        .collect();
    ports.sort();
    ports.dedup();
    let on = match ports.as_slice() {
        [] => format!("`{wanted}` has no listener there"),
        list => format!("`{wanted}` listens on {}", list.join(", ")),
    };
    let mut problem = problem(format!("`open` admits {} for `{wanted}`, which does not listen there", open.port))
        .label(model.app(app).span, format!("`{wanted}` is deployed here"));
    let mut help = on;
    if let Some((_, other)) = here.first() {
        let owner = &model.app(other.app).name;
        problem = problem.label(other.span, format!("`{owner}` listens on {}", open.port));
        help += &format!("; {} belongs to `{owner}`", open.port);
    }
    Some(problem.help(help))
}

/// An `open` to machines or pods of the cluster that nothing relates to what listens there.
fn wider(
    model: &Model<'_>,
    firewall: &Firewall,
    rules: &[(MachineId, Ruleset)],
    place: usize,
    open: &Open,
    service: &Service,
) -> Option<Diagnostic> {
    let what = What::Port(open.port);
    let (_, ruleset) = rules.iter().find(|(_, set)| set.rules.iter().any(|rule| rule.what == what))?;
    let others = ruleset.rules.iter().filter(|rule| rule.what == what && rule.why != Why::Open(place));
    let needed = others.fold(Addresses::default(), |sum, rule| sum.and(&rule.party.addresses(model, firewall)));
    let extra = Addresses::of_ranges(&open.from).without(&needed);
    // A machine may dial itself whatever the rules say.
    let own: HashSet<MachineId> = model.units_of(service.app).filter_map(|unit| model.unit(unit).machine).collect();
    let machines: Vec<&str> = (0..model.machines.len() as u32)
        .map(MachineId)
        .filter(|id| !own.contains(id) && extra.contains(model.machine(*id).address))
        .map(|id| &*model.machine(id).name)
        .collect();
    let pods =
        !service.from.contains(&From::Pods) && !extra.within(&Addresses::of_ranges(&model.cluster.pods)).is_empty();
    let who = match (machines.as_slice(), pods) {
        ([], false) => return None,
        ([], true) => "pods".to_owned(),
        ([one], _) => format!("`{one}`"),
        ([one, rest @ ..], _) => format!("`{one}` and {}", Count(rest.len(), "more machine")),
    };
    let message =
        format!("`open` admits {who} to `{}` on {}, but no relation needs that", service.title(model), open.port);
    Some(
        Diagnostic::new(Code::OpenTooWide, open.span, message)
            .label(service.span, format!("`{}` listens on {}", model.app(service.app).name, open.port))
            .label(model.app(service.app).span, "deployed here")
            .help("list only clients outside the cluster; inside it, a `relate` opens the port too"),
    )
}
