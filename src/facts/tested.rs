//! What a minor of Kubernetes was built and tested with: `tables/versions.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};

use crate::syntax::ast::Version;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    minor: BTreeMap<String, Tested>,
    #[serde(rename = "source")]
    _source: Note,
}

/// The versions that one minor was built with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tested {
    pub etcd: String,
    pub coredns: String,
    pub pause: String,
    /// Whether its kubelet does not start on a host with cgroup v1 unless it is configured to.
    pub fail_cgroup_v1: bool,
    /// From when on it gets no fixes, as `2027-02-28`, where that was read.
    pub end_of_life: Option<String>,
    #[serde(rename = "tree")]
    _tree: Note,
    #[serde(rename = "min_external_etcd")]
    _min_external_etcd: Note,
    #[serde(rename = "cni_plugins")]
    _cni_plugins: Note,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/versions.toml"));

/// What the minor of a version was tested with, if it is known.
pub fn tested(version: Version) -> Option<&'static Tested> {
    TABLE.minor.get(&super::lifespan::minor(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_minor_has_a_row() {
        for minor in 31..=36 {
            assert!(tested(Version { major: 1, minor, patch: 3 }).is_some(), "1.{minor}");
        }
    }
}
