//! The steps inside a hop, in the order that Kubernetes asks for.
//!
//! Programs that the policy names come in its order; what shares a machine with the last of them comes with that machine, which
//! is drained first if a kubelet changes its minor; what is on no machine comes last.

use std::collections::BTreeSet;

use serde::Serialize;

use super::change::changes;
use crate::facts::skew::skew;
use crate::model::{AppId, EndpointId, MachineId, Model};
use crate::plan::dialled_names::behind;
use crate::plan::version::running;
use crate::syntax::ast::{EndpointKind, ExprKind, Literal};

/// A step of a hop. Units, or machines, go one after another.
#[derive(Debug, Serialize)]
pub struct UpgradeStep {
    /// From 1, in each hop.
    pub number: u32,
    pub phase: Phase,
    pub applications: Vec<String>,
    /// In order; none for what is on no machine.
    pub machines: Vec<String>,
    /// Whether each machine is drained before, and takes pods again after.
    pub drain: bool,
    /// What is new: programs, flags, files.
    pub changes: Vec<String>,
    /// Who notices, and how.
    pub disturbs: String,
}

/// What a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// One application after another machine by machine.
    Service,
    /// All that remains on a machine.
    Machine,
    /// What is on no machine.
    Cluster,
}

/// An application that changes.
struct Changing {
    app: AppId,
    /// Its place in the order; none for a program that the policy does not name.
    rank: Option<usize>,
    changes: Vec<String>,
}

/// The steps of a hop.
pub(super) fn steps(before: &Model<'_>, after: &Model<'_>) -> Vec<UpgradeStep> {
    let running = running(after);
    let order = &skew().upgrade.order;
    let rank = |app: AppId| {
        let own = running.iter().filter(|one| one.app == app);
        own.filter_map(|one| order.iter().position(|name| **name == *one.program)).min()
    };
    let changing = after.apps().map(|(app, _)| Changing { app, rank: rank(app), changes: changes(before, after, app) });
    let changing: Vec<_> = changing.filter(|one| !one.changes.is_empty()).collect();
    let drained = |app: AppId| {
        let own = running.iter().filter(|one| one.app == app);
        own.filter(|one| skew().upgrade.drain.iter().any(|name| **name == *one.program)).count() > 0
    };
    let first_node = order.iter().position(|name| skew().upgrade.drain.contains(name)).unwrap_or(order.len());
    let (services, rest): (Vec<_>, Vec<_>) =
        changing.iter().partition(|one| one.rank.is_some_and(|rank| rank < first_node));
    let (machines, cluster): (Vec<_>, Vec<_>) = rest.into_iter().partition(|one| after.app(one.app).placed);
    let mut services = services;
    services.sort_by_key(|one| one.rank);
    let mut steps: Vec<_> = services.iter().map(|one| service(after, one)).collect();
    let minor = before.cluster.kubernetes.minor != after.cluster.kubernetes.minor;
    steps.extend(of_machines(after, &machines, |app| minor && drained(app)));
    if !cluster.is_empty() {
        steps.push(of_cluster(after, &cluster));
    }
    for (number, step) in steps.iter_mut().enumerate() {
        step.number = number as u32 + 1;
    }
    steps
}

fn service(model: &Model<'_>, one: &Changing) -> UpgradeStep {
    let machines = model.units_of(one.app).filter_map(|unit| model.unit(unit).machine);
    UpgradeStep {
        number: 0,
        phase: Phase::Service,
        applications: vec![model.app(one.app).name.to_string()],
        machines: machines.map(|machine| model.machine(machine).name.to_string()).collect(),
        drain: false,
        changes: one.changes.clone(),
        disturbs: disturbs(model, one.app),
    }
}

/// Machines group by group, those with the services first; machines of a group on which the same changes are one step.
fn of_machines(model: &Model<'_>, changing: &[&Changing], drained: impl Fn(AppId) -> bool) -> Vec<UpgradeStep> {
    let mut kinds: Vec<(u32, Vec<AppId>, Vec<MachineId>)> = Vec::new();
    for machine in (0..model.machines.len() as u32).map(MachineId) {
        let here = changing.iter().filter(|one| model.unit_on(one.app, machine).is_some());
        let apps: Vec<_> = here.map(|one| one.app).collect();
        let group = model.machine(machine).group;
        match kinds.iter_mut().find(|(known, same, _)| *known == group && *same == apps) {
            _ if apps.is_empty() => {}
            Some((_, _, machines)) => machines.push(machine),
            None => kinds.push((group, apps, vec![machine])),
        }
    }
    kinds.into_iter().map(|(_, apps, machines)| of_machine(model, changing, (&apps, &machines), &drained)).collect()
}

fn of_machine(
    model: &Model<'_>,
    changing: &[&Changing],
    (apps, machines): (&[AppId], &[MachineId]),
    drained: &impl Fn(AppId) -> bool,
) -> UpgradeStep {
    let drain = apps.iter().any(|app| drained(*app));
    let here = changing.iter().filter(|one| apps.contains(&one.app));
    let changes: BTreeSet<_> = here.flat_map(|one| one.changes.clone()).collect();
    let others =
        changing.iter().filter(|one| drained(one.app)).map(|one| model.app(one.app).units.len()).sum::<usize>();
    let disturbs = match (drain, others) {
        (true, 0 | 1) => "no other machine can run its pods: they stop, and start again when it is back",
        (true, _) => "pods of each machine are evicted to others; pods without a controller are lost",
        (false, _) => "running pods continue; pod networking and new pods pause briefly",
    };
    UpgradeStep {
        number: 0,
        phase: Phase::Machine,
        applications: apps.iter().map(|app| model.app(*app).name.to_string()).collect(),
        machines: machines.iter().map(|machine| model.machine(*machine).name.to_string()).collect(),
        drain,
        changes: changes.into_iter().collect(),
        disturbs: disturbs.to_owned(),
    }
}

fn of_cluster(model: &Model<'_>, changing: &[&Changing]) -> UpgradeStep {
    let changes: BTreeSet<_> = changing.iter().flat_map(|one| one.changes.clone()).collect();
    UpgradeStep {
        number: 0,
        phase: Phase::Cluster,
        applications: changing.iter().map(|one| model.app(one.app).name.to_string()).collect(),
        machines: Vec::new(),
        drain: false,
        changes: changes.into_iter().collect(),
        disturbs: "its manifests are applied again; controllers replace the pods that change".to_owned(),
    }
}

/// The applications whose peers need a majority: what they store is what a cluster is.
pub(super) fn stores(model: &Model<'_>) -> Vec<String> {
    let stores = model.apps().filter(|(id, _)| needs_majority(model, *id));
    stores.map(|(_, app)| app.name.to_string()).collect()
}

fn needs_majority(model: &Model<'_>, app: AppId) -> bool {
    model.component_of(app).endpoints.iter().any(|info| {
        let interface = info.interface.and_then(|symbol| model.program.interface(symbol));
        let quorum = interface.and_then(|interface| interface.body.field("quorum"));
        info.ast.kind == EndpointKind::Peers
            && quorum.is_some_and(|field| matches!(field.value.kind, ExprKind::Literal(Literal::Bool(true))))
    })
}

/// Who notices that the units of an application restart one after another.
fn disturbs(model: &Model<'_>, app: AppId) -> String {
    let units = model.app(app).units.len();
    if needs_majority(model, app) {
        return match units {
            1 => "it has one member: no reads or writes until it is up again".to_owned(),
            2 => "it has two members: without one the quorum is lost, so no writes until it is up again".to_owned(),
            n => format!("{} of {n} members stay up, which keeps the quorum", n - 1),
        };
    }
    let (near, far) = clients(model, app);
    let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    match (units, far.is_empty() && near.is_empty()) {
        (0 | 1, true) => "its work pauses until it is up again".to_owned(),
        (0 | 1, false) => format!("{} wait until it is up again; pods keep running", list(&(&near | &far))),
        (_, true) => "another unit takes over".to_owned(),
        (n, false) => {
            let far = if far.is_empty() { String::new() } else { format!(" {}", list(&far)) };
            let near = match near.is_empty() {
                true => String::new(),
                false => format!("; {} on the same machine wait", list(&near)),
            };
            format!("{} of {n} units keep serving{far}{near}", n - 1)
        }
    }
}

/// Those that reach it only on their own machine, and all others.
fn clients(model: &Model<'_>, app: AppId) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut near, mut far) = (BTreeSet::new(), BTreeSet::new());
    for relation in &model.relations {
        let reaches = behind(model, relation.to).iter().any(|end: &EndpointId| end.app == app);
        if reaches && relation.from.app != app {
            let name = model.app(relation.from.app).name.to_string();
            if relation.same_machine {
                near.insert(name)
            } else {
                far.insert(name)
            };
        }
    }
    (near, far)
}
