//! Pods that no machine of the model takes, and volumes that are on none: they stay in `Pending`.
//!
//! Source: kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node; kubernetes.io/docs/concepts/configuration/
//! manage-resources-containers (how Pods with resource requests are scheduled); kubernetes.io/docs/concepts/storage/persistent-volumes
//! (node affinity).

use serde_json::{Value as Json, json};

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::facts::quantity::quantity;
use crate::model::{Group, MachineId, Model};
use crate::text::{Count, List};
use crate::verify::Evidence;
use crate::verify::locate::Step;

use super::inventory::{Found, at};
use super::placement::Nodes;
use super::toleration;

/// Resources that machines have, as far as the model tells.
const RESOURCES: [&str; 2] = ["cpu", "memory"];

/// The label of control planes until Kubernetes 1.24, and the one that is in its place.
const FORMER: [(&str, &str); 1] = [("node-role.kubernetes.io/master", "node-role.kubernetes.io/control-plane")];

pub(super) fn verify(evidence: &Evidence<'_, '_>, list: &[Found<'_, '_>]) -> Vec<Diagnostic> {
    let nodes = Nodes::of(evidence);
    if nodes.machines().next().is_none() {
        return Vec::new();
    }
    let files = list.iter().filter(|found| found.document.path.starts_with('/') && !found.is_static);
    files.filter_map(|found| of_object(evidence.model, &nodes, found)).collect()
}

fn of_object(model: &Model<'_>, nodes: &Nodes<'_, '_>, found: &Found<'_, '_>) -> Option<Diagnostic> {
    if found.kind() == "PersistentVolume" {
        return of_volume(model, nodes, found);
    }
    let (to, spec) = found.pod_spec()?;
    let takers = nodes.takers(spec);
    // A DaemonSet may be for machines of which there are none.
    let is_for_each = found.kind() == "DaemonSet";
    if takers.is_empty() {
        return (!is_for_each).then(|| nowhere(model, nodes, found, (&to, spec))).flatten();
    }
    let chosen = (!is_for_each).then(|| unlabelled(model, nodes, found, (&to, spec))).flatten();
    chosen
        .or_else(|| too_large(model, &takers, found, (&to, spec)))
        .or_else(|| apart(model, &takers, found, (&to, spec)))
}

fn groups<'m>(model: &'m Model<'_>, nodes: &Nodes<'_, '_>) -> Vec<(u32, &'m Group)> {
    let mut places: Vec<u32> = nodes.machines().map(|machine| model.machine(machine).group).collect();
    places.dedup();
    places.into_iter().map(|place| (place, &model.groups[place as usize])).collect()
}

/// Pods that no machine takes, by its taints or by its labels.
fn nowhere(
    model: &Model<'_>,
    nodes: &Nodes<'_, '_>,
    found: &Found<'_, '_>,
    (to, spec): (&[Step], &Json),
) -> Option<Diagnostic> {
    let is_chosen = ["nodeSelector", "nodeName"].iter().any(|key| !spec[key].is_null())
        || !spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"].is_null();
    // Of taints alone another rule tells.
    if !is_chosen {
        return None;
    }
    let reasons: Vec<(bool, String)> = groups(model, nodes)
        .into_iter()
        .map(|(place, group)| match toleration::untolerated(model, spec, place) {
            Some(taint) => (true, format!("`{}` has the taint `{}`", group.name, taint.text())),
            None => (false, format!("`{}` is not selected", group.name)),
        })
        .collect();
    let is_tainted = reasons.iter().any(|(is_tainted, _)| *is_tainted);
    let list = reasons.iter().map(|(_, reason)| reason.clone()).collect::<Vec<_>>().join(", ");
    let message = format!("no machine takes the pods of {}, which stay in `Pending`: {list}", found.title());
    let code = if is_tainted { Code::TaintNotTolerated } else { Code::UnwiseSetting };
    let key = ["nodeSelector", "nodeName", "affinity"].into_iter().find(|key| !spec[*key].is_null())?;
    let span = found.span(model, &[to, &[key.into()]].concat());
    Some(Diagnostic::new(code, span, message).help(advice(spec)))
}

fn advice(spec: &Json) -> Help {
    let former = at(spec, "tolerations[].key")
        .into_iter()
        .find_map(|(_, key)| FORMER.iter().find(|(former, _)| *key == **former).map(|(_, now)| *now));
    match former {
        Some(now) => format!("tolerate `{now}`: the taint has that name since Kubernetes 1.24").into(),
        None => "tolerate the taint, or select other machines".into(),
    }
}

/// Pods for machines with a label that none has. What has a domain may be set by its owner.
fn unlabelled(
    model: &Model<'_>,
    nodes: &Nodes<'_, '_>,
    found: &Found<'_, '_>,
    (to, spec): (&[Step], &Json),
) -> Option<Diagnostic> {
    let former = |key: &str| FORMER.iter().find(|(former, _)| *former == key).map(|(_, now)| *now);
    let is_own = |key: &str| !key.contains('/') || former(key).is_some();
    let mut keys = spec["nodeSelector"].as_object()?.iter();
    let (key, value) = keys.find(|(key, _)| is_own(key) && nodes.lacks(key))?;
    let value = value.as_str().unwrap_or_default();
    let message = format!(
        "{} selects machines with the label `{key}={value}`, and no machine of the model has it: its pods stay in `Pending`",
        found.title()
    );
    let span = found.span(model, &[to, &["nodeSelector".into(), key.as_str().into()]].concat());
    let help = match former(key) {
        Some(now) => format!("use `{now}`: the label has that name since Kubernetes 1.24"),
        None => {
            "add it to `labels` of a machine group; if something else sets it, allow this with that reason".to_owned()
        }
    };
    Some(Diagnostic::new(Code::UnwiseSetting, span, message).help(help))
}

/// What the pods of a `spec` ask for: containers together, or the largest of those that come before.
fn asked(spec: &Json, resource: &str) -> f64 {
    let of = |container: &Json| {
        let own = |kind: &str| match &container["resources"][kind][resource] {
            Json::String(text) => quantity(text),
            Json::Number(number) => number.as_f64(),
            _ => None,
        };
        own("requests").or_else(|| own("limits")).unwrap_or_default()
    };
    let each = |key: &str| at(spec, key).into_iter().map(|(_, container)| of(container)).collect::<Vec<_>>();
    let first = each("initContainers[]").into_iter().fold(0.0, f64::max);
    each("containers[]").into_iter().sum::<f64>().max(first)
}

/// Pods that ask for more than any machine has.
fn too_large(
    model: &Model<'_>,
    takers: &[MachineId],
    found: &Found<'_, '_>,
    (to, spec): (&[Step], &Json),
) -> Option<Diagnostic> {
    let group = |machine: &MachineId| model.group_of(*machine);
    if !takers.iter().all(|machine| group(machine).sized) {
        return None;
    }
    let (resource, wanted, most) = RESOURCES.into_iter().find_map(|resource| {
        let of = |group: &Group| if resource == "cpu" { group.cores } else { group.memory as f64 };
        let most = takers.iter().map(|machine| of(group(machine))).fold(0.0, f64::max);
        let wanted = asked(spec, resource);
        (wanted > most).then_some((resource, wanted, most))
    })?;
    let shown = |amount: f64| match resource {
        "cpu" => format!("{amount} cores"),
        _ => format!("{} MiB", (amount / 1_048_576.0).ceil()),
    };
    let who = if found.kind() == "Pod" { found.title() } else { format!("a pod of {}", found.title()) };
    let message = format!(
        "{} requests {}, and the largest machine that takes it has {}: it stays in `Pending`",
        who,
        shown(wanted),
        shown(most)
    );
    let written = |(way, _): &(Vec<Step>, &Json)| [to, way].concat();
    let places = ["containers[].resources.requests", "containers[].resources.limits", "initContainers[].resources"];
    let place = places.iter().flat_map(|path| at(spec, path)).find(|(_, one)| !one[resource].is_null());
    let way = place.as_ref().map_or(to.to_vec(), |place| [written(place), vec![resource.into()]].concat());
    let problem = Diagnostic::new(Code::MachineTooSmall, found.span(model, &way), message);
    Some(match resource {
        "cpu" => problem.help("request less, such as `500m`, or use larger machines"),
        _ => problem.help("request less, such as `512Mi`, or use larger machines"),
    })
}

/// Pods of which a machine takes one at a time, and that are more than there are machines.
fn apart(
    model: &Model<'_>,
    takers: &[MachineId],
    found: &Found<'_, '_>,
    (to, spec): (&[Step], &Json),
) -> Option<Diagnostic> {
    if !matches!(found.kind(), "Deployment" | "StatefulSet" | "ReplicaSet") {
        return None;
    }
    let replicas = found.object["spec"]["replicas"].as_u64().unwrap_or(1);
    let labels = &found.pods()?.1["metadata"]["labels"];
    const TERMS: &str = "affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[]";
    let is_own = |term: &Json| {
        let selector = &term["labelSelector"];
        let wanted = selector["matchLabels"].as_object();
        term["topologyKey"] == "kubernetes.io/hostname"
            && selector["matchExpressions"].as_array().is_none_or(Vec::is_empty)
            && wanted.is_some_and(|wanted| wanted.iter().all(|(key, value)| labels[key.as_str()] == *value))
    };
    let (way, _) = at(spec, TERMS).into_iter().find(|(_, term)| is_own(term))?;
    let left = replicas.checked_sub(takers.len() as u64).filter(|left| *left > 0)?;
    let message = format!(
        "{} has {}, of which a machine takes one, and {} {} them: {left} stay in `Pending`",
        found.title(),
        Count(replicas as usize, "pod"),
        Count(takers.len(), "machine"),
        if takers.len() == 1 { "takes" } else { "take" }
    );
    let problem = Diagnostic::new(Code::UnwiseSetting, found.span(model, &[to, &way].concat()), message);
    Some(problem.help("use fewer replicas, more machines, or `preferredDuringSchedulingIgnoredDuringExecution`"))
}

/// A volume on machines that are not in the model.
fn of_volume(model: &Model<'_>, nodes: &Nodes<'_, '_>, found: &Found<'_, '_>) -> Option<Diagnostic> {
    let required = &found.object["spec"]["nodeAffinity"]["required"];
    let affinity = json!({ "requiredDuringSchedulingIgnoredDuringExecution": required });
    let spec = json!({ "tolerations": [{ "operator": "Exists" }], "affinity": { "nodeAffinity": affinity } });
    if required.is_null() || !nodes.takers(&spec).is_empty() {
        return None;
    }
    let values = at(&found.object, "spec.nodeAffinity.required.nodeSelectorTerms[].matchExpressions[].values[]");
    let wanted: Vec<&str> = values.iter().filter_map(|(_, value)| value.as_str()).collect();
    let names: Vec<&str> = nodes.machines().map(|machine| &*model.machine(machine).name).collect();
    let message = format!(
        "{} is on {}, which no machine of the model is: pods that use it stay in `Pending`",
        found.title(),
        List::ticked(&wanted).or()
    );
    let way: Vec<Step> = match values.first() {
        Some((way, _)) => way.clone(),
        None => ["spec", "nodeAffinity"].map(Step::from).to_vec(),
    };
    let problem = Diagnostic::new(Code::ObjectMissing, found.span(model, &way), message);
    Some(match wanted.iter().find_map(|one| closest(one, names.iter().copied())) {
        Some(near) => problem.help(Help::near(near)),
        None => problem.help(format!("the machines are {}", List::ticked(&names).most(6))),
    })
}
