//! The families of the cluster's ranges belong together.
//!
//! Kubernetes takes one range of each family. An API server refuses to start when its first service range is not of the
//! family of its own address ("service IP family must match public address family"), and a service of a family that pods
//! do not have has nothing behind it.

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic};
use crate::model::Model;

use super::range::span;

/// Compares the families of pods, services and nodes.
pub(super) fn verify(model: &Model<'_>, problems: &mut Vec<Diagnostic>) {
    let cluster = &model.cluster;
    let before = problems.len();
    for (name, list) in [("pods", &cluster.pods), ("services", &cluster.services)] {
        problems.extend(twice(model, name, list));
    }
    if problems.len() > before {
        return;
    }
    let (Some(pods), Some(services)) = (cluster.pods.first(), cluster.services.first()) else { return };
    if is_v6(services) != is_v6(&cluster.nodes.first().range) {
        problems.push(first_of_machines(model, services));
        return;
    }
    let lonely =
        cluster.services.iter().position(|service| cluster.pods.iter().all(|pod| is_v6(pod) != is_v6(service)));
    if let Some(place) = lonely {
        problems.push(without_pods(model, place));
    } else if is_v6(pods) != is_v6(services) {
        problems.push(order(model, pods, services));
    }
}

fn is_v6(range: &IpNet) -> bool {
    range.max_prefix_len() > 32
}

fn family(range: &IpNet) -> &'static str {
    if is_v6(range) { "IPv6" } else { "IPv4" }
}

fn twice(model: &Model<'_>, name: &'static str, list: &[IpNet]) -> Option<Diagnostic> {
    let (place, second) =
        list.iter().enumerate().find(|(i, range)| list[..*i].iter().any(|r| is_v6(r) == is_v6(range)))?;
    let first = list.iter().position(|range| is_v6(range) == is_v6(second))?;
    let message = format!("`{name}` has two {} ranges", family(second));
    let problem = Diagnostic::new(Code::RangeFamilies, span(model, name, place), message);
    let first = span(model, name, first);
    let problem = if first == problem.labels[0].span { problem } else { problem.label(first, "the first one") };
    Some(problem.help("use one larger range: Kubernetes accepts one range per address family"))
}

fn first_of_machines(model: &Model<'_>, services: &IpNet) -> Diagnostic {
    let nodes = model.cluster.nodes.first().range;
    let message = format!(
        "the first service range {services} is {}, but machines have {} addresses",
        family(services),
        family(&nodes)
    );
    let problem = Diagnostic::new(Code::RangeFamilies, span(model, "services", 0), message)
        .here("the first of `services`")
        .label(model.cluster.spans["nodes"], "`nodes`");
    problem.help(match model.cluster.services.get(1) {
        Some(second) => format!("list {second} first: the API server would not start"),
        None => format!("use an {} range: the API server would not start", family(&nodes)),
    })
}

fn without_pods(model: &Model<'_>, place: usize) -> Diagnostic {
    let service = model.cluster.services[place];
    let message = format!("services have {} addresses in {service}, but pods have none", family(&service));
    Diagnostic::new(Code::RangeFamilies, span(model, "services", place), message)
        .here("this range of `services`")
        .label(model.cluster.spans["pods"], "`pods`")
        .help(format!("add an {} range to `pods`: such a service would have no endpoints", family(&service)))
}

fn order(model: &Model<'_>, pods: &IpNet, services: &IpNet) -> Diagnostic {
    let message = format!("pods list {} first, but services list {} first", family(pods), family(services));
    Diagnostic::new(Code::RangeOrder, span(model, "pods", 0), message)
        .here("the first of `pods`")
        .label(span(model, "services", 0), "the first of `services`")
        .help(
            "list both in the same order: programs that use one address of a pod would get another family than that \
               of its services",
        )
}
