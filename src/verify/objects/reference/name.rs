//! The names in objects that stand for other objects, each with the way to it.

use serde_json::Value as Json;

use crate::facts::reference::{self, Reference};
use crate::verify::locate::Step;

use super::super::inventory::{self, Found};

/// A name, where it is.
pub(in crate::verify::objects) struct Name<'f, 'a, 'p> {
    pub(super) by: &'f Found<'a, 'p>,
    pub(super) rule: &'static Reference,
    pub kind: &'f str,
    /// Of the object that is named; none if it is in none.
    pub namespace: Option<&'f str>,
    pub name: &'f str,
    pub way: Vec<Step>,
    pub(super) value: &'f Json,
}

/// The names in an object.
pub(in crate::verify::objects) fn names<'f, 'a, 'p>(found: &'f Found<'a, 'p>) -> Vec<Name<'f, 'a, 'p>> {
    let mut list = Vec::new();
    for rule in reference::references() {
        if rule.of.iter().any(|kind| kind == found.kind()) {
            list.extend(of_rule(found, rule, &rule.at, &found.object, &[]));
        }
        let Some((path, pods)) = found.pods().filter(|_| rule.of.iter().any(|kind| kind == "Pods")) else { continue };
        let to: Vec<Step> = path.iter().chain(&["spec"]).map(|key| Step::from(*key)).collect();
        list.extend(of_rule(found, rule, &rule.at, &pods["spec"], &to));
        if rule.at.starts_with("containers[]") {
            list.extend(of_rule(found, rule, &rule.at.replacen("containers", "initContainers", 1), &pods["spec"], &to));
        }
    }
    list
}

fn of_rule<'f, 'a, 'p>(
    found: &'f Found<'a, 'p>,
    rule: &'static Reference,
    at: &str,
    below: &'f Json,
    to: &[Step],
) -> Vec<Name<'f, 'a, 'p>> {
    let of = |(way, value): (Vec<Step>, &'f Json)| {
        let (name, last): (_, &[Step]) = match value.as_str() {
            Some(name) => (name, &[]),
            None => (value[rule.field()].as_str()?, &[rule.field().into()]),
        };
        let own = value["kind"].as_str().or(rule.to.first().map(String::as_str))?;
        let kind = rule.to.iter().find(|kind| *kind == own)?;
        let is_optional = value["optional"].as_bool().unwrap_or_default() || name.is_empty() || name.contains('$');
        let namespace = match &rule.namespace {
            _ if !reference::is_scoped(kind) => None,
            Some(field) => Some(value[&**field].as_str().or(found.namespace())?),
            None => Some(found.namespace()?),
        };
        let way = [to, &way, last].concat();
        // A StatefulSet puts the claim of its template in place of a volume of that name.
        let is_template = rule.field() == "claimName" && is_of_template(found, below, name);
        (!is_optional && !is_template).then_some(Name { by: found, rule, kind, namespace, name, way, value })
    };
    inventory::at(below, at).into_iter().filter_map(of).collect()
}

/// Whether the volume of a claim has the name of a template of claims.
fn is_of_template(found: &Found<'_, '_>, pods: &Json, claim: &str) -> bool {
    let templates = inventory::at(&found.object, "spec.volumeClaimTemplates[].metadata.name");
    let volumes = inventory::at(pods, "volumes[]").into_iter().map(|(_, volume)| volume);
    volumes
        .filter(|volume| volume["persistentVolumeClaim"]["claimName"] == claim)
        .any(|volume| templates.iter().any(|(_, name)| **name == volume["name"]))
}
