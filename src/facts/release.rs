//! What can be downloaded: the release table of the standard library.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};
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
    #[serde(rename = "source")]
    _source: Note,
    /// The hash for each architecture, by version.
    #[serde(flatten)]
    rows: BTreeMap<String, BTreeMap<String, Hash>>,
}

/// `sha256:` or `sha512:`, and its digits.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Hash(String);

impl TryFrom<String> for Hash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_hex = |digits: &str, length| digits.len() == length && digits.bytes().all(|b| b.is_ascii_hexdigit());
        match text.split_once(':') {
            Some(("sha256", digits)) if is_hex(digits, 64) => Ok(Self(text)),
            Some(("sha512", digits)) if is_hex(digits, 128) => Ok(Self(text)),
            _ => Err(format!("`{text}` is not a checksum")),
        }
    }
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
    pub hash: String,
    pub kind: Packing,
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
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/releases.toml"));

/// Finds a release. The hash that `own` gives for its address counts before the table, also for a version that is not in it.
///
/// # Errors
/// What is not known, with what is.
pub fn find(
    name: &str,
    version: &str,
    arch: &str,
    own: impl Fn(&str) -> Option<String>,
) -> Result<FoundRelease, UnknownRelease> {
    let release =
        TABLE.release.get(name).ok_or_else(|| UnknownRelease::Name(TABLE.release.keys().cloned().collect()))?;
    let url = release.url.replace("{version}", version).replace("{arch}", arch);
    let hash = own(&url).map_or_else(|| release.hash(version, arch), Ok)?;
    Ok(FoundRelease { url, hash, kind: release.kind })
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
    version.split('.').map(|number| number.parse().expect("a test reads each version")).collect()
}

/// Whether a release has a row for a version.
pub fn has(name: &str, version: Version) -> bool {
    TABLE.release.get(name).is_some_and(|release| release.row(&version.to_string()).is_some())
}

impl Release {
    fn hash(&self, version: &str, arch: &str) -> Result<String, UnknownRelease> {
        let hashes = self.row(version).ok_or_else(|| UnknownRelease::Version(self.versions_for(arch)))?;
        let hash = hashes.get(arch).map(|hash| hash.0.clone());
        hash.ok_or_else(|| UnknownRelease::Arch(self.versions_for(arch)))
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
    fn a_hash_has_its_digits() {
        let hash = |text: String| Hash::try_from(text).is_ok();
        assert!(hash(format!("sha256:{}", "0a".repeat(32))) && hash(format!("sha512:{}", "0a".repeat(64))));
        assert!(!hash(format!("sha256:{}", "0a".repeat(64))) && !hash(format!("md5:{}", "0a".repeat(16))));
        assert!(!hash(format!("sha256:{}", "0g".repeat(32))) && !hash("0a".repeat(32)));
    }

    #[test]
    fn a_version_that_is_not_known_names_those_that_are() {
        let found = find("kubernetes-server", "1.34.2", "amd64", |_| None);
        let Err(UnknownRelease::Version(known)) = found else { panic!("known") };
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
