//! The fields of each target, and what its machines cannot do: `tables/targets.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};
use super::platform::{Platform, PlatformKind};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(rename = "field")]
    fields: Vec<Field>,
    sysctl: BTreeMap<String, Sysctls>,
    #[serde(rename = "rule")]
    rules: Vec<TargetRule>,
    #[serde(rename = "source")]
    _source: Note,
}

/// A field of `target NAME { }`: of every target of a kind, or of those that are named.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    #[serde(default)]
    kind: Vec<PlatformKind>,
    #[serde(default)]
    target: Vec<String>,
    pub name: String,
    /// In the type syntax of the language.
    #[serde(rename = "type")]
    pub ty: String,
    pub doc: String,
}

/// Which kernel settings the machines of a target have of their own, by the beginnings of their names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sysctls {
    own: Vec<String>,
    shared: Vec<String>,
    except: Vec<String>,
}

/// What a file must say, or may not, on the machines of a target.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetRule {
    pub target: String,
    /// The `kind` of the file.
    pub kind: Option<String>,
    /// A key anywhere in a file, with the value that it may not have in `not`.
    pub key: Option<String>,
    pub not: Option<String>,
    /// Fields of the file by path, with the values that they must have.
    #[serde(default)]
    pub wants: BTreeMap<String, toml::Value>,
    /// Options of the target with the values, as text, for which the rule holds.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    pub what: String,
    pub remedy: String,
    pub source: String,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/targets.toml"));

/// The fields of a platform's target, in the order of the reference.
pub fn fields(platform: &Platform) -> impl Iterator<Item = &'static Field> {
    TABLE.fields.iter().filter(|field| field.kind.contains(&platform.kind) || field.target.contains(&platform.name))
}

/// The rules of a target.
pub fn rules(target: &str) -> impl Iterator<Item = &'static TargetRule> {
    TABLE.rules.iter().filter(move |rule| rule.target == target)
}

/// Whether it is known which kernel settings the machines of a target have of their own.
pub fn has_own_sysctls(target: &str) -> bool {
    TABLE.sysctl.contains_key(target)
}

/// Whether a kernel setting is the machine's own on a target; on one that is not known, all are.
pub fn owns_sysctl(target: &str, name: &str) -> bool {
    let Some(known) = TABLE.sysctl.get(target) else { return true };
    let begins = |list: &[String]| list.iter().any(|start| name.starts_with(start.as_str()));
    begins(&known.own) && (!begins(&known.shared) || begins(&known.except))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::platform::{platform, platforms};

    #[test]
    fn each_row_is_of_a_target_that_there_is() {
        let named =
            TABLE.fields.iter().flat_map(|field| &field.target).chain(TABLE.rules.iter().map(|rule| &rule.target));
        let unknown: Vec<_> = named.chain(TABLE.sysctl.keys()).filter(|name| platform(name).is_none()).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        assert!(TABLE.fields.iter().all(|field| !field.kind.is_empty() || !field.target.is_empty()));
    }

    #[test]
    fn each_field_of_a_target_is_there_once_with_what_its_row_needs() {
        for platform in platforms() {
            let names: Vec<_> = fields(platform).map(|field| field.name.as_str()).collect();
            let again = names.iter().enumerate().find(|(place, name)| names[..*place].contains(name));
            assert_eq!(again, None, "{}", platform.name);
            let wanted = platform.given_as.iter().map(String::as_str).chain(platform.seed.then_some("interface"));
            assert!(
                wanted.clone().all(|name| names.contains(&name)),
                "{}: {:?}",
                platform.name,
                wanted.collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn a_container_has_its_own_network_and_no_more() {
        let own = |name| owns_sysctl("lxd", name);
        assert!(own("net.ipv4.ip_forward") && own("net.core.somaxconn") && own("kernel.shmmax"));
        assert!(
            !own("vm.max_map_count") && !own("fs.inotify.max_user_watches") && !own("net.netfilter.nf_conntrack_max")
        );
        assert!(owns_sysctl("metal", "vm.max_map_count"));
        assert!(rules("lxd").count() >= 3 && rules("metal").count() == 0);
    }
}
