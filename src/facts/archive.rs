//! What is in the archives that makers release: `tables/archives.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};
use super::lifespan::{self, parse};
use crate::syntax::ast::Version;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    archive: Vec<Archive>,
}

/// An archive of one shape, over some versions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Archive {
    /// The name of its file, with `{version}` and `{arch}` in it.
    file: String,
    /// With the same in them; one that ends in a slash is a folder whose content is not listed.
    members: Vec<String>,
    #[serde(deserialize_with = "lifespan::version")]
    known_from: Version,
    #[serde(deserialize_with = "lifespan::version")]
    known_through: Version,
    #[serde(rename = "source")]
    _source: Note,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/archives.toml"));

/// The members of one archive.
#[derive(Debug, PartialEq, Eq)]
pub struct Members(Vec<String>);

/// What is in the archive at an address; a version that is not in the name of the file may be given beside it, or be in the path.
pub fn members(url: &str, version: Option<&str>) -> Option<Members> {
    let (folder, file) = url.rsplit_once('/')?;
    TABLE.archive.iter().find_map(|archive| archive.members(folder, file, version))
}

impl Archive {
    fn members(&self, folder: &str, file: &str, version: Option<&str>) -> Option<Members> {
        let found = Found::in_name(&self.file, file)?;
        let in_path =
            || folder.split('/').rev().find_map(|part| part.strip_prefix('v').filter(|part| parse(part).is_some()));
        let version = found.version.or(version).or_else(in_path)?;
        let minor = |version: Version| (version.major, version.minor);
        let is_known = (minor(self.known_from)..=minor(self.known_through)).contains(&minor(parse(version)?));
        let fill = |text: &String| text.replace("{version}", version).replace("{arch}", found.arch.unwrap_or_default());
        is_known.then(|| Members(self.members.iter().map(fill).collect()))
    }
}

/// What stands in the name of a file for the parts of a pattern.
#[derive(Default)]
struct Found<'t> {
    version: Option<&'t str>,
    arch: Option<&'t str>,
}

impl<'t> Found<'t> {
    fn in_name(pattern: &str, name: &'t str) -> Option<Self> {
        let (mut found, mut pattern, mut rest) = (Self::default(), pattern, name);
        while let Some(open) = pattern.find('{') {
            rest = rest.strip_prefix(&pattern[..open])?;
            let (part, after) = pattern[open + 1..].split_once('}')?;
            let literal = after.split('{').next().unwrap_or_default();
            let (value, _) = rest.split_at(rest.find(literal)?);
            match part {
                "version" => found.version = Some(value).filter(|value| parse(value).is_some()).or(None),
                _ => found.arch = Some(value),
            }
            if part == "version" && found.version.is_none() || value.contains(['-', '_']) {
                return None;
            }
            (pattern, rest) = (after, &rest[value.len()..]);
        }
        (pattern == rest).then_some(found)
    }
}

impl Members {
    /// Whether one has this name when `strip` parts of the names are left out.
    pub fn has(&self, name: &str, strip: u32) -> bool {
        let name = name.strip_prefix("./").unwrap_or(name);
        self.0.iter().filter_map(|member| without(member, strip)).any(|member| match member.strip_suffix('/') {
            Some(_) => name.starts_with(member),
            None => member == name,
        })
    }

    /// The files that are listed, as they are called when `strip` parts of the names are left out.
    pub fn files(&self, strip: u32) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|member| !member.ends_with('/')).filter_map(move |member| without(member, strip))
    }

    /// How many parts have to be left out for a name to fit.
    pub fn strip_for(&self, name: &str) -> Option<u32> {
        (0..8).find(|strip| self.files(*strip).any(|member| member == name))
    }
}

/// A name without its first parts.
fn without(member: &str, strip: u32) -> Option<&str> {
    let rest = (0..strip).try_fold(member, |rest, _| rest.split_once('/').map(|(_, rest)| rest));
    rest.filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETCD: &str = "https://mirror.example/etcd/etcd-v3.6.14-linux-arm64.tar.gz";

    #[test]
    fn an_archive_is_known_by_its_name_on_any_server() {
        let etcd = members(ETCD, None).expect("known");
        assert!(etcd.has("etcd-v3.6.14-linux-arm64/etcd", 0) && etcd.has("etcd", 1) && etcd.has("./etcdctl", 1));
        assert!(!etcd.has("etcd-v3.6.14-linux-amd64/etcd", 0) && !etcd.has("etcd", 0) && !etcd.has("etcdd", 1));
        assert!(etcd.has("Documentation/dev/api.md", 1) && !etcd.has("Documentations", 1));
        assert_eq!((etcd.strip_for("etcd"), etcd.strip_for("none")), (Some(1), None));
    }

    #[test]
    fn a_version_comes_from_the_name_the_field_or_the_path() {
        let node = "https://dl.k8s.io/v1.34.8/kubernetes-node-linux-amd64.tar.gz";
        assert!(members(node, None).is_some_and(|node| node.has("kubernetes/node/bin/kubelet", 0)));
        let flat = "https://mirror.example/kubernetes-node-linux-amd64.tar.gz";
        assert!(members(flat, Some("1.34.8")).is_some() && members(flat, None).is_none());
    }

    #[test]
    fn nothing_is_guessed_of_other_versions_and_archives() {
        let of = |file: &str| members(&format!("https://example.org/{file}"), None);
        assert_eq!(of("etcd-v3.7.0-linux-amd64.tar.gz"), None);
        assert_eq!(of("containerd-static-2.3.4-linux-amd64.tar.gz"), None);
        assert_eq!(of("my-etcd-v3.6.14-linux-amd64.tar.gz"), None);
        assert!(
            of("containerd-1.7.24-linux-amd64.tar.gz").is_some_and(|old| old.has("bin/containerd-shim-runc-v1", 0))
        );
        assert!(
            of("containerd-2.3.4-linux-amd64.tar.gz").is_some_and(|new| !new.has("bin/containerd-shim-runc-v1", 0))
        );
    }
}
