//! All address ranges are disjoint, both ways, each family by itself.

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::plan::{Pki, Proof};

/// Compares every pair of ranges.
pub fn prove(model: &Model<'_>, _: &Pki, problems: &mut Vec<Diagnostic>) -> Proof {
    let ranges = ranges(model);
    for (i, a) in ranges.iter().enumerate() {
        for b in &ranges[i + 1..] {
            if a.1.contains(&b.1) || b.1.contains(&a.1) {
                problems.push(overlap(model, *a, *b));
            }
        }
    }
    gateway(model, problems);
    let list: Vec<String> = ranges.iter().map(|(name, range)| format!("{name} {range}")).collect();
    Proof {
        name: "addresses",
        statement: format!("no range overlaps another: {}", list.join(", ")),
        count: ranges.len(),
    }
}

fn ranges(model: &Model<'_>) -> Vec<(&'static str, IpNet)> {
    let cluster = &model.cluster;
    let pods = cluster.pods.iter().map(|range| ("pods", *range));
    let services = cluster.services.iter().map(|range| ("services", *range));
    pods.chain(services).chain([("nodes", cluster.nodes)]).collect()
}

fn overlap(model: &Model<'_>, a: (&'static str, IpNet), b: (&'static str, IpNet)) -> Diagnostic {
    let shared = if a.1.contains(&b.1) { b.1 } else { a.1 };
    let spans = &model.cluster.spans;
    let message = format!("`{}` {} and `{}` {} share {shared}", a.0, a.1, b.0, b.1);
    let mut problem = Diagnostic::new(Code::OverlappingRanges, spans[b.0], message).here(b.1.to_string());
    if a.0 != b.0 {
        problem = problem.label(spans[a.0], a.1.to_string());
    }
    let why = "an address in both is routed to one of them, and which one depends on the machine";
    match free(model, b.1) {
        Some(range) => problem.help(format!("{why}; {range} is free")),
        None => problem.help(why),
    }
}

/// A private range of the same size that overlaps none of the cluster's.
fn free(model: &Model<'_>, like: IpNet) -> Option<IpNet> {
    let taken: Vec<IpNet> = ranges(model).into_iter().map(|(_, range)| range).collect();
    let private: IpNet = match like {
        IpNet::V4(_) => "10.0.0.0/8".parse().ok()?,
        IpNet::V6(_) => "fd00::/8".parse().ok()?,
    };
    let prefix = like.prefix_len().max(private.prefix_len());
    let apart = |range: &IpNet| taken.iter().all(|t| !t.contains(range) && !range.contains(t));
    private.subnets(prefix).ok()?.take(4096).find(apart)
}

fn gateway(model: &Model<'_>, problems: &mut Vec<Diagnostic>) {
    let cluster = &model.cluster;
    if !cluster.nodes.contains(&cluster.gateway) {
        let message = format!("the gateway {} is outside {}", cluster.gateway, cluster.nodes);
        let problem = Diagnostic::new(Code::AddressOutsideRange, cluster.spans["gateway"], message);
        problems.push(problem.label(cluster.spans["nodes"], "the range of the machines"));
    }
}
