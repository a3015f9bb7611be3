//! Rules of roles that grant nothing, because no request is as they say.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic, closest};
use crate::model::Model;
use crate::verify::locate::Step;

use super::inventory::{Found, at};

pub(super) mod resource;
mod url;
mod verb;

/// What is wrong with a rule, below it.
pub(super) struct Wrong {
    way: Vec<Step>,
    /// `` unknown resource `pod` ``.
    what: String,
    help: String,
}

impl Wrong {
    pub(super) fn new(way: Vec<Step>, what: String, help: String) -> Self {
        Self { way, what, help }
    }

    /// Shown at its place, after what the rule does not do.
    pub(super) fn shown(self, model: &Model<'_>, (found, way): (&Found<'_, '_>, &[Step]), begin: &str) -> Diagnostic {
        let span = found.span(model, &[way, &self.way].concat());
        Diagnostic::new(Code::UnwiseSetting, span, format!("{begin}: {}", self.what)).help(self.help)
    }
}

/// Those in the roles of the model.
pub(super) fn verify(model: &Model<'_>, list: &[Found<'_, '_>]) -> Vec<Diagnostic> {
    let groups = resource::groups(list);
    let roles = list.iter().filter(|found| matches!(found.kind(), "Role" | "ClusterRole"));
    roles.flat_map(|role| of_role(model, role, &groups)).collect()
}

fn of_role(model: &Model<'_>, role: &Found<'_, '_>, groups: &BTreeSet<String>) -> Vec<Diagnostic> {
    let begin = format!("a rule of {} grants less than it says", role.title());
    let mut problems: Vec<Diagnostic> = aggregated(model, role).into_iter().collect();
    for (way, rule) in at(&role.object, "rules[]") {
        let mut wrong = resource::wrong(rule, groups);
        if role.kind() == "Role" {
            wrong.extend(resource::unscoped(rule));
        }
        wrong.extend(verb::wrong(rule));
        wrong.extend(url::wrong(rule));
        problems.extend(wrong.into_iter().map(|one| one.shown(model, (role, &way), &begin)));
    }
    problems
}

/// The roles of Kubernetes itself that others become a part of.
const AGGREGATED: [&str; 3] = ["admin", "edit", "view"];

/// How their labels begin.
const LABEL: &str = "rbac.authorization.k8s.io/aggregate-to-";

/// Rules that a controller replaces, and a label that is nearly one that it asks for.
///
/// Source: kubernetes.io/docs/reference/access-authn-authz/rbac (aggregated ClusterRoles).
fn aggregated(model: &Model<'_>, role: &Found<'_, '_>) -> Option<Diagnostic> {
    let is_filled =
        role.object["aggregationRule"]["clusterRoleSelectors"].as_array().is_some_and(|list| !list.is_empty());
    if is_filled && role.object["rules"].as_array().is_some_and(|rules| !rules.is_empty()) {
        let message = format!("{} has an `aggregationRule`, so a controller replaces its rules", role.title());
        let found = Diagnostic::new(Code::UnwiseSetting, role.span(model, &["rules".into()]), message);
        return Some(found.help("move the rules to a ClusterRole with a label that it selects, and write `rules: []`"));
    }
    let labels = role.object["metadata"]["labels"].as_object()?;
    let (key, near) = labels.keys().find_map(|key| {
        let name = key.strip_prefix(LABEL).filter(|name| !AGGREGATED.contains(name))?;
        Some((key, closest(name, AGGREGATED)?))
    })?;
    let way: [Step; 3] = ["metadata".into(), "labels".into(), key.as_str().into()];
    let message = format!("{} has the label `{key}`, which no role of Kubernetes selects", role.title());
    Some(Diagnostic::new(Code::UnwiseSetting, role.span(model, &way), message).help(format!("write `{LABEL}{near}`")))
}

/// The texts in a list of a rule, each with the way to it.
pub(super) fn texts<'j>(rule: &'j Json, key: &'static str) -> impl Iterator<Item = (Vec<Step>, &'j str)> {
    let each = rule[key].as_array().into_iter().flatten().enumerate();
    each.filter_map(move |(place, one)| Some((vec![key.into(), place.into()], one.as_str()?)))
}
