//! What a minor of Kubernetes was built and tested with: `tables/versions.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};
use super::lifespan::parse;
use super::release;
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
    /// What is taken with it where a model does not say, by program: a version, or the minor of one that is released.
    with: BTreeMap<String, String>,
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

/// What a program is taken in where a model does not say, with a version of Kubernetes. Of a minor that has no row, what the
/// newest one before it has; before the first, what the first has.
pub fn matching(kubernetes: Version, program: &str) -> Option<String> {
    let row = row_at(kubernetes)?.with.get(program)?;
    if !release::names().any(|name| name == program) {
        return Some(row.clone());
    }
    let version = parse(row)?;
    // One with a patch level may have no hash yet: `kmodel pin` finds it.
    if row.split('.').count() == 3 {
        return Some(row.clone());
    }
    Some(release::newest(program, version)?.to_string())
}

/// The minor whose row says what is taken with a version of Kubernetes: an older one where it has no row yet.
pub fn minor_of_row(kubernetes: Version) -> Option<String> {
    entry_at(kubernetes).map(|(minor, _)| super::lifespan::minor(minor))
}

fn row_at(kubernetes: Version) -> Option<&'static Tested> {
    entry_at(kubernetes).map(|(_, row)| row)
}

fn entry_at(kubernetes: Version) -> Option<(Version, &'static Tested)> {
    let rows = || TABLE.minor.iter().filter_map(|(minor, row)| Some((parse(minor)?, row)));
    let upto = rows().filter(|(minor, _)| *minor <= kubernetes).max_by_key(|(minor, _)| *minor);
    upto.or_else(|| rows().min_by_key(|(minor, _)| *minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_minor_has_a_row() {
        for minor in 31..=37 {
            assert!(tested(Version { major: 1, minor, patch: 3 }).is_some(), "1.{minor}");
        }
    }

    #[test]
    fn every_minor_says_what_is_taken_with_it() {
        let programs = |row: &Tested| row.with.keys().cloned().collect::<Vec<_>>();
        let mut rows = TABLE.minor.iter();
        let (_, first) = rows.next().expect("a row");
        rows.for_each(|(minor, row)| assert_eq!(programs(row), programs(first), "{minor}"));
        for (minor, row) in &TABLE.minor {
            let kubernetes = parse(minor).expect("a version");
            for program in row.with.keys() {
                assert!(matching(kubernetes, program).is_some(), "{minor}: no release of {program} is known");
            }
            assert_eq!((&row.with["coredns"], &row.with["pause"]), (&row.coredns, &row.pause), "{minor}");
            let minor_of = |version: &str| parse(version).map(|version| (version.major, version.minor));
            assert_eq!(minor_of(&row.etcd), minor_of(&row.with["etcd"]), "{minor}");
        }
    }

    #[test]
    fn a_minor_without_a_row_takes_the_nearest_before_it() {
        let version = |minor| Version { major: 1, minor, patch: 9 };
        assert_eq!(matching(version(99), "coredns"), matching(version(37), "coredns"));
        assert_eq!(matching(version(1), "coredns"), matching(version(31), "coredns"));
        assert_eq!(matching(version(36), "nothing"), None);
        let rows: Vec<_> = [1, 35, 37, 99].map(|minor| minor_of_row(version(minor)).expect("a row")).into();
        assert_eq!(rows[..2], ["1.31", "1.35"]);
        assert_eq!(rows[2], rows[3], "a minor that nobody knows takes the row of the newest");
    }
}
