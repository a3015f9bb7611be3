//! Where packages of a cluster come from, and what they replace: `tables/repositories.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    gone: Vec<Gone>,
    minor: Vec<Minor>,
    package: Vec<Package>,
    replaces: Vec<Replaces>,
    commands: Commands,
}

/// A repository that is gone.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gone {
    has: Vec<String>,
    pub what: String,
    pub help: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// A repository of one minor version.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Minor {
    before: String,
    #[serde(rename = "source")]
    _source: Note,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Package {
    name: String,
    skew: u32,
    #[serde(rename = "source")]
    _source: Note,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Replaces {
    package: String,
    others: Vec<String>,
    #[serde(rename = "source")]
    _source: Note,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Commands {
    programs: Vec<String>,
    #[serde(rename = "source")]
    _source: Note,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/repositories.toml"));

impl Gone {
    /// The words by which it is found.
    pub fn name(&self) -> &str {
        self.has.first().map_or("", String::as_str)
    }
}

/// The repository of a text that is gone.
pub fn gone(text: &str) -> Option<&'static Gone> {
    TABLE.gone.iter().find(|row| row.has.iter().all(|word| text.contains(word.as_str())))
}

/// The major and the minor version of which a repository has the packages, and that as it is written.
pub fn minor(text: &str) -> Option<((u32, u32), &str)> {
    TABLE.minor.iter().find_map(|row| {
        let at = text.find(row.before.as_str())? + row.before.len();
        let rest = &text[at..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        Some((version(&rest[..end])?, &text[at - 1..at + end]))
    })
}

/// The version of a package that has the version of Kubernetes, and how many minors it may be apart: `kubelet=1.30.2-1.1`, `kubelet-1.30.2`.
pub fn package(word: &str) -> Option<(&'static str, (u32, u32), u32)> {
    TABLE.package.iter().find_map(|row| {
        let rest = word.strip_prefix(row.name.as_str())?;
        let rest = rest.strip_prefix('=').or_else(|| rest.strip_prefix('-'))?;
        let rest = rest.split_once(':').map_or(rest, |(_, rest)| rest);
        Some((row.name.as_str(), version(rest.trim_start_matches('v'))?, row.skew))
    })
}

/// The packages that one is installed in place of.
pub fn replaced(package: &str) -> &'static [String] {
    let name = package.split('=').next().unwrap_or_default();
    TABLE.replaces.iter().find(|row| row.package == name).map_or(&[], |row| &row.others)
}

/// Whether a command may take a repository as an argument.
pub fn adds(program: &str) -> bool {
    TABLE.commands.programs.iter().any(|known| known == program)
}

fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split(['.', '-', '*', '+', '~']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{gone, minor, package, replaced};

    #[test]
    fn a_repository_is_gone_or_of_one_minor() {
        for text in [
            "deb http://apt.kubernetes.io/ kubernetes-xenial main",
            "URIs: https://packages.cloud.google.com/apt\nSuites: kubernetes-xenial\n",
            "baseurl=https://packages.cloud.google.com/yum/repos/kubernetes-el7-x86_64",
        ] {
            assert!(gone(text).is_some(), "{text}");
        }
        for text in [
            "deb https://packages.cloud.google.com/apt cloud-sdk main",
            "deb https://pkgs.k8s.io/core:/stable:/v1.36/deb/ /",
        ] {
            assert!(gone(text).is_none(), "{text}");
        }
        assert_eq!(minor("https://pkgs.k8s.io/core:/stable:/v1.29/deb/"), Some(((1, 29), "v1.29")));
        assert_eq!(minor("https://pkgs.k8s.io/addons:/cri-o:/stable:/v1.29/deb/"), None);
        assert_eq!(minor("https://pkgs.k8s.io/core:/stable:/$MINOR/deb/"), None);
    }

    #[test]
    fn a_package_has_a_version() {
        for word in ["kubelet=1.30.2-1.1", "kubelet=1.30.*", "kubelet-1.30.2", "kubelet-0:1.30.2-150500.1.1"] {
            assert_eq!(package(word), Some(("kubelet", (1, 30), 0)), "{word}");
        }
        for word in ["kubelet", "kubelet=$VERSION", "kubernetes-cni=1.4.0", "kubectl-foo"] {
            assert_eq!(package(word), None, "{word}");
        }
        assert!(replaced("containerd.io=1.7.27-1").contains(&"containerd".to_owned()) && replaced("curl").is_empty());
    }
}
