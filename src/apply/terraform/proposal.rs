//! A plan of Terraform's, as `terraform show -json` writes it.
//!
//! Source: the JSON output format of Terraform's documentation, version 1.2.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value as Json};

mod difference;

/// The output that says where machines are.
const MACHINES: &str = "machines";

/// Why a resource is replaced whose creation failed, or that a person marked so.
const TAINTED: &str = "replace_because_tainted";

/// What would be changed, and what is known of machines.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Proposal {
    /// Every resource of the configuration and of the state.
    pub resources: Vec<Resource>,
    /// Whether outputs change.
    pub has_outputs: bool,
    /// The values of machines' outputs, by their names.
    outputs: BTreeMap<String, Map<String, Json>>,
    /// The fields that the output has of machines, known or not.
    fields: BTreeSet<String>,
    /// The resources that the output of machines refers to, without their indices.
    referred: BTreeSet<String>,
    /// What each resource of the configuration refers to, and one that has left it did; neither has an index.
    refers: BTreeMap<String, BTreeSet<String>>,
}

/// A resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Resource {
    pub address: String,
    pub kind: String,
    /// Its index if that is a text, otherwise its name.
    pub key: String,
    /// The address without an index.
    pub base: String,
    pub action: Action,
    /// What differs, or why it is replaced.
    pub what: String,
    /// Whether its creation failed, so that it is replaced.
    pub is_tainted: bool,
}

/// What would be done to a resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Action {
    None,
    Create,
    Update,
    Replace,
    Delete,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    resource_changes: Vec<ChangeRow>,
    #[serde(default)]
    output_changes: BTreeMap<String, Values>,
    #[serde(default)]
    prior_state: Json,
    #[serde(default)]
    configuration: Json,
}

#[derive(Deserialize)]
struct ChangeRow {
    address: String,
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    index: Json,
    #[serde(default)]
    action_reason: String,
    change: Values,
}

#[derive(Deserialize)]
struct Values {
    actions: Vec<String>,
    #[serde(default)]
    before: Json,
    #[serde(default)]
    after: Json,
    #[serde(default)]
    after_unknown: Json,
    #[serde(default)]
    before_sensitive: Json,
    #[serde(default)]
    after_sensitive: Json,
    #[serde(default)]
    replace_paths: Vec<Vec<Json>>,
}

impl Proposal {
    /// Reads it.
    ///
    /// # Errors
    /// When it is not of this format.
    pub(super) fn read(text: &str) -> serde_json::Result<Self> {
        let document: Document = serde_json::from_str(text)?;
        let root = &document.configuration["root_module"];
        let managed = document.resource_changes.iter().filter(|row| row.mode == "managed");
        Ok(Self {
            resources: managed.map(resource).collect(),
            has_outputs: document.output_changes.values().any(|values| values.actions != ["no-op"]),
            outputs: outputs(&document),
            fields: fields(&document),
            referred: references(&root["outputs"][MACHINES]["expression"]),
            refers: remembered(&document.prior_state).into_iter().chain(refers(root)).collect(),
        })
    }

    /// The values that the output has of a machine.
    pub(super) fn output(&self, machine: &str) -> Option<&Map<String, Json>> {
        self.outputs.get(machine)
    }

    /// Whether the output has a field of machines, be it known yet or not.
    pub(super) fn has_field(&self, field: &str) -> bool {
        self.fields.contains(field)
    }

    /// The types of the resources of machines: those that the output of machines names for one of these.
    pub(super) fn machine_kinds(&self, is_machine: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let of_machines = self.resources.iter().filter(|one| is_machine(&one.key) && self.referred.contains(&one.base));
        of_machines.map(|one| one.kind.clone()).collect()
    }

    /// Whether a resource refers to one of these, be it through others.
    pub(super) fn needs(&self, base: &str, others: &BTreeSet<&str>) -> bool {
        let (mut seen, mut rest) = (BTreeSet::new(), vec![base]);
        while let Some(one) = rest.pop() {
            if seen.insert(one) {
                rest.extend(self.refers.get(one).into_iter().flatten().map(String::as_str));
            }
        }
        seen.iter().any(|one| *one != base && others.contains(one))
    }

    /// Whether anything would be changed.
    pub(super) fn is_empty(&self) -> bool {
        !self.has_outputs && self.resources.iter().all(|one| one.action == Action::None)
    }
}

fn resource(row: &ChangeRow) -> Resource {
    let base = row.address.split('[').next().unwrap_or_default().to_owned();
    let key = row.index.as_str().unwrap_or(&row.name).to_owned();
    let action = action(&row.change.actions);
    let what = match action {
        Action::Update => difference::shown(&row.change),
        Action::Replace => reason(row),
        Action::None | Action::Create | Action::Delete => row.kind.clone(),
    };
    let is_tainted = action == Action::Replace && row.action_reason == TAINTED;
    Resource { address: row.address.clone(), kind: row.kind.clone(), key, base, action, what, is_tainted }
}

fn action(actions: &[String]) -> Action {
    match actions.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["create"] => Action::Create,
        ["update"] => Action::Update,
        ["delete"] => Action::Delete,
        ["delete", "create"] | ["create", "delete"] => Action::Replace,
        _ => Action::None,
    }
}

fn reason(row: &ChangeRow) -> String {
    let paths: Vec<String> = row.change.replace_paths.iter().map(|path| difference::path(path)).collect();
    match row.action_reason.as_str() {
        TAINTED => "it was not made whole".to_owned(),
        "replace_by_request" => "as requested".to_owned(),
        _ if paths.is_empty() => "it cannot be changed in place".to_owned(),
        _ => format!("{} cannot be changed in place", paths.join(", ")),
    }
}

/// What is known after the change, and what was before for the rest.
fn outputs(document: &Document) -> BTreeMap<String, Map<String, Json>> {
    let before = &document.prior_state["values"]["outputs"][MACHINES]["value"];
    let after = document.output_changes.get(MACHINES).map(|values| &values.after);
    let mut all: BTreeMap<String, Map<String, Json>> = BTreeMap::new();
    for machines in [Some(before), after].into_iter().flatten().filter_map(Json::as_object) {
        for (name, fields) in machines {
            let known = fields.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
            all.entry(name.clone()).or_default().extend(known.map(|(key, value)| (key.clone(), value.clone())));
        }
    }
    all
}

fn fields(document: &Document) -> BTreeSet<String> {
    let values = document.output_changes.get(MACHINES).into_iter();
    let machines = values.flat_map(|values| [&values.after, &values.after_unknown]).filter_map(Json::as_object);
    let machines = machines.flat_map(|machines| machines.values().filter_map(Json::as_object));
    machines.flat_map(|fields| fields.keys().cloned()).collect()
}

fn refers(root: &Json) -> BTreeMap<String, BTreeSet<String>> {
    let resources = root["resources"].as_array().into_iter().flatten();
    let each = resources.filter_map(|one| {
        let named = one["depends_on"].as_array().into_iter().flatten().filter_map(Json::as_str).map(base_of);
        let all = references(&one["expressions"]).into_iter().chain(named).collect();
        Some((one["address"].as_str()?.to_owned(), all))
    });
    each.collect()
}

/// What resources depended on when they were made: all that is known of those that have left the configuration.
fn remembered(state: &Json) -> BTreeMap<String, BTreeSet<String>> {
    let resources = state["values"]["root_module"]["resources"].as_array().into_iter().flatten();
    let each = resources.filter_map(|one| {
        let on = one["depends_on"].as_array()?.iter().filter_map(Json::as_str).map(base_of).collect();
        Some((base_of(one["address"].as_str()?), on))
    });
    each.collect()
}

/// The resources that are named anywhere in expressions.
fn references(value: &Json) -> BTreeSet<String> {
    match value {
        Json::Object(fields) => {
            let own = fields.get("references").and_then(Json::as_array).into_iter().flatten();
            let own = own.filter_map(Json::as_str).map(base_of);
            own.chain(fields.values().flat_map(references)).collect()
        }
        Json::Array(items) => items.iter().flat_map(references).collect(),
        _ => BTreeSet::new(),
    }
}

/// `aws_instance.cp-0` of `aws_instance.cp-0.private_ip`, `data.aws_ami.amd64` of `data.aws_ami.amd64["x"].id`.
fn base_of(reference: &str) -> String {
    let parts = if reference.starts_with("data.") { 3 } else { 2 };
    let plain = reference.split('[').next().unwrap_or_default();
    plain.split('.').take(parts).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests;
