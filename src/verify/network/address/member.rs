//! Single addresses that have to be inside a range: the gateway's, and those of endpoints whose interface sets `within`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic};
use crate::model::address::nth;
use crate::model::component::text_field;
use crate::model::nodes::NodeRange;
use crate::model::{EndpointId, Machine, Model};
use crate::syntax::ast::EndpointKind;

/// Looks at every such address.
pub(super) fn verify(model: &Model<'_>, problems: &mut Vec<Diagnostic>) {
    gateway(model, problems);
    problems.extend(second(model));
    problems.extend(unused(model));
    for (app, _) in model.apps() {
        for endpoint in 0..model.component_of(app).endpoints.len() as u32 {
            problems.extend(of_endpoint(model, EndpointId { app, endpoint }));
        }
    }
}

fn gateway(model: &Model<'_>, problems: &mut Vec<Diagnostic>) {
    for own in model.cluster.nodes.iter() {
        if !own.range.contains(&own.gateway) {
            problems.push(outside_gateway(own, own.gateway, own.to_string()));
        } else if own.gateway.is_ipv4() && !own.is_usable(own.gateway) {
            problems.push(edge(own, own.gateway));
        }
        let second = own.second.and_then(|second| Some((second.range, second.gateway?)));
        if let Some((range, gateway)) = second.filter(|(range, gateway)| !range.contains(gateway)) {
            problems.push(outside_gateway(own, gateway, range.to_string()));
        }
    }
}

fn outside_gateway(own: &NodeRange, gateway: IpAddr, range: String) -> Diagnostic {
    let message = format!("the gateway {gateway} is outside {range}");
    Diagnostic::new(Code::AddressOutsideRange, own.gateway_span, message)
        .label(own.span, "the range of the machines")
        .help("use an address in that range: machines reach the gateway without a router")
}

/// A router cannot have it either; one of IPv6 answers at the first address (RFC 4291, section 2.6.1).
fn edge(own: &NodeRange, gateway: IpAddr) -> Diagnostic {
    let message = format!("the gateway {gateway} is the network or broadcast address of {own}");
    Diagnostic::new(Code::AddressTaken, own.gateway_span, message)
        .label(own.span, "the range of the machines")
        .help("use the address of the router, such as the first after the network's own")
}

/// Machines whose address has no counterpart in the range of the other family.
fn second(model: &Model<'_>) -> Option<Diagnostic> {
    model.cluster.nodes.iter().find(|own| own.second.is_some())?;
    let without = |machine: &&Machine| {
        let own = model.range_of(machine);
        own.second.is_some() && own.second_of(machine.address).is_none()
    };
    let machine = model.machines.iter().find(without)?;
    let (own, group) = (model.range_of(machine), &model.groups[machine.group as usize]);
    let second = own.second?.range;
    let message = format!(
        "`{}` is at {}, and {second} has no address at the same place, which its address of the other family would be",
        machine.name, machine.address
    );
    let problem = Diagnostic::new(Code::RangeTooSmall, own.second_span, message).label(group.span, "its machines");
    Some(problem.help("use a range that is as large as the other one"))
}

/// Ranges that no machine can be in.
fn unused(model: &Model<'_>) -> impl Iterator<Item = Diagnostic> {
    model.cluster.nodes.iter().filter(|own| !own.is_known).map(|own| {
        let place = own.place.as_deref().unwrap_or_default();
        let message = format!("no zone, rack or group is named `{place}`, so no machine is in {}", own.range);
        Diagnostic::new(Code::UnusedRange, own.span, message).here(format!("`{}`", own.title())).help(
            "remove the range, or name a zone, rack or group of the model; a group with a count of 0 may come later",
        )
    })
}

/// The addresses of endpoints that are outside of the range that they have to be in.
pub fn outside(model: &Model<'_>) -> BTreeSet<IpAddr> {
    let endpoints = model.apps().flat_map(|(app, _)| {
        (0..model.component_of(app).endpoints.len() as u32).map(move |endpoint| EndpointId { app, endpoint })
    });
    let within = endpoints.filter_map(|id| Within::of(model, id));
    within.filter(|within| within.range().is_none()).map(|within| within.address).collect()
}

/// An address of the cluster's own ranges that a component chose.
struct Within<'m> {
    address: IpAddr,
    name: &'static str,
    ranges: Cow<'m, [IpNet]>,
}

impl<'m> Within<'m> {
    fn of(model: &'m Model<'_>, id: EndpointId) -> Option<Self> {
        let info = model.endpoint_info(id);
        let interface = info.interface.and_then(|symbol| model.program.interface(symbol))?;
        let within = text_field(&interface.body, "within").filter(|_| info.ast.kind == EndpointKind::Provides)?;
        let unit = model.units_of(id.app).next()?;
        let address = model.endpoint_value(unit, id.endpoint).ok()?.address?;
        let cluster = &model.cluster;
        let (name, ranges): (_, Cow<'_, [IpNet]>) = match &*within {
            "services" => ("services", cluster.services[..].into()),
            "pods" => ("pods", cluster.pods[..].into()),
            _ => ("nodes", cluster.nodes.ranges().into()),
        };
        Some(Self { address, name, ranges })
    }

    fn range(&self) -> Option<IpNet> {
        self.ranges.iter().copied().find(|range| range.contains(&self.address))
    }
}

fn of_endpoint(model: &Model<'_>, id: EndpointId) -> Option<Diagnostic> {
    let info = model.endpoint_info(id);
    let within = Within::of(model, id)?;
    let (address, name, cluster) = (within.address, within.name, &model.cluster);
    let problem = |code, message: String| {
        let place = info.ast.body.field("address").map_or(info.ast.name.span, |field| field.value.span);
        Diagnostic::new(code, model.app(id.app).span, message)
            .here("deployed here")
            .label(place, format!("the address of `{}`", model.endpoint_name(id)))
            .label(cluster.spans[name], format!("`{name}`"))
    };
    let what = model.endpoint_name(id);
    let Some(range) = within.range() else {
        let message = format!("`{what}` is at {address}, outside `{name}`");
        let tenth = within
            .ranges
            .first()
            .and_then(|range| nth(*range, 10))
            .map_or(String::new(), |ip| format!(", which is {ip}"));
        let help = format!(
            "nothing answers at that address, so requests such as DNS lookups of pods time out: remove the address, \
             so that `{}` chooses one, or use `host(cluster.{name}, 10)`{tenth}",
            model.app(id.app).name
        );
        return Some(problem(Code::AddressOutsideRange, message).help(help));
    };
    let holder = holder(range, address, name)?;
    let message = format!("`{what}` cannot use {address}, which is {holder} of {range}");
    Some(
        problem(Code::AddressTaken, message)
            .help("use another address, such as the tenth: `host(cluster.services, 10)`"),
    )
}

/// Who has an address of a range before anyone takes one.
fn holder(range: IpNet, address: IpAddr, name: &str) -> Option<&'static str> {
    let is = |n| nth(range, n) == Some(address);
    match address {
        _ if is(0) => Some("the first address"),
        _ if is(1) && name == "services" => Some("the address of the API, the second"),
        _ if range.broadcast() == address && range.max_prefix_len() == 32 => Some("the last address"),
        _ => None,
    }
}
