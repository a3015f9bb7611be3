//! Rules of webhooks and admission policies that no request matches.
//!
//! Source: kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers (matching requests: rules),
//! .../validating-admission-policy (match constraints).

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic};
use crate::facts::resource;
use crate::model::Model;
use crate::verify::locate::Step;

use super::grant::{Wrong, resource as named, texts};
use super::inventory::{Found, at};
use super::reference::Objects;

/// Where the kinds have them.
const RULES: [(&str, &str); 4] = [
    ("ValidatingWebhookConfiguration", "webhooks[].rules[]"),
    ("MutatingWebhookConfiguration", "webhooks[].rules[]"),
    ("ValidatingAdmissionPolicy", "spec.matchConstraints.resourceRules[]"),
    ("MutatingAdmissionPolicy", "spec.matchConstraints.resourceRules[]"),
];

/// Those of the model.
pub(super) fn verify(model: &Model<'_>, objects: &Objects<'_, '_, '_>) -> Vec<Diagnostic> {
    let groups = named::groups(objects.list);
    let mut problems: Vec<_> = objects.list.iter().flat_map(|found| of_object(model, found, &groups)).collect();
    problems.extend(objects.list.iter().filter_map(|found| unbound(model, objects, found)));
    problems
}

/// A policy that no binding enforces, where the model has all objects.
fn unbound(model: &Model<'_>, objects: &Objects<'_, '_, '_>, found: &Found<'_, '_>) -> Option<Diagnostic> {
    let binding = format!("{}Binding", found.kind());
    let is_one = |other: &Found<'_, '_>| other.kind() == binding && other.object["spec"]["policyName"] == found.name();
    let is_policy = found.kind().ends_with("AdmissionPolicy");
    if !is_policy || !objects.is_whole(None) || objects.list.iter().any(is_one) {
        return None;
    }
    let message = format!("{} has no {binding}, so it is enforced nowhere", found.title());
    let place = found.span(model, &["metadata".into(), "name".into()]);
    let help = format!("add a {binding} with `policyName: {}`", found.name());
    Some(Diagnostic::new(Code::UnwiseSetting, place, message).help(help))
}

fn of_object(model: &Model<'_>, found: &Found<'_, '_>, groups: &BTreeSet<String>) -> Vec<Diagnostic> {
    let ways = RULES.iter().filter(|(kind, _)| *kind == found.kind());
    let rules = ways.flat_map(|(_, way)| at(&found.object, way));
    let begin = format!("a rule of {} matches no request", found.title());
    rules
        .flat_map(|(way, rule)| {
            let wrong = named::wrong(rule, groups).into_iter().chain(connection(rule)).chain(scope(rule));
            wrong.map(|one| one.shown(model, (found, &way), &begin)).collect::<Vec<_>>()
        })
        .collect()
}

/// CONNECT alone, of resources that nothing connects to.
fn connection(rule: &Json) -> Option<Wrong> {
    let is_own = texts(rule, "apiGroups").all(|(_, group)| group.is_empty() || resource::has_group(group));
    let is_alone =
        texts(rule, "operations").next().is_some() && texts(rule, "operations").all(|(_, name)| name == "CONNECT");
    let any = texts(rule, "resources").any(|(_, name)| resource::is_connected(name));
    let (way, name) = texts(rule, "resources").next().filter(|_| is_own && is_alone && !any)?;
    let what = format!("`CONNECT` is of subresources such as `pods/exec`, and never of `{name}`");
    Some(Wrong::new(way, what, "use `CREATE` or `UPDATE`, or name the subresource".to_owned()))
}

/// Resources in namespaces where those in none are asked for, and the other way round.
fn scope(rule: &Json) -> Option<Wrong> {
    let wanted = rule["scope"].as_str().filter(|scope| matches!(*scope, "Cluster" | "Namespaced"))?;
    let is_own = texts(rule, "apiGroups").all(|(_, group)| resource::has_group(group));
    let mut names = texts(rule, "resources").map(|(_, name)| name).peekable();
    let first = *names.peek().filter(|_| is_own)?;
    // A namespace itself is in none (its requests have one as if it were).
    let is_wrong = |name: &str| {
        let is_unscoped = resource::is_unscoped(name) || name == "namespaces";
        !name.contains('*') && !resource::groups_of(name).is_empty() && is_unscoped != (wanted == "Cluster")
    };
    let place = if wanted == "Cluster" { "is in a namespace" } else { "is in no namespace" };
    let what = format!("`scope` is `{wanted}`, and `{first}` {place}");
    let way: Vec<Step> = vec!["scope".into()];
    names.all(is_wrong).then(|| Wrong::new(way, what, "remove `scope`, which is `*` by default".to_owned()))
}
