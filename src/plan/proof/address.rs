//! All address ranges are disjoint, both ways, each family by itself.

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::plan::{Pki, Proof};
use crate::source::Span;
use crate::syntax::ast::ExprKind;

/// A range with its name and where it is written.
#[derive(Clone, Copy)]
struct Range {
    name: &'static str,
    range: IpNet,
    span: Span,
}

/// Compares every pair of ranges.
pub fn prove(model: &Model<'_>, _: &Pki, problems: &mut Vec<Diagnostic>) -> Proof {
    let ranges = ranges(model);
    for (i, a) in ranges.iter().enumerate() {
        for b in &ranges[i + 1..] {
            if meet(a.range, b.range) {
                problems.push(overlap(&ranges, *a, *b));
            }
        }
    }
    gateway(model, problems);
    let list: Vec<String> = ranges.iter().map(|range| format!("{} {}", range.name, range.range)).collect();
    Proof {
        name: "addresses",
        statement: format!("no range overlaps another: {}", list.join(", ")),
        count: ranges.len(),
    }
}

fn meet(a: IpNet, b: IpNet) -> bool {
    a.contains(&b) || b.contains(&a)
}

fn ranges(model: &Model<'_>) -> Vec<Range> {
    let cluster = &model.cluster;
    let all = [("pods", &cluster.pods[..]), ("services", &cluster.services), ("nodes", &[cluster.nodes])];
    let named =
        all.into_iter().flat_map(|(name, list)| list.iter().enumerate().map(move |(i, range)| (name, i, range)));
    named.map(|(name, index, range)| Range { name, range: *range, span: span(model, name, index) }).collect()
}

/// Where a range is written: its own place in a list that is written out.
fn span(model: &Model<'_>, name: &'static str, index: usize) -> Span {
    let ast = model.layers.clusters.first();
    let written = ast.and_then(|(module, ast)| model.layers.field("cluster", *module, &ast.body, name));
    match written.map(|written| &written.expr.kind) {
        Some(ExprKind::List(list)) => list.get(index).map_or(model.cluster.spans[name], |element| element.span),
        _ => model.cluster.spans[name],
    }
}

fn overlap(ranges: &[Range], a: Range, b: Range) -> Diagnostic {
    let message = match a.range == b.range {
        true => format!("`{}` and `{}` are both {}", a.name, b.name, a.range),
        false if a.range.contains(&b.range) => format!("`{}` {} is inside `{}` {}", b.name, b.range, a.name, a.range),
        false => format!("`{}` {} is inside `{}` {}", a.name, a.range, b.name, b.range),
    };
    let problem = Diagnostic::new(Code::OverlappingRanges, b.span, message)
        .here(format!("`{}`", b.name))
        .label(a.span, format!("`{}`", a.name));
    let why = "an address in both is routed to one of them, and which one depends on the machine";
    match free(ranges, a, b) {
        Some((range, free)) => problem.help(format!("{why}; for `{}`, {free} is free", range.name)),
        None => problem.help(why),
    }
}

/// Which of two ranges to move, and where to: a private range of its size that meets none of the cluster's. The smaller
/// one moves more easily.
fn free(ranges: &[Range], a: Range, b: Range) -> Option<(Range, IpNet)> {
    let moved = if a.range.prefix_len() > b.range.prefix_len() { a } else { b };
    let private: &[&str] = match moved.range {
        IpNet::V4(_) => &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
        IpNet::V6(_) => &["fd00::/8"],
    };
    let private = private.iter().filter_map(|range| range.parse::<IpNet>().ok());
    let same_size = private.filter_map(|range| range.subnets(moved.range.prefix_len()).ok());
    let apart = |range: &IpNet| ranges.iter().all(|other| !meet(other.range, *range));
    // The first ranges of each block are in use wherever anything is.
    same_size.flat_map(|subnets| subnets.skip(1).take(4096)).find(apart).map(|range| (moved, range))
}

fn gateway(model: &Model<'_>, problems: &mut Vec<Diagnostic>) {
    let cluster = &model.cluster;
    if !cluster.nodes.contains(&cluster.gateway) {
        let message = format!("the gateway {} is outside {}", cluster.gateway, cluster.nodes);
        let problem = Diagnostic::new(Code::AddressOutsideRange, cluster.spans["gateway"], message);
        problems.push(
            problem
                .label(cluster.spans["nodes"], "the range of the machines")
                .help("machines reach the gateway without a router: give one of their range"),
        );
    }
}
