//! The resources of Kubernetes' own APIs, by group, as roles name them: `tables/resources.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    #[serde(rename = "source")]
    _source: Note,
    /// By group; `core` is the one without a name.
    group: BTreeMap<String, Vec<String>>,
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
