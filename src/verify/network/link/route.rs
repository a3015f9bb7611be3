//! Where packets leave a machine: gateways are next to it, and there is one way to everywhere.

use std::net::IpAddr;

use crate::diag::{Code, Diagnostic};
use crate::model::link::{Link, Route, of_nodes};
use crate::model::nodes::NodeRange;
use crate::model::{Machine, Model};

use super::wrong;

/// What is wrong with the routes of a machine.
pub(super) fn verify(model: &Model<'_>, machine: &Machine) -> Vec<Diagnostic> {
    let each = || machine.links.iter().flat_map(|link| link.routes.iter().map(move |route| (link, route)));
    let far = each().filter_map(|(link, route)| far(model, machine, link, route));
    let edges = machine.links.iter().filter_map(edge);
    let twice = each().enumerate().filter_map(|(place, (link, route))| {
        let first = each().take(place).find(|(_, other)| is_same(route, other))?;
        Some(again(machine, (link, route), first))
    });
    far.chain(edges).chain(twice).collect()
}

/// Whether a kernel takes only one of two.
fn is_same(a: &Route, b: &Route) -> bool {
    a.to == b.to && a.via.is_ipv6() == b.via.is_ipv6() && a.metric == b.metric
}

fn again(machine: &Machine, (link, route): (&Link, &Route), (first, other): (&Link, &Route)) -> Diagnostic {
    let what = match route.to.prefix_len() {
        0 => "two default routes".to_owned(),
        _ => format!("two routes to {}", route.to),
    };
    let message = format!("`{}` has {what}: by {} and by {}", machine.name, other.via, route.via);
    let problem = wrong(link, message);
    let problem = if first.span == link.span { problem } else { problem.label(first.span, "the first one") };
    problem.help("remove one, or give them different values of `metric`: the lowest is used")
}

/// A gateway in no network of its interface.
fn far(model: &Model<'_>, machine: &Machine, link: &Link, route: &Route) -> Option<Diagnostic> {
    let is_of_nodes = of_nodes(&machine.links).is_some_and(|nodes| nodes.name == link.name);
    let own = link.addresses.iter().any(|address| address.contains(&route.via));
    let is_local = |address: IpAddr| matches!(address, IpAddr::V6(one) if one.is_unicast_link_local());
    if own || is_local(route.via) || link.dhcp || is_of_nodes && is_next(model.range_of(machine), route.via) {
        return None;
    }
    let message = format!("the gateway {} is in no network of `{}` of `{}`", route.via, link.name, machine.name);
    Some(
        wrong(link, message)
            .help("use a gateway in one of its networks, or add an address of that network to the interface"),
    )
}

/// Whether a gateway is in the network of the machine's own range.
fn is_next(range: &NodeRange, gateway: IpAddr) -> bool {
    range.ranges().any(|own| own.contains(&gateway))
}

/// An address that names its network, or all machines of it.
fn edge(link: &Link) -> Option<Diagnostic> {
    let is_edge = |address: &&ipnet::IpNet| {
        let host_bits = address.max_prefix_len() - address.prefix_len();
        let is_v4 = address.addr().is_ipv4();
        is_v4 && host_bits > 1 && [address.network(), address.broadcast()].contains(&address.addr())
    };
    let address = link.addresses.iter().find(is_edge)?;
    let message = format!(
        "`{}` cannot have {}, the network or broadcast address of {}",
        link.name,
        address.addr(),
        address.trunc()
    );
    Some(
        Diagnostic::new(Code::AddressTaken, link.span, message)
            .help("write the address of the machine with the prefix of its network: `10.1.0.5/24`"),
    )
}
