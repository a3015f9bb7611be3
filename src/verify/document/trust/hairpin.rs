//! A machine that dials itself through the platform's load balancer, where the platform does not return such packets.

use serde_json::Value as Json;

use super::{Kubeconfig, parts, path};
use crate::diag::{Code, Diagnostic};
use crate::facts::network::network;
use crate::model::{EndpointId, MachineId, Model};
use crate::plan::reachability::{self, Front};

/// The clusters of a kubeconfig that its machine cannot always reach.
pub(super) fn of(kubeconfig: &Kubeconfig<'_, '_>, clusters: &[&Json]) -> Vec<Diagnostic> {
    let model = kubeconfig.model();
    let Some(machine) = kubeconfig.machine().filter(|_| returns_nothing(model)) else { return Vec::new() };
    let dialled = clusters.iter().enumerate().filter_map(|(index, entry)| {
        let (host, port) = entry["cluster"]["server"].as_str().and_then(parts)?;
        let fronts = reachability::fronts(model, &host, port, Some(machine));
        let (front, end) = fronts.iter().find_map(|front| Some((front.end, itself(model, front, machine)?)))?;
        Some(problem(kubeconfig, (index, machine), (front, end)))
    });
    dialled.collect()
}

/// Whether the load balancers of the target's platform return nothing to the machine that sent it.
fn returns_nothing(model: &Model<'_>) -> bool {
    let network = model.targets.first().and_then(|target| network(&target.name));
    network.and_then(|network| network.hairpin.as_ref()).is_some_and(|fact| !fact.value)
}

/// What the machine has behind a balancer that is on none of the model's machines, and so is the platform's.
fn itself(model: &Model<'_>, front: &Front, machine: MachineId) -> Option<EndpointId> {
    if model.app(front.end.app).placed {
        return None;
    }
    let behind = reachability::behind(model, front);
    let here = |unit: &crate::model::UnitId| model.unit(*unit).machine == Some(machine);
    behind.into_iter().find(|(end, units)| *end != front.end && units.iter().any(here)).map(|(end, _)| end)
}

fn problem(
    kubeconfig: &Kubeconfig<'_, '_>,
    (index, machine): (usize, MachineId),
    ends: (EndpointId, EndpointId),
) -> Diagnostic {
    let (front, end) = ends;
    let model = kubeconfig.model();
    let target = model.targets.first().map_or("", |target| &target.name);
    let (name, through) = (&model.machine(machine).name, model.endpoint_name(front));
    let message = format!(
        "{name} dials `{through}` and is behind it: on `target {target}` a load balancer does not return packets to their sender"
    );
    let problem = kubeconfig.problem(Code::Hairpin, &path("clusters", index, &["cluster", "server"]), message);
    let local = model.component_of(end.app).endpoints[end.endpoint as usize].ast.name.name.clone();
    problem.label(model.app(front.app).span, format!("`{through}` is the platform's load balancer")).help(format!(
        "dial `{}` on the same machine: a `requires` with `scope = \"machine\"`, as in `std/kubelet`",
        format_args!("{}.{local}", model.app(end.app).name)
    ))
}
