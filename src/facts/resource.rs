//! The resources of Kubernetes' own APIs, by group, as roles and webhooks name them: `tables/resources.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};
use crate::diag::closest;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    #[serde(rename = "source")]
    _source: Note,
    /// By group; `core` is the one without a name.
    group: BTreeMap<String, Vec<String>>,
    /// Resources that are in no namespace.
    unscoped: BTreeSet<String>,
    /// What requests do.
    verbs: BTreeSet<String>,
    /// The same of URLs: the methods of HTTP.
    url_verbs: BTreeSet<String>,
    /// Resources of requests that connect to something.
    connected: BTreeSet<String>,
    other_groups: BTreeSet<String>,
    /// What people write for a verb.
    mistaken: BTreeMap<String, String>,
}

static TABLE: LazyLock<Rows> = LazyLock::new(|| embedded::table("tables/resources.toml"));

const CORE: &str = "core";

fn of(group: &str) -> Option<&'static Vec<String>> {
    TABLE.group.get(if group.is_empty() { CORE } else { group }).filter(|_| group != CORE)
}

/// Whether a group is listed with all of its resources.
pub fn has_group(group: &str) -> bool {
    of(group).is_some()
}

/// The group that was meant by one that Kubernetes has not. One without a point in its name is of Kubernetes itself.
pub fn meant_group(group: &str) -> Option<Option<&'static str>> {
    if has_group(group) || TABLE.other_groups.contains(group) {
        return None;
    }
    if group == CORE {
        return Some(Some(""));
    }
    let known = TABLE.group.keys().map(String::as_str).filter(|known| *known != CORE);
    let near = closest(group, known.clone());
    match group.contains('.') {
        false => Some(near),
        // Groups of others end alike.
        true => near.filter(|known| strsim::damerau_levenshtein(group, known) <= 2).map(Some),
    }
}

/// Whether a group has a resource, or its subresource: `pods`, `pods/log`.
pub fn is_in(group: &str, resource: &str) -> bool {
    of(group).is_some_and(|list| list.iter().any(|one| one == resource))
}

/// All resources of these groups.
pub fn of_groups(groups: &[&str]) -> Vec<&'static str> {
    groups.iter().filter_map(|group| of(group)).flatten().map(String::as_str).collect()
}

/// The groups that have a resource.
pub fn groups_of(resource: &str) -> Vec<&'static str> {
    let with = TABLE.group.iter().filter(|(_, list)| list.iter().any(|one| one == resource));
    with.map(|(group, _)| if group == CORE { "" } else { group.as_str() }).collect()
}

/// Whether a resource of Kubernetes, or the one that it is a part of, is in no namespace.
pub fn is_unscoped(resource: &str) -> bool {
    TABLE.unscoped.contains(resource.split('/').next().unwrap_or_default())
}

/// Whether requests to a resource may be connections.
pub fn is_connected(resource: &str) -> bool {
    resource.contains('*') || TABLE.connected.contains(resource)
}

/// Whether a request does this; of a URL it is the method.
pub fn is_verb(verb: &str, of_url: bool) -> bool {
    verbs(of_url).contains(verb)
}

/// The verb that was probably meant.
pub fn meant_verb(verb: &str, of_url: bool) -> Option<&'static str> {
    let known = || verbs(of_url).iter().map(String::as_str);
    let same = known().find(|known| known.eq_ignore_ascii_case(verb));
    let said =
        TABLE.mistaken.get(&verb.to_lowercase()).map(String::as_str).filter(|meant| verbs(of_url).contains(*meant));
    same.or(said).or_else(|| closest(verb, known()))
}

fn verbs(of_url: bool) -> &'static BTreeSet<String> {
    if of_url { &TABLE.url_verbs } else { &TABLE.verbs }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_by_its_name_is_a_resource_or_a_verb() {
        let listed = TABLE.unscoped.iter().chain(&TABLE.connected);
        listed.for_each(|resource| assert!(!groups_of(resource).is_empty(), "{resource}"));
        TABLE.mistaken.values().for_each(|verb| assert!(is_verb(verb, false), "{verb}"));
    }

    #[test]
    fn groups_of_others_are_left_alone() {
        for group in [
            "",
            "apps",
            "metrics.k8s.io",
            "snapshot.storage.k8s.io",
            "cluster.x-k8s.io",
            "extensions",
            "policy.networking.k8s.io",
        ] {
            assert_eq!(meant_group(group), None, "{group}");
        }
        let meant = [("app", "apps"), ("core", ""), ("metric.k8s.io", "metrics.k8s.io")];
        meant.iter().for_each(|(group, near)| assert_eq!(meant_group(group), Some(Some(*near)), "{group}"));
        assert_eq!(meant_group("widgets"), Some(None));
    }

    #[test]
    fn verbs_are_those_of_requests() {
        for (verb, meant) in [("gett", "get"), ("Get", "get"), ("lst", "list"), ("read", "get"), ("exec", "create")] {
            assert_eq!(meant_verb(verb, false), Some(meant), "{verb}");
        }
        assert_eq!(meant_verb("own", false), None);
    }
}
