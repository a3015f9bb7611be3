//! What can be downloaded: the release table of the standard library.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;

use super::lifespan::parse;
use crate::syntax::ast::Version;

/// All releases by name.
#[derive(Debug, Deserialize)]
struct Table {
    release: BTreeMap<String, Release>,
}

/// One thing that is released in versions.
#[derive(Debug, Deserialize)]
pub struct Release {
    /// With `{version}` and `{arch}` in it.
    url: String,
    kind: Packing,
    #[serde(flatten)]
    rows: BTreeMap<String, toml::Value>,
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
pub struct Found {
    pub url: String,
    pub hash: String,
    pub kind: Packing,
}

/// Why a release is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// No release has the name; those that there are.
    Name(Vec<String>),
    /// The version is not in the table; those that are.
    Version(Vec<String>),
    /// The version has no hash for the architecture; those it has.
    Arch(Vec<String>),
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let text =
        crate::stdlib::read(Path::new("tables/releases.toml")).expect("the table is part of the standard library");
    toml::from_str(text).expect("a test reads the table")
});

/// Finds a release. The hash that `own` gives for its address counts before the table, also for a version that is not in it.
///
/// # Errors
/// What is not known, with what is.
pub fn find(name: &str, version: &str, arch: &str, own: impl Fn(&str) -> Option<String>) -> Result<Found, Unknown> {
    let release = TABLE.release.get(name).ok_or_else(|| Unknown::Name(TABLE.release.keys().cloned().collect()))?;
    let url = release.url.replace("{version}", version).replace("{arch}", arch);
    let hash = own(&url).map_or_else(|| release.hash(version, arch), Ok)?;
    Ok(Found { url, hash, kind: release.kind })
}

/// The newest version of a release whose minor is that of `version`.
pub fn newest(name: &str, version: Version) -> Option<Version> {
    let versions = TABLE.release.get(name)?.versions();
    let versions = versions.iter().filter_map(|version| parse(version));
    versions.filter(|known| (known.major, known.minor) == (version.major, version.minor)).max()
}

/// The newest version of a minor (`1.36`) among the releases that have the version `now`: what runs.
pub fn newest_beside(now: &str, minor: &str) -> Option<String> {
    let releases = TABLE.release.values().filter(|release| release.row(now).is_some());
    let begins = |version: &String| version.strip_prefix(minor).is_some_and(|rest| rest.starts_with('.'));
    releases.flat_map(Release::versions).filter(begins).max_by_key(|version| numbers(version))
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
    version.split('.').map(|number| number.parse().unwrap_or(0)).collect()
}

/// Whether a release has a row for a version.
pub fn has(name: &str, version: Version) -> bool {
    TABLE.release.get(name).is_some_and(|release| release.row(&version.to_string()).is_some())
}

impl Release {
    fn hash(&self, version: &str, arch: &str) -> Result<String, Unknown> {
        let hashes = self.row(version).ok_or_else(|| Unknown::Version(self.versions()))?;
        let hash = hashes.get(arch).and_then(toml::Value::as_str).map(str::to_owned);
        hash.ok_or_else(|| Unknown::Arch(hashes.keys().cloned().collect()))
    }

    fn row(&self, version: &str) -> Option<&toml::Table> {
        self.rows.get(version)?.as_table()
    }

    /// The versions in the table, oldest first.
    fn versions(&self) -> Vec<String> {
        let mut versions: Vec<String> =
            self.rows.iter().filter(|(_, row)| row.is_table()).map(|(version, _)| version.clone()).collect();
        versions.sort_by_key(|version| numbers(version));
        versions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_well_formed_hashes() {
        for release in TABLE.release.values() {
            for version in release.versions() {
                for (arch, hash) in release.row(&version).expect("a row") {
                    let hash = hash.as_str().unwrap_or_default();
                    let length = hash
                        .strip_prefix("sha256:")
                        .map(|h| (h, 64))
                        .or(hash.strip_prefix("sha512:").map(|h| (h, 128)));
                    let (hex, wanted) = length.unwrap_or_else(|| panic!("{} {version} {arch}: {hash}", release.url));
                    assert!(hex.len() == wanted && hex.chars().all(|c| c.is_ascii_hexdigit()), "{version} {arch}");
                }
            }
        }
    }

    #[test]
    fn a_version_that_is_not_known_names_those_that_are() {
        let found = find("kubernetes-server", "1.34.2", "amd64", |_| None);
        let Err(Unknown::Version(known)) = found else { panic!("known") };
        assert!(known.contains(&"1.34.8".to_owned()));
    }

    #[test]
    fn what_the_operator_says_counts_first_and_for_every_version() {
        let own = |url: &str| url.ends_with("amd64.tar.gz").then(|| "sha256:own".to_owned());
        for version in ["1.34.8", "1.34.2"] {
            let found = find("kubernetes-server", version, "amd64", own).expect("a hash is given");
            assert_eq!(found.hash, "sha256:own");
            let table = find("kubernetes-server", version, "arm64", own);
            assert_eq!(table.is_ok(), version == "1.34.8", "{table:?}");
        }
    }
}
