//! Autoscalers by shares of requests that the pods do not have: nothing is scaled.
//!
//! Source: kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale (if some of the Pod's containers do not have the relevant resource
//! request set, the utilization is not defined and the autoscaler takes no action).

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::verify::locate::Step;

use super::inventory::{Found, at};
use super::reference::Objects;

pub(super) fn verify(model: &Model<'_>, objects: &Objects<'_, '_, '_>) -> Vec<Diagnostic> {
    let scalers = objects.list.iter().filter(|found| found.kind() == "HorizontalPodAutoscaler");
    scalers.flat_map(|scaler| of_scaler(model, objects, scaler)).collect()
}

/// The resources whose shares a scaler looks at, with the ways to them, and the container if it is about one.
fn shares(scaler: &Json) -> Vec<(Vec<Step>, &str, Option<&str>)> {
    let mut list = Vec::new();
    for (way, metric) in at(scaler, "spec.metrics[]") {
        for key in ["resource", "containerResource"] {
            let source = &metric[key];
            if let (Some(name), "Utilization") =
                (source["name"].as_str(), source["target"]["type"].as_str().unwrap_or(""))
            {
                list.push(([&way[..], &[key.into()]].concat(), name, source["container"].as_str()));
            }
        }
    }
    list.extend(at(scaler, "spec.targetCPUUtilizationPercentage").into_iter().map(|(way, _)| (way, "cpu", None)));
    list
}

fn of_scaler(model: &Model<'_>, objects: &Objects<'_, '_, '_>, scaler: &Found<'_, '_>) -> Vec<Diagnostic> {
    let target = &scaler.object["spec"]["scaleTargetRef"];
    let is_target = |found: &&Found<'_, '_>| {
        target["kind"] == *found.kind() && target["name"] == *found.name() && found.namespace() == scaler.namespace()
    };
    let Some(found) = objects.list.iter().find(is_target) else { return Vec::new() };
    let Some((_, spec)) = found.pod_spec() else { return Vec::new() };
    // A LimitRange gives requests to those that have none.
    let is_range = |other: &Found<'_, '_>| other.kind() == "LimitRange" && other.namespace() == scaler.namespace();
    if objects.list.iter().any(is_range) || !spec["resources"].is_null() {
        return Vec::new();
    }
    let of = |(way, resource, only): (Vec<Step>, &str, Option<&str>)| {
        let has = |container: &Json, kind: &str| !container["resources"][kind][resource].is_null();
        let containers = at(spec, "containers[]").into_iter().map(|(_, container)| container);
        let name = containers
            .filter(|container| only.is_none_or(|only| container["name"] == only))
            .find(|container| !has(container, "requests") && !has(container, "limits"))?["name"]
            .as_str()?;
        let message = format!(
            "{} scales by the share of `{resource}` that is used of what is requested, and the container `{name}` of {} requests none: nothing is scaled",
            scaler.title(),
            found.title()
        );
        let problem = Diagnostic::new(Code::UnwiseSetting, scaler.span(model, &way), message);
        Some(problem.help(format!("add `resources.requests.{resource}` to the container, or use `AverageValue`")))
    };
    shares(&scaler.object).into_iter().filter_map(of).collect()
}
