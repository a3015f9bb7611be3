//! Rules of the packet filter of a machine: why each is there.

use crate::model::{EndpointId, MachineId, UnitId};
use crate::plan::firewall::{self, Firewall, FirewallRule, Ruleset, Why as Reason, firewalls};
use crate::plan::listener::{Service, What, services_on};
use crate::render;
use crate::syntax::ast::Port;

use super::{Link, Why, place, relation};

/// The rules of a machine that let something in at a port; all of them without one.
pub(super) fn links(why: &Why<'_, '_>, machine: MachineId, port: Option<Port>) -> Vec<Link> {
    let model = why.model();
    let on = |firewall: &Firewall| model.unit_on(firewall.app, machine).is_some();
    let list = firewalls(model, &mut Vec::new());
    list.iter().filter(|one| on(one)).flat_map(|one| of_firewall(why, one, machine, port)).collect()
}

/// All rules of a unit's firewall, if it has one.
pub(super) fn of_unit(why: &Why<'_, '_>, unit: UnitId) -> Vec<Link> {
    let own = why.model().unit(unit);
    let list = firewalls(why.model(), &mut Vec::new());
    let firewall = list.iter().find(|firewall| firewall.app == own.app);
    firewall.zip(own.machine).map(|(firewall, machine)| of_firewall(why, firewall, machine, None)).unwrap_or_default()
}

fn of_firewall(why: &Why<'_, '_>, firewall: &Firewall, machine: MachineId, port: Option<Port>) -> Vec<Link> {
    let model = why.model();
    let rules: Ruleset = firewall::ruleset(model, firewall, machine);
    let services = services_on(model, machine);
    let lines = render::firewall::lines(model, firewall, &rules);
    let wanted = |rule: &FirewallRule| port.is_none_or(|port| rule.what == What::Port(port));
    let found = lines.into_iter().filter(|(place, _)| wanted(&rules.rules[*place]));
    found
        .map(|(place, line)| {
            let rule = &rules.rules[place];
            Link::new(format!("`{line}`")).because(reason(why, firewall, &services, rule))
        })
        .collect()
}

/// What a rule comes from.
fn reason(why: &Why<'_, '_>, firewall: &Firewall, services: &[Service], rule: &FirewallRule) -> Vec<Link> {
    let model = why.model();
    let listens = |service: &&Service| service.units.iter().any(|bound| bound.what == rule.what);
    match &rule.why {
        Reason::Relation(client) => {
            let dials = |service: &&Service| -> bool {
                let Some(endpoint) = service.endpoint else { return false };
                let to = EndpointId { app: service.app, endpoint };
                model.relations.iter().any(|relation| relation.from == *client && relation.to == to)
            };
            let service = services.iter().filter(listens).find(dials);
            let to = service.and_then(|s| Some(EndpointId { app: s.app, endpoint: s.endpoint? }));
            let found = model.relations.iter().find(|relation| relation.from == *client && Some(relation.to) == to);
            found.map(|found| relation::link(why, found)).into_iter().collect()
        }
        Reason::Declared => {
            let title = rule.comment.split(" from ").next().unwrap_or_default();
            let service = services.iter().filter(listens).find(|service| service.title(model) == title);
            let link = |service: &Service| {
                let text = format!("`{title}` restricts its clients with `from`");
                Link::at(service.span, text)
                    .because([Link::at(model.app(service.app).span, place::deployed(why, service.app))])
            };
            service.map(link).into_iter().collect()
        }
        Reason::Ssh => vec![Link::at(firewall.span, "the setting `ssh`, for the ranges in `operators`")],
        Reason::Open(place) => {
            let open = firewall.open.get(*place);
            open.map(|open| Link::at(open.span, format!("`open` has {}", open.port))).into_iter().collect()
        }
    }
}
