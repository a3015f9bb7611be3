//! No two ranges share an address, unless one has to be inside the other.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic, Fix};
use crate::facts::range::{KnownRange, Use};
use crate::model::nodes::NodeRange;
use crate::model::{AppId, Cluster, Model};
use crate::source::Span;

use super::free;
use super::range::{Range, RangeKind, Ranges};

/// Compares every pair; there are as many as components bring, not as there are machines.
pub(super) fn verify(model: &Model<'_>, ranges: &Ranges, problems: &mut Vec<Diagnostic>) {
    let list = &ranges.list;
    let mut reported = vec![false; list.len()];
    for (i, a) in list.iter().enumerate() {
        inside(model, ranges, a, problems);
        for (j, b) in list.iter().enumerate().skip(i + 1) {
            let cascade = b.known().is_some() && reported[i];
            if free::meet(a.range, b.range) && !cascade && !may_meet(model, a, b) {
                problems.push(match b.known().filter(|known| known.usable == Use::Warned) {
                    Some(known) => well_known(model, ranges, a, known),
                    None => overlap(model, ranges, a, b),
                });
                (reported[i], reported[j]) = (true, true);
            }
        }
    }
    resolvers(model, list, problems);
}

/// Whether two ranges may share addresses.
fn may_meet(model: &Model<'_>, a: &Range, b: &Range) -> bool {
    match (&a.kind, &b.kind) {
        (RangeKind::Fixed(_), RangeKind::Fixed(_)) => true,
        // A component that uses a well-known range owns it, or chose it deliberately.
        (RangeKind::Component { .. } | RangeKind::Reserved, RangeKind::Fixed(known)) if known.usable == Use::Warned => {
            true
        }
        (RangeKind::Component { .. }, RangeKind::Fixed(_)) => b.is_link_local(),
        // A part of the machines' network that a component gives out, such as MetalLB's pool: the model gives none of it.
        (RangeKind::Cluster("nodes"), RangeKind::Component { inside: Some(inside), .. }) if &**inside == "nodes" => {
            !is_given_out(model, b.range)
        }
        (RangeKind::Cluster(name), RangeKind::Component { inside: Some(inside), .. }) => *name == &**inside,
        // `reserve` keeps it free for that very component.
        (RangeKind::Reserved, RangeKind::Component { inside: Some(inside), .. }) => {
            &**inside == "nodes"
                && a.range.contains(&b.range)
                && model.cluster.nodes.ranges().iter().any(|nodes| nodes.contains(&a.range))
        }
        // Addresses of the machines' network that other programs give out, such as MetalLB; the model gives none of them.
        (RangeKind::Cluster("nodes"), RangeKind::Reserved) => {
            b.range.prefix_len() > a.range.prefix_len() && a.range.contains(&b.range) && !is_given_out(model, b.range)
        }
        (RangeKind::Component { app: a, local: true, .. }, RangeKind::Component { app: b, local: true, .. }) => {
            !share_a_machine(model, *a, *b)
        }
        _ => false,
    }
}

/// Whether a machine or an application has an address of a range.
fn is_given_out(model: &Model<'_>, range: IpNet) -> bool {
    let machines = model.machines.iter().map(|machine| machine.address);
    let shared = model.apps.iter().flat_map(|app| app.addresses.iter().copied());
    let gateways = model.cluster.nodes.iter().flat_map(NodeRange::gateways);
    machines.chain(shared).chain(gateways).any(|address| range.contains(&address))
}

fn share_a_machine(model: &Model<'_>, a: AppId, b: AppId) -> bool {
    model.units_of(a).filter_map(|unit| model.unit(unit).machine).any(|machine| model.unit_on(b, machine).is_some())
}

/// A range that has to be inside one of the cluster's.
fn inside(model: &Model<'_>, ranges: &Ranges, range: &Range, problems: &mut Vec<Diagnostic>) {
    let RangeKind::Component { app, inside: Some(inside), .. } = &range.kind else { return };
    let around: Vec<&Range> = ranges
        .list
        .iter()
        .filter(|other| matches!(other.kind, RangeKind::Cluster(name) if name == &**inside))
        .collect();
    if around.iter().any(|other| other.range.contains(&range.range)) {
        return;
    }
    let message = format!("{} {} is not inside `{inside}`", range.name, range.range);
    let mut problem = Diagnostic::new(Code::AddressOutsideRange, model.app(*app).span, message)
        .here("deployed here")
        .label(range.span, "this range");
    for other in around {
        problem = problem.label(other.span, format!("{} {}", other.name, other.range));
    }
    problems.push(
        problem.help(format!("programs configured with `{inside}` treat addresses outside it as outside the cluster")),
    );
}

fn overlap(model: &Model<'_>, ranges: &Ranges, a: &Range, b: &Range) -> Diagnostic {
    // A range that is the same everywhere has no place: the other one is where to look.
    let (a, b) = if b.known().is_some() { (b, a) } else { (a, b) };
    let message = match a.range == b.range {
        true => format!("{} and {} are both {}", a.name, b.name, a.range),
        false if a.range.contains(&b.range) => format!("{} {} is inside {} {}", b.name, b.range, a.name, a.range),
        false => format!("{} {} is inside {} {}", a.name, a.range, b.name, b.range),
    };
    // What the operator wrote comes first: where the range is, or where the component that brings it is deployed.
    let (brought, written): (Vec<&Range>, Vec<&Range>) =
        [b, a].into_iter().filter(|r| r.known().is_none()).partition(|r| matches!(r.kind, RangeKind::Component { .. }));
    let mut places: Vec<(Span, String)> = written.iter().map(|range| (range.span, range.name.clone())).collect();
    places.extend(brought.iter().filter_map(|range| match range.kind {
        RangeKind::Component { app, .. } => {
            Some((model.app(app).span, format!("`{}` is deployed here", model.app(app).name)))
        }
        _ => None,
    }));
    places.extend(brought.iter().map(|range| (range.span, range.name.clone())));
    let first = places.remove(0);
    let problem = Diagnostic::new(Code::OverlappingRanges, first.0, message).here(first.1);
    let problem = places.into_iter().fold(problem, |problem, (span, text)| problem.label(span, text));
    let problem = problem.help(help(model, ranges, a, b));
    match instead(ranges, a, b).and_then(|(moved, free)| moving(model, moved, free)) {
        Some(fix) => problem.with_fix(fix),
        None => problem,
    }
}

/// A range of the cluster that other software is known to use.
fn well_known(model: &Model<'_>, ranges: &Ranges, range: &Range, known: &KnownRange) -> Diagnostic {
    let message = match range.range == known.cidr {
        true => format!("{} is {}, {}", range.name, range.range, known.name),
        false if known.cidr.contains(&range.range) => {
            format!("{} {} is inside {}, {}", range.name, range.range, known.cidr, known.name)
        }
        false => format!("{} {} contains {}, {}", range.name, range.range, known.cidr, known.name),
    };
    let problem = Diagnostic::new(Code::WellKnownRange, range.span, message).here(range.name.clone());
    let help = format!("{}; there, traffic for the cluster would be sent to that network instead", known.what);
    match free::like(ranges, range, range.range.prefix_len()) {
        Some(free) => {
            let problem = problem.help(format!("{help}; {free} is free"));
            moving(model, range, free).into_iter().fold(problem, Diagnostic::with_fix)
        }
        None => problem.help(help),
    }
}

/// Writes another range in the place of one of the cluster's that is written out. A cluster that runs cannot follow, so it is
/// for a person to decide.
fn moving(model: &Model<'_>, moved: &Range, free: IpNet) -> Option<Fix> {
    let written = model.program.sources.text(moved.span).parse() == Ok(moved.range);
    let own = matches!(moved.kind, RangeKind::Cluster(_)) && written;
    own.then(|| Fix::guess(format!("move {} to {free}", moved.name)).edit(moved.span, free.to_string()))
}

fn help(model: &Model<'_>, ranges: &Ranges, a: &Range, b: &Range) -> String {
    let mut help = match a.kind {
        RangeKind::Fixed(_) => format!("{} is reserved, so no network can use it", a.name),
        _ => "an address in both is routed to either one, depending on the machine".to_owned(),
    };
    if let Some(machines) = machines_in(model, a, b) {
        help += &format!("; {machines}");
    }
    if let Some(part) = [a, b].into_iter().find(|range| is_part_of_nodes(range)) {
        help += &format!("; `reserve = {{ others = {} }}` in `cluster` keeps it free of machines", part.range);
    }
    if let Some((range, free)) = instead(ranges, a, b) {
        help += &format!("; for {}, {free} is free", range.name);
        if let RangeKind::Component { app, option: Some(option), .. } = &range.kind {
            help += &format!(": `deploy {} ... {{ {option} = {free} }}`", model.app(*app).name);
        }
        if let Some(least) = free::least(ranges, range).filter(|least| least + 4 < range.range.max_prefix_len()) {
            help += &format!("; a /{least} is the smallest range that fits");
        }
    }
    help
}

/// Which of two ranges to move, and where to; a part of `nodes` is kept free instead.
fn instead<'a>(ranges: &Ranges, a: &'a Range, b: &'a Range) -> Option<(&'a Range, IpNet)> {
    if is_part_of_nodes(a) || is_part_of_nodes(b) { None } else { free::instead(ranges, a, b) }
}

/// Whether a component gives out addresses of the machines' network.
fn is_part_of_nodes(range: &Range) -> bool {
    matches!(&range.kind, RangeKind::Component { inside: Some(inside), .. } if &**inside == "nodes")
}

/// Which machines have an address in both ranges, when one of them is that of the machines.
fn machines_in(model: &Model<'_>, a: &Range, b: &Range) -> Option<String> {
    let other = match (&a.kind, &b.kind) {
        (RangeKind::Cluster("nodes"), _) => b,
        (_, RangeKind::Cluster("nodes")) => a,
        _ => return None,
    };
    let mut inside = model.machines.iter().filter(|machine| other.range.contains(&machine.address));
    let first = inside.next()?;
    let first = format!("`{}` at {}", first.name, first.address);
    Some(match inside.count() {
        0 => format!("{first} is in both"),
        more => format!("{first} and {more} more are in both"),
    })
}

/// Resolvers and the gateway are reached by their addresses, so no pod and no service may have one of them.
fn resolvers(model: &Model<'_>, list: &[Range], problems: &mut Vec<Diagnostic>) {
    let cluster = &model.cluster;
    let mut reported: Vec<IpAddr> = Vec::new();
    for address in resolvers_of(cluster).filter(|address| !cluster.nodes.is_gateway(**address)) {
        let holder = list.iter().find(|range| {
            matches!(range.kind, RangeKind::Cluster("pods" | "services")) && range.range.contains(address)
        });
        let Some(range) = holder.filter(|_| !reported.contains(address)) else { continue };
        reported.push(*address);
        let message = format!("the resolver {address} is inside {} {}", range.name, range.range);
        problems.push(
            Diagnostic::new(Code::OverlappingRanges, cluster.spans["dns"], message)
                .here("the resolvers of the machines")
                .label(range.span, range.name.clone())
                .help("use a resolver outside the range: machines would look for this one inside the cluster"),
        );
    }
}

/// Those of the cluster, and those of single ranges.
fn resolvers_of(cluster: &Cluster) -> impl Iterator<Item = &IpAddr> {
    cluster.dns.iter().chain(cluster.nodes.iter().flat_map(|range| &range.dns))
}
