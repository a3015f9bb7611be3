//! What can be downloaded: the release table of the standard library.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;

use super::boot::mirror_path;
use super::bundle::ArtifactKind;
use crate::model::Checksums;

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

/// Finds a release. What `own` says of its file counts before the table, also for a version that is not in it.
///
/// # Errors
/// What is not known, with what is.
pub fn find(name: &str, version: &str, arch: &str, own: &Checksums) -> Result<Found, Unknown> {
    let release = TABLE.release.get(name).ok_or_else(|| Unknown::Name(TABLE.release.keys().cloned().collect()))?;
    let url = release.url.replace("{version}", version).replace("{arch}", arch);
    let hash = own.of(mirror_path(&url)).map_or_else(|| release.hash(version, arch), |hash| Ok(hash.to_owned()))?;
    let kind = if release.kind == "binary" { ArtifactKind::Binary } else { ArtifactKind::TarGz };
    Ok(Found { url, hash, kind })
}

/// The versions of all releases that have the form of the given one: of Kubernetes, those with the same major number and as
/// many minor ones, oldest first.
pub fn versions(name: &str) -> Vec<String> {
    TABLE.release.get(name).map(Release::versions).unwrap_or_default()
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
        versions.sort_by_key(|version| version.split('.').map(|n| n.parse().unwrap_or(0)).collect::<Vec<u32>>());
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
        let none = Checksums::default();
        let Err(Unknown::Version(known)) = find("kubernetes-server", "1.34.2", "amd64", &none) else { panic!("known") };
        assert!(known.contains(&"1.34.8".to_owned()));
    }

    #[test]
    fn what_the_operator_says_counts_first_and_for_every_version() {
        for version in ["1.34.8", "1.34.2"] {
            let own = format!("{}  dl.k8s.io/v{version}/kubernetes-server-linux-amd64.tar.gz", "a".repeat(64));
            let own = Checksums::parse(&own).expect("well formed");
            let found = find("kubernetes-server", version, "amd64", &own).expect("a hash is given");
            assert_eq!(found.hash, format!("sha256:{}", "a".repeat(64)));
            let table = find("kubernetes-server", version, "arm64", &own);
            assert_eq!(table.is_ok(), version == "1.34.8", "{table:?}");
        }
    }
}
