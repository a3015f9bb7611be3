//! Groups and resources that the API has not, in rules of roles, webhooks and policies.
//!
//! Source: kubernetes.io/docs/reference/access-authn-authz/rbac (resources are plural, a group has no version, `pods/log`), and
//! k8s.io/kubernetes/pkg/registry for the groups of resources.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::diag::closest;
use crate::facts::resource;
use crate::text::List;

use super::super::inventory::Found;
use super::{Wrong, texts};

/// The groups of APIs that objects of the model add.
pub(in crate::verify::objects) fn groups(list: &[Found<'_, '_>]) -> BTreeSet<String> {
    let of = |found: &Found<'_, '_>| match found.kind() {
        "CustomResourceDefinition" | "APIService" => found.object["spec"]["group"].as_str().map(str::to_owned),
        _ => found.api().split_once('/').map(|(group, _)| group.to_owned()),
    };
    list.iter().filter_map(of).collect()
}

/// What is wrong with those of a rule.
pub(in crate::verify::objects) fn wrong(rule: &Json, own: &BTreeSet<String>) -> Vec<Wrong> {
    let wrong: Vec<Wrong> = texts(rule, "apiGroups")
        .filter_map(|(way, name)| {
            let (what, help) = group(name, own)?;
            Some(Wrong { way, what, help })
        })
        .collect();
    if wrong.is_empty() { resources(rule) } else { wrong }
}

/// Why a group is none, and what to write.
fn group(name: &str, own: &BTreeSet<String>) -> Option<(String, String)> {
    if let Some((group, version)) = name.split_once('/') {
        return Some((
            format!("a group has no version: `{name}`"),
            format!("use `{group}`, which covers `{version}` too"),
        ));
    }
    if is_version(name) {
        let help = "use `\"\"`, the group of pods, services and other core objects".to_owned();
        return Some((format!("`{name}` is a version, not a group"), help));
    }
    let near = resource::meant_group(name).filter(|_| !name.contains('*') && !own.contains(name))?;
    let help = match near {
        Some("") => "use `\"\"`, the group of pods, services and other core objects".to_owned(),
        Some(near) => format!("use `{near}`"),
        None => "use the group of the resource: `kubectl api-resources` lists them".to_owned(),
    };
    Some((format!("unknown API group `{name}`"), help))
}

/// `v1`, `v1beta1`.
fn is_version(group: &str) -> bool {
    group.strip_prefix('v').is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
}

/// The groups of a rule, if all are of Kubernetes: one with a group of others may mean resources of others.
fn known_groups(rule: &Json) -> Option<Vec<&str>> {
    let groups: Vec<&str> = texts(rule, "apiGroups").map(|(_, group)| group).collect();
    (!groups.is_empty() && groups.iter().all(|group| resource::has_group(group))).then_some(groups)
}

fn resources(rule: &Json) -> Vec<Wrong> {
    let Some(groups) = known_groups(rule) else { return Vec::new() };
    let of = |(way, name)| {
        let (what, help) = unknown(name, &groups)?;
        Some(Wrong { way, what, help })
    };
    texts(rule, "resources").filter_map(of).collect()
}

/// Why a resource is in none of the groups, and what to write.
fn unknown(name: &str, groups: &[&str]) -> Option<(String, String)> {
    // `x/finalizers` is asked about by an admission plugin, for resources of any kind.
    let free = name.contains('*') || name.ends_with("/finalizers") || name.starts_with("userextras/");
    if free || groups.iter().any(|group| resource::is_in(group, name)) {
        return None;
    }
    if let Some(group) = resource::groups_of(name).first() {
        let named = |group: &str| if group.is_empty() { "\"\"".to_owned() } else { group.to_owned() };
        let list: Vec<String> = groups.iter().map(|group| named(group)).collect();
        return Some((
            format!("`{name}` is not in {}", List::ticked(&list)),
            format!("add `{}` to `apiGroups`", named(group)),
        ));
    }
    let near = closest(name, resource::of_groups(groups))?;
    Some((format!("unknown resource `{name}`"), format!("use `{near}`")))
}

/// Resources in no namespace, which a role of a namespace does not grant.
pub(super) fn unscoped(rule: &Json) -> Vec<Wrong> {
    let Some(groups) = known_groups(rule) else { return Vec::new() };
    let is_wrong = |name: &str| resource::is_unscoped(name) && groups.iter().any(|group| resource::is_in(group, name));
    let of = |(way, name): (_, &str)| {
        let what = format!("`{name}` is in no namespace, and a Role is about its own");
        let help = "grant it by a ClusterRole with a ClusterRoleBinding".to_owned();
        is_wrong(name).then_some(Wrong { way, what, help })
    };
    texts(rule, "resources").filter_map(of).collect()
}
