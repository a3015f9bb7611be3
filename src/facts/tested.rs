//! What a minor of Kubernetes was built and tested with: `tables/versions.toml`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::stdlib;
use crate::syntax::ast::Version;

#[derive(Debug, Deserialize)]
struct Table {
    minor: BTreeMap<String, Tested>,
}

/// The versions that one minor was built with.
#[derive(Debug, Deserialize)]
pub struct Tested {
    pub etcd: String,
    pub coredns: String,
    pub pause: String,
    /// Whether its kubelet does not start on a host with cgroup v1 unless it is told to.
    pub fail_cgroup_v1: bool,
    /// From when on it gets no fixes, as `2027-02-28`, where that was read.
    pub end_of_life: Option<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let text = stdlib::read(Path::new("tables/versions.toml")).expect("the table is part of the standard library");
    toml::from_str(text).expect("a test reads the table")
});

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
