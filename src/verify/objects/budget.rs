//! Disruption budgets that never let a pod go: a drain of its machine waits until it is given up.
//!
//! Source: kubernetes.io/docs/tasks/run-application/configure-pdb ("you cannot successfully drain a Node running one of those
//! Pods").

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::render::evidence::Sample;

use super::inventory::{self, Found};

/// Budgets in the files of one machine.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let list = inventory::of_sample(sample);
    let budgets = list.iter().filter(|found| found.kind() == "PodDisruptionBudget");
    budgets.filter_map(|budget| of_budget(model, budget, &list)).collect()
}

fn of_budget(model: &Model<'_>, budget: &Found<'_, '_>, list: &[Found<'_, '_>]) -> Option<Diagnostic> {
    let (spec, name) = (&budget.object["spec"], budget.object["metadata"]["name"].as_str().unwrap_or_default());
    let (key, why) = match (text(&spec["maxUnavailable"])?.as_str(), text(&spec["minAvailable"])?.as_str()) {
        ("0" | "0%", _) => ("maxUnavailable", "`maxUnavailable` is 0".to_owned()),
        (_, "100%") => ("minAvailable", "`minAvailable` is 100%".to_owned()),
        (_, least) => {
            let least: u64 = least.parse().ok()?;
            let (title, replicas) = list.iter().find_map(|found| workload(found, budget))?;
            let never = least >= replicas && replicas > 0;
            let said = format!("`minAvailable` is {least} of the {replicas} replicas of {title}");
            never.then_some(("minAvailable", said))?
        }
    };
    let span = budget.span(model, &["spec".into(), key.into()]);
    let message =
        format!("the PodDisruptionBudget `{name}` never lets a pod go, so its machine cannot be drained: {why}");
    Some(Diagnostic::new(Code::UnwiseSetting, span, message).help("use `maxUnavailable = 1`"))
}

/// The text of a number or a share; empty if there is none.
fn text(value: &Json) -> Option<String> {
    match value {
        Json::Null => Some(String::new()),
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A workload that a budget selects, and its replicas.
fn workload(found: &Found<'_, '_>, budget: &Found<'_, '_>) -> Option<(String, u64)> {
    let (object, selector) = (&found.object, &budget.object["spec"]["selector"]);
    let kind = object["kind"].as_str().filter(|kind| matches!(*kind, "Deployment" | "StatefulSet" | "ReplicaSet"))?;
    let is_plain = selector["matchExpressions"].as_array().is_none_or(Vec::is_empty);
    let wanted = selector["matchLabels"].as_object().filter(|wanted| is_plain && !wanted.is_empty())?;
    let labels = &object["spec"]["template"]["metadata"]["labels"];
    let fits = wanted.iter().all(|(key, value)| labels[key.as_str()] == *value);
    let namespace = |object: &Json| object["metadata"]["namespace"].as_str().unwrap_or("default").to_owned();
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let replicas = object["spec"]["replicas"].as_u64().unwrap_or(1);
    (fits && namespace(object) == namespace(&budget.object)).then(|| (format!("{kind} `{name}`"), replicas))
}
