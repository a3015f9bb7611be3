//! The fields of Kubernetes' own objects, by kind: `tables/objects.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};
use super::lifespan;
use crate::syntax::ast::Version;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    known_from: String,
    known_through: String,
    #[serde(rename = "source")]
    _source: Note,
    /// By `apps/v1 DaemonSet`, the name of its type.
    kind: BTreeMap<String, String>,
    /// By `apps/v1`, kinds whose fields are not listed.
    other: BTreeMap<String, String>,
    /// Its fields: `name`, `name:TYPE`, `name:[]TYPE`, `name:{}TYPE`.
    #[serde(rename = "type")]
    types: BTreeMap<String, String>,
}

/// What stands below a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    /// Anything.
    Leaf,
    Object(&'static str),
    List(&'static str),
    Map(&'static str),
}

static TABLE: LazyLock<Rows> = LazyLock::new(|| embedded::table("tables/objects.toml"));

static TYPES: LazyLock<BTreeMap<&'static str, BTreeMap<&'static str, Below>>> = LazyLock::new(|| {
    let field = |word: &'static str| match word.split_once(':') {
        None => (word, Below::Leaf),
        Some((name, of)) => match (of.strip_prefix("[]"), of.strip_prefix("{}")) {
            (Some(of), _) => (name, Below::List(of)),
            (_, Some(of)) => (name, Below::Map(of)),
            _ => (name, Below::Object(of)),
        },
    };
    TABLE.types.iter().map(|(name, words)| (&**name, words.split_whitespace().map(field).collect())).collect()
});

/// The type of a kind of object, if its fields are known in this version.
pub fn of_kind(api: &str, kind: &str, version: Version) -> Option<&'static str> {
    let limit = |text: &str| lifespan::parse(text);
    let (from, through) = (limit(&TABLE.known_from)?, limit(&TABLE.known_through)?);
    let known = (version.major, version.minor) >= (from.major, from.minor)
        && (version.major, version.minor) <= (through.major, through.minor);
    TABLE.kind.get(&format!("{api} {kind}")).filter(|_| known).map(String::as_str)
}

/// Whether the API has a kind whose fields are not listed.
pub fn is_other(api: &str, kind: &str) -> bool {
    TABLE.other.get(api).is_some_and(|kinds| kinds.split_whitespace().any(|known| known == kind))
}

/// The kinds of a version of the API.
pub fn kinds(api: &str) -> impl Iterator<Item = &'static str> {
    let of = move |name: &'static String| name.split_once(' ').filter(|(own, _)| *own == api).map(|(_, kind)| kind);
    TABLE.kind.keys().filter_map(of)
}

/// The versions of the API that have a kind.
pub fn apis(kind: &str) -> Vec<&'static str> {
    let own = TABLE.kind.keys().filter_map(|name| name.split_once(' ')).filter(|(_, known)| *known == kind);
    let others = TABLE.other.iter().filter(|(_, kinds)| kinds.split_whitespace().any(|known| known == kind));
    own.map(|(api, _)| api).chain(others.map(|(api, _)| api.as_str())).collect()
}

/// The fields of a type, by name.
pub fn fields(of: &str) -> Option<&'static BTreeMap<&'static str, Below>> {
    TYPES.get(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_is_named_is_there() {
        let named = TYPES.values().flat_map(BTreeMap::values).filter_map(|below| match below {
            Below::Leaf => None,
            Below::Object(of) | Below::List(of) | Below::Map(of) => Some(*of),
        });
        for of in named.chain(TABLE.kind.values().map(String::as_str)) {
            assert!(fields(of).is_some(), "{of}");
        }
    }

    #[test]
    fn fields_of_a_pod_are_known() {
        let version = |minor| Version { major: 1, minor, patch: 3 };
        let pod = of_kind("v1", "Pod", version(35)).expect("it is a kind");
        let spec = fields(pod).expect("it has fields")["spec"];
        let Below::Object(spec) = spec else { panic!("{spec:?}") };
        assert!(fields(spec).expect("it has fields").contains_key("hostNetwork"));
        assert_eq!(of_kind("v1", "Pod", version(99)), None, "a later version may have more");
        assert!(kinds("apps/v1").any(|kind| kind == "DaemonSet"));
    }
}
