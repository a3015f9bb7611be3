//! Services: addresses and ports that the API server does not give out, that two of them ask for, and ports by names that no pod has.
//!
//! Source: pkg/registry/core/service/ipallocator and portallocator of Kubernetes; kubernetes.io/docs/reference/networking/virtual-ips
//! (`clusterIP` from `--service-cluster-ip-range`), kubernetes.io/docs/concepts/services-networking/service (`nodePort`,
//! `targetPort`).

use std::net::IpAddr;

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::model::Model;
use crate::text::List;
use crate::verify::locate::Step;

use super::inventory::{Found, at};
use super::reference::Objects;

/// The ports of services on nodes, where no API server is told another range.
const NODE_PORTS: (u64, u64) = (30_000, 32_767);

/// The same as `--service-node-port-range` has it.
pub(super) const NODE_PORT_RANGE: &str = "30000-32767";

/// What is wrong with the services of the model; with `node_ports` when all API servers have the usual range.
pub(super) fn verify(model: &Model<'_>, objects: &Objects<'_, '_, '_>, node_ports: bool) -> Vec<Diagnostic> {
    let services: Vec<_> = objects.list.iter().filter(|found| found.kind() == "Service").collect();
    let mut problems: Vec<_> = services.iter().flat_map(|one| addresses(model, one)).collect();
    if node_ports {
        problems.extend(services.iter().flat_map(|one| ports(model, one)));
    }
    problems.extend(services.iter().flat_map(|one| targets(model, objects, one)));
    for (place, one) in services.iter().enumerate() {
        // Machines that are alike have one object in several files.
        let before =
            services[..place].iter().filter(|other| (other.namespace(), other.name()) != (one.namespace(), one.name()));
        problems.extend(before.into_iter().find_map(|other| shared(model, other, one)));
    }
    problems
}

/// The addresses that a service asks for, with the ways to them.
fn wanted(found: &Found<'_, '_>) -> Vec<(Vec<Step>, IpAddr)> {
    let own = at(&found.object, "spec.clusterIP").into_iter().chain(at(&found.object, "spec.clusterIPs[]"));
    own.filter_map(|(way, value)| Some((way, value.as_str()?.parse().ok()?))).collect()
}

fn addresses(model: &Model<'_>, found: &Found<'_, '_>) -> Option<Diagnostic> {
    let ranges = &model.cluster.services;
    let (way, address) =
        wanted(found).into_iter().find(|(_, address)| !ranges.iter().any(|range| range.contains(address)))?;
    let list = List::of(ranges);
    let message =
        format!("{} asks for {address}, which is outside `services` {list}: the API server rejects it", found.title());
    let problem = Diagnostic::new(Code::AddressOutsideRange, found.span(model, &way), message);
    Some(problem.help("remove the address, and the API server gives it one, or use one of `services`"))
}

/// The ports on nodes, with the ways to them.
fn node_ports(found: &Found<'_, '_>) -> Vec<(Vec<Step>, u64)> {
    let ports = at(&found.object, "spec.ports[].nodePort").into_iter();
    ports.filter_map(|(way, port)| Some((way, port.as_u64().filter(|port| *port > 0)?))).collect()
}

fn ports(model: &Model<'_>, found: &Found<'_, '_>) -> Option<Diagnostic> {
    let (first, last) = NODE_PORTS;
    let (way, port) = node_ports(found).into_iter().find(|(_, port)| !(first..=last).contains(port))?;
    let message = format!(
        "{} asks for node port {port}, and only {first}-{last} are given out: the API server rejects it",
        found.title()
    );
    let problem = Diagnostic::new(Code::InvalidConfig, found.span(model, &way), message);
    Some(problem.help(format!("use a port of {first}-{last}, or remove `nodePort`, and the API server gives it one")))
}

/// What two services cannot have both.
fn shared(model: &Model<'_>, first: &Found<'_, '_>, second: &Found<'_, '_>) -> Option<Diagnostic> {
    let taken = wanted(first);
    if let Some((way, address)) =
        wanted(second).into_iter().find(|(_, own)| taken.iter().any(|(_, other)| other == own))
    {
        let message = format!(
            "{} and {} both ask for {address}: the API server rejects the second",
            first.title(),
            second.title()
        );
        let problem = Diagnostic::new(Code::AddressTaken, second.span(model, &way), message);
        return Some(problem.help("remove the address of one of them, and the API server gives it one"));
    }
    let taken = node_ports(first);
    let protocols = |found: &Found<'_, '_>, port: u64| {
        let ports =
            at(&found.object, "spec.ports[]").into_iter().map(|(_, one)| one).filter(|one| one["nodePort"] == port);
        ports.map(|one| one["protocol"].as_str().unwrap_or("TCP").to_owned()).collect::<Vec<_>>()
    };
    let (way, port) = node_ports(second).into_iter().find(|(_, own)| {
        taken.iter().any(|(_, other)| other == own)
            && protocols(first, *own).iter().any(|protocol| protocols(second, *own).contains(protocol))
    })?;
    let message = format!(
        "{} and {} both ask for node port {port}: the API server rejects the second",
        first.title(),
        second.title()
    );
    let problem = Diagnostic::new(Code::PortTaken, second.span(model, &way), message);
    Some(problem.help("use another port for one of them"))
}

/// A port by a name that no container has, of pods that the model knows.
fn targets(model: &Model<'_>, objects: &Objects<'_, '_, '_>, found: &Found<'_, '_>) -> Vec<Diagnostic> {
    let Some(selector) = found.object["spec"]["selector"].as_object().filter(|selector| !selector.is_empty()) else {
        return Vec::new();
    };
    let pods = objects.list.iter().filter(|other| other.namespace() == found.namespace()).filter_map(Found::pods);
    let is_own = |pod: &&Json| {
        let labels = &pod["metadata"]["labels"];
        selector.iter().all(|(key, value)| labels[key.as_str()] == *value)
    };
    let pods: Vec<&Json> = pods.map(|(_, pod)| pod).filter(is_own).collect();
    if pods.is_empty() {
        return Vec::new();
    }
    let names = pods.iter().flat_map(|pod| {
        let containers =
            at(pod, "spec.containers[].ports[].name").into_iter().chain(at(pod, "spec.initContainers[].ports[].name"));
        containers.filter_map(|(_, name)| name.as_str())
    });
    let names: Vec<&str> = names.collect();
    let of = |(way, target): (Vec<Step>, &Json)| {
        let name = target.as_str().filter(|name| name.parse::<u16>().is_err() && !names.contains(name))?;
        let message = format!(
            "{} leads to the port `{name}`, and no container of its pods has a port of that name: its clients reach nothing",
            found.title()
        );
        let help = match closest(name, names.iter().copied()) {
            Some(near) => Help::near(near),
            None if names.is_empty() => "name the port in the container, or use its number".into(),
            None => format!("the ports are {}", List::ticked(&names)).into(),
        };
        Some(Diagnostic::new(Code::ObjectMissing, found.span(model, &way), message).help(help))
    };
    at(&found.object, "spec.ports[].targetPort").into_iter().filter_map(of).collect()
}
