//! What can be downloaded: the release table of the standard library.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;

use super::bundle::ArtifactKind;

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
    kind: String,
    #[serde(flatten)]
    rows: BTreeMap<String, toml::Value>,
}

/// Where a release is, and its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub url: String,
    pub hash: String,
    pub kind: ArtifactKind,
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

/// Finds a release.
///
/// # Errors
/// What is not known, with what is.
pub fn find(name: &str, version: &str, arch: &str) -> Result<Found, Unknown> {
    let release = TABLE.release.get(name).ok_or_else(|| Unknown::Name(TABLE.release.keys().cloned().collect()))?;
    let hashes = release.row(version).ok_or_else(|| Unknown::Version(release.versions()))?;
    let hash = hashes.get(arch).and_then(toml::Value::as_str);
    let hash = hash.ok_or_else(|| Unknown::Arch(hashes.keys().cloned().collect()))?;
    let kind = if release.kind == "binary" { ArtifactKind::Binary } else { ArtifactKind::TarGz };
    let url = release.url.replace("{version}", version).replace("{arch}", arch);
    Ok(Found { url, hash: hash.to_owned(), kind })
}

/// The newest version of a minor (`1.36`) among the releases that have a version which is known: what runs now.
pub fn newest(now: &str, minor: &str) -> Option<String> {
    let releases = TABLE.release.values().filter(|release| release.row(now).is_some());
    let begins = |version: &String| version.strip_prefix(minor).is_some_and(|rest| rest.starts_with('.'));
    releases.flat_map(Release::versions).filter(begins).max_by_key(|version| numbers(version))
}

/// `1.36.2` as numbers that can be compared.
fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|number| number.parse().unwrap_or(0)).collect()
}

/// The versions of all releases that have the form of the given one: of Kubernetes, those with the same major number and as
/// many minor ones, oldest first.
pub fn versions(name: &str) -> Vec<String> {
    TABLE.release.get(name).map(Release::versions).unwrap_or_default()
}

impl Release {
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
        let Err(Unknown::Version(known)) = find("kubernetes-server", "1.34.2", "amd64") else { panic!("known") };
        assert!(known.contains(&"1.34.8".to_owned()));
    }
}
