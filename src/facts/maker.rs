//! What brings files and programs to a machine without naming each of them: `tables/makers.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(rename = "cloud-config")]
    cloud_config: Vec<Key>,
    agent: Vec<Agent>,
    issuer: Vec<Issuer>,
    installer: Vec<Installer>,
    packages: Packages,
    #[serde(rename = "stand-in")]
    stand_in: Vec<StandIn>,
}

/// What does for a cluster that which a warning of a component misses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandIn {
    /// Of the warning.
    code: String,
    /// Folders of the machine that pods mount.
    pub mounts: Vec<String>,
    /// Folders that files of the model are in.
    pub files: Vec<String>,
    /// `GROUP/KIND` of objects.
    pub kinds: Vec<String>,
    pub commands: Vec<String>,
    #[serde(rename = "source")]
    _source: Note,
}

/// A key of a cloud-config.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    key: String,
    /// The folders and files that it fills; any without them.
    #[serde(default)]
    fills: Vec<String>,
    #[serde(rename = "source")]
    _source: Note,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Agent {
    names: Vec<String>,
    #[serde(rename = "source")]
    _source: Note,
}

/// What gets certificates.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Issuer {
    names: Vec<String>,
    fills: Vec<String>,
    #[serde(rename = "source")]
    _source: Note,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Installer {
    names: Vec<String>,
    verbs: Vec<String>,
    #[serde(rename = "source")]
    _source: Note,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Packages {
    fills: Vec<String>,
    known: Vec<String>,
    #[serde(rename = "source")]
    _source: Note,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/makers.toml"));

/// What a key of a cloud-config fills, if it fills anything; an empty list stands for anything.
pub fn of_cloud_config(key: &str) -> Option<&'static [String]> {
    TABLE.cloud_config.iter().find(|row| row.key == key).map(|row| &*row.fills)
}

/// What stands in for that which the warning of this code misses.
pub fn stand_in(code: &str) -> Option<&'static StandIn> {
    TABLE.stand_in.iter().find(|row| row.code == code)
}

/// Whether a program runs what a model does not hold.
pub fn is_agent(program: &str) -> bool {
    TABLE.agent.iter().flat_map(|row| &row.names).any(|name| name == program)
}

/// The folders in which a program, or the package of its name, keeps the certificates that it gets.
pub fn kept_by(program: &str) -> &'static [String] {
    let name = program.split(['=', '_', ':']).next().unwrap_or_default();
    TABLE.issuer.iter().find(|row| row.names.iter().any(|known| known == name)).map_or(&[], |row| &row.fills)
}

/// The packages that a command installs, by their names.
pub fn installed<'t>(words: &[&'t str]) -> Vec<&'t str> {
    let Some((program, rest)) = words.split_first() else { return Vec::new() };
    let name = program.rsplit('/').next().unwrap_or_default();
    let installers = TABLE.installer.iter().filter(|row| row.names.iter().any(|known| known == name));
    let is_verb = |row: &Installer, word: &str| row.verbs.iter().any(|verb| verb == word);
    let verb = installers.filter_map(|row| rest.iter().position(|word| is_verb(row, word))).next();
    let packages = verb.map_or(&[][..], |verb| &rest[verb + 1..]);
    packages.iter().filter(|word| !word.starts_with('-')).map(|word| word.rsplit('/').next().unwrap_or(word)).collect()
}

/// Whether a package may bring a file: below a folder of packages, with a word of its name in the path.
pub fn may_bring(package: &str, path: &str) -> bool {
    let name = package.split(['=', '_', ':']).next().unwrap_or_default();
    let mut folders = TABLE.packages.fills.iter();
    let is_below = folders.any(|folder| path.strip_prefix(&**folder).is_some_and(|rest| rest.starts_with('/')));
    let mut words = name.split(['-', '.', '+']).filter(|word| word.len() > 2);
    let has = |word: &str| path.split(|c: char| !c.is_alphanumeric()).any(|part| part.eq_ignore_ascii_case(word));
    is_below && !TABLE.packages.known.iter().any(|known| known == name) && words.any(has)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_the_words_behind_the_verb() {
        for (line, wanted) in [
            ("apt-get install -y site-kubelet", &["site-kubelet"][..]),
            ("apt-get -y -q install /opt/cache/site-web_1.2_amd64.deb", &["site-web_1.2_amd64.deb"]),
            ("dpkg -i /tmp/site.deb", &["site.deb"]),
            ("snap install --classic web", &["web"]),
            ("apt-get update", &[]),
            ("install -m 0755 a /b", &[]),
        ] {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(installed(&words), wanted, "{line}");
        }
    }

    #[test]
    fn a_package_brings_what_has_its_name() {
        assert!(may_bring("site-web_1.2_amd64.deb", "/opt/web/bin/server"));
        assert!(may_bring("vault=1.20", "/etc/vault.d/agent.hcl"));
        assert!(!may_bring("site-web", "/srv/web/a"), "a package brings nothing into /srv");
        assert!(!may_bring("tcpdump", "/etc/kubernetes/audit.yaml"));
        assert!(!may_bring("kubelet", "/etc/kubelet/config.yaml"), "what this one brings is known");
    }
}
