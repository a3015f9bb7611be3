//! The order of the units of a machine at its boot, together with that of systemd's own targets.
//!
//! systemd breaks a cycle by dropping a job of it, which may be the network's (`Ordering cycle found, skipping
//! systemd-networkd.service`), and `systemd-analyze verify` of one unit does not show it.

use std::collections::BTreeSet;

use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::DiGraphMap;

use crate::diag::{Code, Diagnostic};
use crate::facts::boot;
use crate::model::MachineId;
use crate::plan::{Proof, order};
use crate::render::evidence::{Part, Sample, Service, Written};
use crate::source::Span;
use crate::text::{Count, List};

use super::{Evidence, Verdict, locate};

/// One line of a unit that orders it.
struct Order<'a, 'p> {
    unit: &'a str,
    /// The unit that is named, and whether it comes first.
    other: &'a str,
    after: bool,
    line: Option<(&'a Part<'p>, &'a Written<'p>)>,
    /// Where the unit is declared.
    span: Span,
}

/// No machine has units that wait for each other.
pub(super) fn orders(evidence: &Evidence<'_, '_>) -> Verdict {
    let mut units = BTreeSet::new();
    let problems = evidence.on_each(|sample| {
        units.extend(sample.services.iter().map(|service| service.name.clone()));
        sample.machine.and_then(|machine| cycle(evidence, sample, machine)).into_iter().collect()
    });
    let statement = match units.len() {
        0 => String::new(),
        count => format!("{} ordered without a cycle, together with systemd's own", Count(count, "unit")),
    };
    Verdict::of(problems, Proof { name: "boot order", statement, count: units.len() })
}

fn cycle(evidence: &Evidence<'_, '_>, sample: &Sample<'_>, machine: MachineId) -> Option<Diagnostic> {
    let list: Vec<Order<'_, '_>> = sample.services.iter().flat_map(orders_of).collect();
    let mut graph: DiGraphMap<&str, ()> = DiGraphMap::new();
    boot::order(evidence.model.family_of(machine)).for_each(|(first, then)| _ = graph.add_edge(first, then, ()));
    for order in &list {
        let (first, then) = order.sides();
        graph.add_edge(first, then, ());
    }
    let mut cycle = kosaraju_scc(&graph).into_iter().find(|component| component.len() > 1)?;
    cycle.sort_unstable();
    let inside = |order: &&Order<'_, '_>| cycle.contains(&order.unit) && cycle.contains(&order.other);
    let (own, rest): (Vec<_>, Vec<_>) = list.iter().filter(inside).partition(|order| order.line.is_some());
    let span = |order: &Order<'_, '_>| {
        order.line.map(|(part, written)| locate::word::span(evidence.model, part.owner, written))
    };
    let first = own.first()?;
    let names: Vec<&str> = sample.services.iter().map(|service| &*service.name).filter(|n| cycle.contains(n)).collect();
    let message = format!("{} cannot be ordered at a boot", List::ticked(&names));
    // What units of applications ask of each other is in the plan's own order.
    if names.len() == cycle.len() && order::steps(evidence.model, &mut Vec::new()).is_empty() {
        return None;
    }
    let mut problem = Diagnostic::new(Code::StartCycle, span(first)?, message).here(first.said());
    for order in &own[1..] {
        problem = span(order).into_iter().fold(problem, |problem, span| problem.label(span, order.said()));
    }
    for order in rest {
        problem = problem.label(order.span, order.said());
    }
    let help = "systemd drops a job of the cycle, such as the network: remove one `after` or `before`; a unit that comes \
                before the network also needs `extra = { Unit = { DefaultDependencies = \"no\" } }`";
    let others: Vec<&str> = cycle.iter().copied().filter(|name| !names.contains(name)).collect();
    Some(problem.help(match others.is_empty() {
        true => help.to_owned(),
        false => format!("{help}; the cycle goes through {}", List::ticked(others)),
    }))
}

/// What its files say, and what systemd adds.
fn orders_of<'a, 'p>(service: &'a Service<'p>) -> Vec<Order<'a, 'p>> {
    let named = |key: &'static str, after: bool| {
        service.values("Unit", key).flat_map(move |(part, value, written)| {
            let names = value.split_ascii_whitespace();
            names.map(move |other| Order {
                unit: &service.name,
                other,
                after,
                line: Some((part, written)),
                span: part.span,
            })
        })
    };
    let mut list: Vec<_> = named("After", true).chain(named("Before", false)).collect();
    if has_defaults(service) {
        let other = if service.name.ends_with(".service") { "basic.target" } else { "sysinit.target" };
        let span = service.parts.iter().find(|part| !part.is_drop_in).map_or(Span::default(), |part| part.span);
        list.push(Order { unit: &service.name, other, after: true, line: None, span });
    }
    list.retain(|order| order.unit != order.other);
    list
}

/// Whether systemd gives it default dependencies (systemd.service(5), systemd.timer(5), systemd.socket(5)). Of a unit of which
/// only a drop-in is written, nothing is known.
fn has_defaults(service: &Service<'_>) -> bool {
    let known = service.parts.iter().any(|part| !part.is_drop_in);
    let kind = [".service", ".timer", ".socket", ".path"].iter().any(|kind| service.name.ends_with(kind));
    let last = service.values("Unit", "DefaultDependencies").last().map(|(_, value, _)| value.to_ascii_lowercase());
    known && kind && !last.is_some_and(|value| boot::is_off(&value))
}

impl<'a> Order<'a, '_> {
    /// What comes first, and what then.
    fn sides(&self) -> (&'a str, &'a str) {
        if self.after { (self.other, self.unit) } else { (self.unit, self.other) }
    }

    fn said(&self) -> String {
        let word = if self.after { "after" } else { "before" };
        match self.line {
            Some(_) => format!("`{}` is ordered {word} `{}`", self.unit, self.other),
            None => format!("`{}` is ordered {word} `{}` by default", self.unit, self.other),
        }
    }
}
