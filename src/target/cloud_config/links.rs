//! The interfaces of a machine as network-config: ports, bonds and VLANs, each with its addresses and routes.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::model::Value;
use crate::model::link::{Link, LinkKind, Route, mac, of_nodes};
use crate::model::nodes::NodeRange;
use crate::target::{Site, TargetMachine};

use super::{addresses, default_route};

/// The sections of version 2, in the order in which they build on each other.
pub(super) fn network(site: &Site, machine: &TargetMachine) -> Value {
    let of_kind = |is_kind: fn(&Link) -> bool| {
        let own = machine.links.iter().filter(|link| is_kind(link));
        let own: Vec<_> = own.map(|link| (link.name.clone(), interface(site, machine, link))).collect();
        if own.is_empty() { Value::None } else { Value::record(own) }
    };
    Value::record([
        ("version", Value::Int(2)),
        ("ethernets", of_kind(Link::is_physical)),
        ("bonds", of_kind(|link| !link.members().is_empty())),
        ("vlans", of_kind(|link| link.vlan().is_some())),
    ])
}

fn interface(site: &Site, machine: &TargetMachine, link: &Link) -> Value {
    let is_of_nodes = of_nodes(&machine.links).is_some_and(|nodes| nodes.name == link.name);
    let own = link.addresses.iter().map(|address| Value::text(address.to_string()));
    let addresses: Vec<Value> = if is_of_nodes { addresses(site, machine) } else { Vec::new() };
    let routes = link.routes.iter().map(route).chain(if is_of_nodes { of_range(site, machine) } else { Vec::new() });
    let rest = [
        ("dhcp4", Value::Bool(link.dhcp)),
        ("dhcp6", Value::Bool(false)),
        ("accept-ra", Value::Bool(false)),
        ("mtu", link.mtu.map_or(Value::None, Value::Int)),
        ("addresses", list(addresses.into_iter().chain(own))),
        ("routes", list(routes)),
        ("nameservers", resolvers(site.range_of(machine), link, is_of_nodes)),
    ];
    Value::record(kind(link).into_iter().chain(rest))
}

/// What makes it the interface that it is.
fn kind(link: &Link) -> Vec<(&'static str, Value)> {
    match &link.kind {
        LinkKind::Physical => match link.mac.as_deref().and_then(mac) {
            Some(mac) => vec![
                ("match", Value::record([("macaddress", Value::text(mac))])),
                ("set-name", Value::Text(link.name.clone())),
            ],
            None => Vec::new(),
        },
        LinkKind::Bond(bond) | LinkKind::Both(bond, _) => vec![
            ("interfaces", list(bond.members.iter().cloned().map(Value::Text))),
            ("parameters", Value::record(bond.parameters.iter().map(|(name, value)| (*name, value.clone())))),
        ],
        LinkKind::Vlan(vlan) => vec![("id", Value::Int(vlan.id)), ("link", Value::Text(vlan.link.clone()))],
    }
}

/// The routes by the gateways of the machine's range: to everywhere, or to the other ranges where the model has another way to
/// everywhere.
fn of_range(site: &Site, machine: &TargetMachine) -> Vec<Value> {
    let routes = || machine.links.iter().flat_map(|link| &link.routes);
    let is_written = |range: &IpNet| routes().any(|route| route.to.prefix_len() > 0 && route.to.contains(range));
    let has_default = |v6: bool| routes().any(|route| route.to.prefix_len() == 0 && route.via.is_ipv6() == v6);
    let own = site.range_of(machine);
    let others = site.nodes.ranges().into_iter().filter(|range| own.ranges().all(|own| own != *range));
    let others: Vec<IpNet> = others.filter(|range| !is_written(range)).collect();
    let by = |gateway: IpAddr| match has_default(gateway.is_ipv6()) {
        false => vec![default_route(gateway)],
        true => {
            let alike = others.iter().filter(|range| range.addr().is_ipv6() == gateway.is_ipv6());
            alike.map(|range| route(&Route { to: *range, via: gateway, metric: None })).collect()
        }
    };
    own.gateways().flat_map(by).collect()
}

fn route(route: &Route) -> Value {
    Value::record([
        ("to", Value::text(route.to.to_string())),
        ("via", Value::Ip(route.via)),
        ("metric", route.metric.map_or(Value::None, Value::Int)),
    ])
}

fn resolvers(range: &NodeRange, link: &Link, is_of_nodes: bool) -> Value {
    let addresses = if link.dns.is_empty() && is_of_nodes { &range.dns } else { &link.dns };
    if addresses.is_empty() && link.search.is_empty() {
        return Value::None;
    }
    Value::record([
        ("addresses", list(addresses.iter().copied().map(Value::Ip))),
        ("search", list(link.search.iter().cloned().map(Value::Text))),
    ])
}

fn list(values: impl Iterator<Item = Value>) -> Value {
    let values: Vec<Value> = values.collect();
    if values.is_empty() { Value::None } else { Value::list(values) }
}
