//! What can be downloaded: the release table of the standard library.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};
use super::hash::Hash;
use super::lifespan::parse;
use crate::syntax::ast::Version;

/// All releases by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    release: BTreeMap<String, Release>,
}

/// One thing that is released in versions.
#[derive(Debug, Deserialize)]
pub struct Release {
    /// With `{version}` and `{arch}` in it.
    url: String,
    kind: Packing,
    /// The file in which the publisher lists the checksum, with `{url}`, `{version}` and `{arch}` in it.
    checksums: String,
    /// The file that names the newest patch of a minor, with `{minor}` in it, where there is one.
    newest: Option<String>,
    /// All that it is released for, where that is known.
    architectures: Option<Vec<String>>,
    #[serde(rename = "architectures_source")]
    _architectures_source: Note,
    #[serde(rename = "source")]
    _source: Note,
    /// The hash for each architecture, by version.
    #[serde(flatten)]
    rows: BTreeMap<String, BTreeMap<String, Hash>>,
}

/// How it is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Packing {
    #[serde(rename = "tar.gz")]
    TarGz,
    #[serde(rename = "binary")]
    Binary,
}

/// Where a release is, and its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRelease {
    pub url: String,
    /// The hash that the table has, or why it has none.
    pub hash: Result<Hash, UnknownRelease>,
    pub kind: Packing,
    /// Where its publisher lists its checksum.
    pub checksums: String,
    /// Where its publisher names the newest patch of this minor.
    pub newest: Option<String>,
}

/// Why a release is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnknownRelease {
    /// No release has the name; those that there are.
    Name(Vec<String>),
    /// The version is not in the table; those that are, for the architecture.
    Version(Vec<String>),
    /// The version has no hash for the architecture; the versions that have one.
    Arch(Vec<String>),
    /// It is released for other architectures only: these.
    NotReleased(Vec<String>),
}

impl UnknownRelease {
    /// The names or versions that are known instead.
    pub fn known(&self) -> &[String] {
        let (Self::Name(known) | Self::Version(known) | Self::Arch(known) | Self::NotReleased(known)) = self;
        known
    }
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/releases.toml"));

/// Finds a release, also in a version that the table has no hash for.
///
/// # Errors
/// When no release has the name.
pub fn find(name: &str, version: &str, arch: &str) -> Result<FoundRelease, UnknownRelease> {
    let release =
        TABLE.release.get(name).ok_or_else(|| UnknownRelease::Name(TABLE.release.keys().cloned().collect()))?;
    let url = release.url.replace("{version}", version).replace("{arch}", arch);
    let newest = release.newest.as_ref().map(|text| text.replace("{minor}", &minor_of(version)));
    let checksums = checksums_of(&release.checksums, (&url, version, arch));
    Ok(FoundRelease { hash: release.hash(version, arch), kind: release.kind, checksums, newest, url })
}

/// The URL of a file of checksums, from how it is written in a table or a component.
pub fn checksums_of(written: &str, (url, version, arch): (&str, &str, &str)) -> String {
    written.replace("{url}", url).replace("{version}", version).replace("{arch}", arch)
}

/// `1.36` of `1.36.2`.
fn minor_of(version: &str) -> String {
    version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".")
}

/// The newest version of a release whose minor is that of `version`.
pub fn newest(name: &str, version: Version) -> Option<Version> {
    let versions = TABLE.release.get(name)?.versions();
    let versions = versions.iter().filter_map(|version| parse(version));
    versions.filter(|known| (known.major, known.minor) == (version.major, version.minor)).max()
}

/// The newest version of a minor (`1.36`) that all releases have which have the version `now`: what runs.
pub fn newest_beside(now: &str, minor: &str) -> Option<String> {
    let releases: Vec<_> = TABLE.release.values().filter(|release| release.row(now).is_some()).collect();
    let begins = |version: &String| version.strip_prefix(minor).is_some_and(|rest| rest.starts_with('.'));
    let by_all = |version: &String| releases.iter().all(|release| release.row(version).is_some());
    let versions = releases.iter().flat_map(|release| release.versions());
    versions.filter(begins).filter(by_all).max_by_key(|version| numbers(version))
}

/// The names of all releases, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.release.keys().map(String::as_str)
}

/// The versions of a release that are known, oldest first.
pub fn versions(name: &str) -> Vec<String> {
    TABLE.release.get(name).map(Release::versions).unwrap_or_default()
}

/// `1.36.2` as numbers that can be compared.
fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|number| number.parse().expect("a test reads each version")).collect()
}

/// Whether a release has a row for a version.
pub fn has(name: &str, version: Version) -> bool {
    TABLE.release.get(name).is_some_and(|release| release.row(&version.to_string()).is_some())
}

impl Release {
    fn hash(&self, version: &str, arch: &str) -> Result<Hash, UnknownRelease> {
        if let Some(all) = self.architectures.as_ref().filter(|all| !all.iter().any(|known| known == arch)) {
            return Err(UnknownRelease::NotReleased(all.clone()));
        }
        let hashes = self.row(version).ok_or_else(|| UnknownRelease::Version(self.versions_for(arch)))?;
        hashes.get(arch).cloned().ok_or_else(|| UnknownRelease::Arch(self.versions_for(arch)))
    }

    /// The versions with a hash for an architecture, oldest first.
    fn versions_for(&self, arch: &str) -> Vec<String> {
        let mut versions = self.versions();
        versions.retain(|version| self.row(version).is_some_and(|hashes| hashes.contains_key(arch)));
        versions
    }

    fn row(&self, version: &str) -> Option<&BTreeMap<String, Hash>> {
        self.rows.get(version)
    }

    /// The versions in the table, oldest first.
    fn versions(&self) -> Vec<String> {
        let mut versions: Vec<String> = self.rows.keys().cloned().collect();
        versions.sort_by_key(|version| numbers(version));
        versions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_is_numbers() {
        let versions = TABLE.release.values().flat_map(|release| release.rows.keys());
        versions.for_each(|version| assert!(parse(version).is_some(), "{version}"));
    }

    #[test]
    fn a_version_that_is_not_known_names_those_that_are() {
        let found = find("kubernetes-server", "1.34.2", "amd64").expect("a release");
        let Err(UnknownRelease::Version(known)) = found.hash else { panic!("known") };
        assert!(known.contains(&"1.34.8".to_owned()));
        assert_eq!(found.newest.as_deref(), Some("https://dl.k8s.io/release/stable-1.34.txt"));
    }

    #[test]
    fn what_its_maker_does_not_build_names_what_it_does() {
        let found = find("etcd", "3.6.14", "riscv64").expect("a release");
        let Err(UnknownRelease::NotReleased(all)) = found.hash else { panic!("{found:?}") };
        assert!(all.contains(&"s390x".to_owned()) && !all.contains(&"riscv64".to_owned()));
        assert!(matches!(find("runc", "1.4.3", "riscv64").expect("a release").hash, Err(UnknownRelease::Arch(_))));
    }

    #[test]
    fn the_newest_beside_is_known_of_all_that_runs() {
        for minor in ["1.35", "1.36"] {
            let newest = newest_beside("1.34.8", minor).expect("a version of the minor");
            let runs = TABLE.release.values().filter(|release| release.row("1.34.8").is_some());
            runs.for_each(|release| assert!(release.row(&newest).is_some(), "{newest}: {}", release.url));
        }
    }

    #[test]
    fn every_release_says_where_its_checksum_is() {
        for name in names() {
            let found = find(name, "1.2.3", "s390x").expect("a release");
            for url in [Some(found.url), Some(found.checksums), found.newest].into_iter().flatten() {
                assert!(url.starts_with("https://") && !url.contains(['{', '}', ' ']), "{name}: {url}");
            }
        }
    }
}
