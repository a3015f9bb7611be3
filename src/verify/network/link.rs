//! The network interfaces of machines: what is one of several, what is on another, and what leads where.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::check::text_form::TextForm;
use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::hash::HashMap;
use crate::model::link::{Link, NODES, mac, named, of_nodes};
use crate::model::nodes::NodeRange;
use crate::model::{Machine, Model};
use crate::plan::Proof;
use crate::text::{Count, List};

mod part;
mod route;

/// One machine of each group with the same interfaces, of those that have any.
pub fn kinds<'m>(model: &'m Model<'_>) -> Vec<&'m Machine> {
    let mut kinds: Vec<&Machine> = Vec::new();
    let with = model.machines.iter().filter(|machine| !machine.links.is_empty());
    for machine in with {
        let is_like = |other: &&Machine| Arc::ptr_eq(&other.links, &machine.links) && other.range == machine.range;
        if !kinds.last().is_some_and(is_like) {
            kinds.push(machine);
        }
    }
    kinds
}

/// Looks at the interfaces of every machine.
pub(super) fn verify(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> Proof {
    let kinds = kinds(model);
    for machine in &kinds {
        let found = of_machine(model, machine);
        let is_new = |found: &Diagnostic, known: &[Diagnostic]| {
            let same = |one: &Diagnostic| one.labels[0].span == found.labels[0].span && one.message == found.message;
            !known.iter().any(same)
        };
        for one in found {
            if is_new(&one, problems) {
                problems.push(one);
            }
        }
    }
    problems.extend(twice(model));
    problems.extend(taken(model));
    let machines = model.machines.iter().filter(|machine| !machine.links.is_empty());
    let count = machines.map(|machine| machine.links.len()).sum();
    let statement = match count {
        0 => String::new(),
        _ => format!("{}: each with its own hardware, networks and routes", Count(count, "network interface")),
    };
    Proof { name: "links", statement, count }
}

/// A problem of an interface.
fn wrong(link: &Link, message: String) -> Diagnostic {
    Diagnostic::new(Code::InvalidLink, link.span, message)
}

fn of_machine(model: &Model<'_>, machine: &Machine) -> Vec<Diagnostic> {
    let links = &machine.links;
    let own = links.iter().flat_map(|link| [name(link), hardware(link), size(link)].into_iter().flatten());
    let mut found: Vec<Diagnostic> = own.collect();
    found.extend(links.iter().flat_map(|link| part::verify(links, link)));
    found.extend(links.iter().filter_map(|link| overlaps(model, link)));
    match nodes(machine) {
        Some(problem) => found.push(problem),
        None => found.extend(route::verify(model, machine)),
    }
    found
}

fn name(link: &Link) -> Option<Diagnostic> {
    let message = format!("`{}` is not a valid name for a network interface", link.name.escape_debug());
    (!TextForm::Interface.admits(&link.name)).then(|| wrong(link, message).help(TextForm::Interface.rule()))
}

fn hardware(link: &Link) -> Option<Diagnostic> {
    let written = link.mac.as_deref()?;
    if !link.is_physical() {
        let message = format!("`{}` has a `mac`, but is not a port: its hardware is that of others", link.name);
        return Some(wrong(link, message).help("write the `mac` at the port that it is made of"));
    }
    let message = format!("`{}` is not a MAC address of one interface", written.escape_debug());
    mac(written).is_none().then(|| wrong(link, message).help("use six bytes, such as `3c:ec:ef:12:34:56`"))
}

/// What the kernel takes, and IPv6 with it (RFC 8200, section 5).
fn size(link: &Link) -> Option<Diagnostic> {
    const LEAST: i64 = 68;
    const LEAST_V6: i64 = 1280;
    let mtu = link.mtu?;
    let has_v6 = link.addresses.iter().any(|address| address.addr().is_ipv6());
    let least = if has_v6 { LEAST_V6 } else { LEAST };
    let message = format!("the MTU of `{}` is {mtu}, but has to be from {least} to 65535", link.name);
    (!(least..=65535).contains(&mtu)).then(|| wrong(link, message).help("most networks carry 1500, some 9000"))
}

/// The one that has the machine's address.
fn nodes(machine: &Machine) -> Option<Diagnostic> {
    let links = &machine.links;
    let with: Vec<&Link> = links.iter().filter(|link| link.role.as_deref() == Some(NODES)).collect();
    if let [first, second, ..] = with[..] {
        let message = format!("`{}` and `{}` both have the role `{NODES}`", first.name, second.name);
        let problem = wrong(second, message).label(first.span, "the first one");
        return Some(problem.help("give it to the interface that has the machine's address in the cluster"));
    }
    if of_nodes(links).is_some() {
        return None;
    }
    let first = links.first()?;
    let message = format!("no interface of `{}` has the role `{NODES}`", machine.name);
    let help = format!("add `role = \"{NODES}\"` to the interface that has its address {}", machine.address);
    let nearly = links.iter().find_map(|link| {
        let role = link.role.as_deref()?;
        crate::diag::closest(role, [NODES]).map(|_| (link, role))
    });
    Some(match nearly {
        Some((link, role)) => wrong(link, message).here(format!("its role is `{role}`")).help(help),
        None => wrong(first, message).help(help),
    })
}

/// A network of an interface in which pods or services have their addresses.
fn overlaps(model: &Model<'_>, link: &Link) -> Option<Diagnostic> {
    let cluster = &model.cluster;
    let named = [("pods", &cluster.pods), ("services", &cluster.services)];
    let meets = |a: &IpNet, b: &IpNet| a.contains(&b.network()) || b.contains(&a.network());
    link.addresses.iter().find_map(|address| {
        let found = named.iter().find_map(|(name, ranges)| {
            ranges.iter().find(|range| meets(&address.trunc(), range)).map(|range| (*name, range))
        });
        let (name, range) = found?;
        let message = format!("`{}` is in the network {}, which overlaps `{name}` {range}", link.name, address.trunc());
        let problem = Diagnostic::new(Code::OverlappingRanges, link.span, message).label(cluster.spans[name], name);
        Some(problem.help("use another network: packets for it would be sent to the interface instead"))
    })
}

/// Hardware that two interfaces are.
fn twice(model: &Model<'_>) -> Vec<Diagnostic> {
    let mut known: HashMap<String, (&Machine, &Link)> = HashMap::default();
    let mut found = Vec::new();
    for machine in &model.machines {
        for link in machine.links.iter() {
            let Some(mac) = link.mac.as_deref().and_then(mac) else { continue };
            match known.get(&mac) {
                Some(first) => found.push(same(&mac, *first, (machine, link))),
                None => drop(known.insert(mac, (machine, link))),
            }
        }
    }
    found.dedup_by(|a, b| a.labels[0].span == b.labels[0].span);
    found
}

fn same(mac: &str, (first, one): (&Machine, &Link), (second, other): (&Machine, &Link)) -> Diagnostic {
    let message = format!(
        "`{}` of `{}` and `{}` of `{}` have the same MAC address {mac}",
        one.name, first.name, other.name, second.name
    );
    let problem = wrong(other, message);
    let problem = if one.span == other.span { problem } else { problem.label(one.span, "the first one") };
    problem.help(
        "write the `mac` of each machine in `names`: `names = { NAME = { interfaces = { eth0 = { mac = ... } } } }`",
    )
}

/// Addresses of interfaces that another machine or application has.
fn taken(model: &Model<'_>) -> Vec<Diagnostic> {
    let links = || model.machines.iter().flat_map(|machine| machine.links.iter());
    if links().all(|link| link.addresses.is_empty()) {
        return Vec::new();
    }
    let own = model.machines.iter().map(|machine| (machine.address, format!("`{}`", machine.name)));
    let mut known: HashMap<IpAddr, String> = own.collect();
    let gateways = model.cluster.nodes.iter().flat_map(NodeRange::gateways);
    known.extend(gateways.map(|gateway| (gateway, "the gateway".to_owned())));
    let mut found: Vec<Diagnostic> = Vec::new();
    for machine in &model.machines {
        for (link, address) in machine.links.iter().flat_map(|link| link.addresses.iter().map(move |one| (link, one))) {
            let address = address.addr();
            let name = format!("`{}` of `{}`", link.name, machine.name);
            match known.get(&address) {
                Some(holder) => {
                    let message = format!("{name} has the address {address}, which is that of {holder}");
                    let problem = Diagnostic::new(Code::AddressTaken, link.span, message);
                    found.push(problem.help("use a different address for each"));
                }
                None => drop(known.insert(address, name)),
            }
        }
    }
    found.dedup_by(|a, b| a.labels[0].span == b.labels[0].span);
    found
}

/// What an interface names, if it is not one of the machine's.
fn unknown(links: &[Link], link: &Link, wanted: &str) -> Option<Diagnostic> {
    if named(links, wanted).is_some() {
        return None;
    }
    let message = format!("`{}` is on `{wanted}`, which is not an interface of the machine", link.name);
    let names = || links.iter().filter(|other| other.name != link.name).map(|link| &*link.name);
    let help = did_you_mean(wanted, names(), &format!("its interfaces are {}", List::ticked(names())));
    Some(wrong(link, message).help(help))
}
