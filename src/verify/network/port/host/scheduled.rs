//! Whether the scheduler finds a machine for every pod with a port of the machine: no two with the same port are on one.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic};
use crate::model::MachineId;
use crate::text::Count;
use crate::verify::objects::placement::Runs;
use crate::verify::objects::pods::Number;

use super::{Compared, Taken, place};

/// Pods that the scheduler places, where they may be, and who is there already.
struct Placed<'t, 'a> {
    taken: &'t Taken<'a>,
    replicas: usize,
    free: BTreeSet<MachineId>,
    taker: Option<&'t Taken<'a>>,
}

/// Looks at pods that surely run on each machine, then at those of which the scheduler places a number.
pub(super) fn verify(compared: &mut Compared<'_, '_>, all: &[Taken<'_>]) {
    for (number, one) in all.iter().enumerate() {
        for other in all[..number].iter().filter(|other| meets(one, other) && is_fixed(one) && is_fixed(other)) {
            both(compared, one, other);
        }
    }
    let mut placed: Vec<Placed<'_, '_>> = all.iter().filter_map(|one| room(compared, one, all)).collect();
    placed.retain(|one| {
        let fits = one.replicas <= one.free.len();
        let is_new = !compared.crowded.contains(&one.taken.pods.title());
        if !fits && is_new {
            compared.crowded.insert(one.taken.pods.title());
            compared.problems.push(crowded(compared, one));
        }
        fits
    });
    for (number, one) in placed.iter().enumerate() {
        let together = |other: &&Placed<'_, '_>| {
            meets(one.taken, other.taken) && one.replicas + other.replicas > one.free.union(&other.free).count()
        };
        if let Some(other) = placed[..number].iter().find(together) {
            compared.problems.push(pair(compared, one, other));
        }
    }
}

/// Whether no machine can have both.
fn meets(one: &Taken<'_>, other: &Taken<'_>) -> bool {
    !std::ptr::eq(one.pods, other.pods) && !one.pods.is_same(other.pods) && one.host.meets_other(&other.host)
}

/// Whether a pod is on every machine that it may run on.
fn is_fixed(one: &Taken<'_>) -> bool {
    !matches!(one.pods.number, Number::Some(_))
}

/// Two that are to be on the same machines.
fn both(compared: &mut Compared<'_, '_>, one: &Taken<'_>, other: &Taken<'_>) {
    let all: Vec<MachineId> = match (one.pods.number, other.pods.number) {
        (Number::Static(machine), _) | (_, Number::Static(machine)) => vec![machine],
        _ => compared.nodes.machines().collect(),
    };
    let is_there = |machine: &MachineId| compared.nodes.runs(other.pods, *machine) != Runs::No;
    let possible: Vec<MachineId> = all.into_iter().filter(is_there).collect();
    let sure = compared.sure(one, possible.into_iter());
    let machines = compared.sure(other, sure.into_iter());
    if machines.is_empty() {
        return;
    }
    let (first, second, port) = (other.pods.title(), one.pods.title(), one.host.port);
    let on = place(compared.model, machines.into_iter());
    let message =
        format!("the pods of {first} and {second} both use the host port {port} {on}: only one of them can run");
    let found = compared.found(Code::PortTaken, one, message).label(other.span(compared.model), first);
    // Static pods of machines that are alike are written once.
    let places = |one: &Diagnostic| one.labels.iter().map(|label| label.span).collect::<Vec<_>>();
    if !compared.problems.iter().any(|known| places(known) == places(&found)) {
        compared.problems.push(found.help(super::MOVE));
    }
}

/// The machines that pods of a number may be on.
fn room<'t, 'a>(compared: &Compared<'_, '_>, taken: &'t Taken<'a>, all: &'t [Taken<'a>]) -> Option<Placed<'t, 'a>> {
    let Number::Some(replicas) = taken.pods.number else { return None };
    let nodes = &compared.nodes;
    let mut free: BTreeSet<MachineId> =
        nodes.machines().filter(|machine| nodes.runs(taken.pods, *machine) != Runs::No).collect();
    let mut taker = None;
    // Where nothing can run at all, that is another problem.
    if free.is_empty() {
        return None;
    }
    for other in all.iter().filter(|other| is_fixed(other) && meets(taken, other)) {
        let before = free.len();
        free.retain(|machine| nodes.runs(other.pods, *machine) != Runs::Yes);
        taker = taker.or((free.len() < before).then_some(other));
    }
    Some(Placed { taken, replicas: usize::try_from(replicas).unwrap_or(usize::MAX), free, taker })
}

/// More pods than machines.
fn crowded(compared: &Compared<'_, '_>, one: &Placed<'_, '_>) -> Diagnostic {
    let (title, port) = (one.taken.pods.title(), one.taken.host.port);
    let needed = Count(one.replicas, "machine");
    let message = match one.free.len() {
        0 => format!("{title} needs {needed} with a free host port {port}, but none has one"),
        free => format!("{title} needs {needed} with a free host port {port}, but only {free} can run its pods"),
    };
    let found = compared.found(Code::PortTaken, one.taken, message);
    let found = match one.taker {
        Some(other) => found.label(other.span(compared.model), format!("{} uses it", other.pods.title())),
        None => found,
    };
    found.help(
        "use fewer `replicas`, a DaemonSet, or another port: two pods with the same host port cannot share a machine",
    )
}

/// Two that have room alone, and not together.
fn pair(compared: &Compared<'_, '_>, one: &Placed<'_, '_>, other: &Placed<'_, '_>) -> Diagnostic {
    let (first, second) = (other.taken.pods.title(), one.taken.pods.title());
    let message = format!(
        "{first} and {second} need {} with a free host port {}, but only {} can run their pods",
        Count(one.replicas + other.replicas, "machine"),
        one.taken.host.port,
        one.free.union(&other.free).count(),
    );
    let found = compared.found(Code::PortTaken, one.taken, message);
    let found = found.label(other.taken.span(compared.model), first);
    found.help("use fewer `replicas` or another port: two pods with the same host port cannot share a machine")
}
