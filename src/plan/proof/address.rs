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

/// Which of two ranges to move, and where to: the smaller one as it is, else the larger one made smaller.
fn free(ranges: &[Range], a: Range, b: Range) -> Option<(Range, IpNet)> {
    let (large, small) = if a.range.prefix_len() > b.range.prefix_len() { (b, a) } else { (a, b) };
    let usual = if small.range.max_prefix_len() > 32 { 48 } else { 16 };
    [(small, small.range.prefix_len()), (large, usual)].into_iter().find_map(|(moved, prefix)| {
        let others = ranges.iter().filter(|other| other.span != moved.span);
        let others: Vec<IpNet> = others.map(|other| other.range).collect();
        let apart = |range: &IpNet| others.iter().all(|other| !meet(*other, *range));
        private(moved.range, prefix).find(apart).map(|range| (moved, range))
    })
}

/// Private ranges of one family and size. The first ones of `10.0.0.0/8` are in use wherever anything is.
fn private(like: IpNet, prefix: u8) -> Box<dyn Iterator<Item = IpNet>> {
    let net = |text: &str| text.parse::<IpNet>().expect("it is written as one");
    let parts = move |range: IpNet, skip| range.subnets(prefix).ok().into_iter().flatten().skip(skip).take(4096);
    match like {
        IpNet::V4(_) => {
            let rest = parts(net("172.16.0.0/12"), 0).chain(parts(net("192.168.0.0/16"), 0));
            Box::new(parts(net("10.0.0.0/8"), 1).chain(rest))
        }
        IpNet::V6(_) => {
            let blocks = net("fd00::/8").subnets(16).into_iter().flatten().skip(1);
            Box::new(blocks.filter_map(move |block| IpNet::new(block.addr(), prefix).ok().filter(|_| prefix >= 16)))
        }
    }
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
