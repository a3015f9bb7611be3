//! The fields of Kubernetes' own objects, by kind: `tables/objects.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{Range, embedded, lifespan};
use crate::syntax::ast::Version;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    #[serde(deserialize_with = "lifespan::version")]
    known_from: Version,
    #[serde(deserialize_with = "lifespan::version")]
    known_through: Version,
    source: String,
    /// By `apps/v1 DaemonSet`, the name of its type.
    kind: BTreeMap<String, String>,
    /// By `apps/v1`, kinds whose fields are not listed.
    other: BTreeMap<String, String>,
    /// By the name of a type, the texts that it has.
    values: BTreeMap<String, String>,
    /// Its fields: `name`, `name:TYPE`, each with `!` behind its name if it is required.
    #[serde(rename = "type")]
    types: BTreeMap<String, String>,
}

/// A field of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Whether an object without it is refused.
    pub required: bool,
    pub below: Below,
}

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    Any,
    Scalar(Scalar),
    /// A type of `[values]`.
    Values(&'static str),
    Object(&'static str),
    /// An object with any fields.
    Map,
    /// Of a type, which [`below`] reads.
    List(&'static str),
    MapOf(&'static str),
}

/// What stands in one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    Text,
    /// Of so many bits.
    Int(u8),
    Bool,
    Number,
    IntOrText,
    Quantity,
    /// In base64.
    Bytes,
    /// As RFC 3339 writes it.
    Time,
}

/// Whether a text is such a table.
///
/// # Errors
/// With what is wrong.
pub(super) fn examine(text: &str) -> Result<(), toml::de::Error> {
    toml::from_str::<Rows>(text).map(drop)
}

static TABLE: LazyLock<Rows> = LazyLock::new(|| embedded::table("tables/objects.toml"));

static RANGE: LazyLock<Range> = LazyLock::new(|| Range {
    versions_of: "kubernetes".to_owned(),
    known_from: TABLE.known_from,
    known_through: TABLE.known_through,
    source: TABLE.source.clone(),
});

static TYPES: LazyLock<BTreeMap<&'static str, BTreeMap<&'static str, Field>>> = LazyLock::new(|| {
    let field = |word: &'static str| {
        let (name, of) = word.split_once(':').unwrap_or((word, "string"));
        let required = name.ends_with('!');
        (name.trim_end_matches('!'), Field { required, below: below(of) })
    };
    TABLE.types.iter().map(|(name, words)| (&**name, words.split_whitespace().map(field).collect())).collect()
});

/// What a type takes, by its name.
pub fn below(of: &'static str) -> Below {
    if let Some(inner) = of.strip_prefix("[]") {
        return Below::List(inner);
    }
    if let Some(inner) = of.strip_prefix("{}") {
        return Below::MapOf(inner);
    }
    match of {
        "any" => Below::Any,
        "object" => Below::Map,
        "string" => Below::Scalar(Scalar::Text),
        "int32" => Below::Scalar(Scalar::Int(32)),
        "int64" => Below::Scalar(Scalar::Int(64)),
        "bool" => Below::Scalar(Scalar::Bool),
        "number" => Below::Scalar(Scalar::Number),
        "int-or-string" => Below::Scalar(Scalar::IntOrText),
        "quantity" => Below::Scalar(Scalar::Quantity),
        "bytes" => Below::Scalar(Scalar::Bytes),
        "time" => Below::Scalar(Scalar::Time),
        _ if TABLE.values.contains_key(of) => Below::Values(of),
        _ => Below::Object(of),
    }
}

/// The texts that a type of `[values]` has.
pub fn values(of: &str) -> impl Iterator<Item = &'static str> + Clone {
    TABLE.values.get(of).map_or("", |words| words).split_whitespace()
}

/// The type of a kind of object, if its fields are known in this version.
pub fn of_kind(api: &str, kind: &str, version: Version) -> Option<&'static str> {
    listed(api, kind).filter(|_| RANGE.knows(version))
}

/// The type of a kind of object, if its fields are known in any version.
pub fn listed(api: &str, kind: &str) -> Option<&'static str> {
    TABLE.kind.get(&format!("{api} {kind}")).map(String::as_str)
}

/// The versions whose objects are known.
pub fn range() -> &'static Range {
    &RANGE
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

/// The types that have fields.
#[cfg(test)]
pub fn types() -> impl Iterator<Item = &'static str> {
    TYPES.keys().copied()
}

/// The fields of a type, by name.
pub fn fields(of: &str) -> Option<&'static BTreeMap<&'static str, Field>> {
    TYPES.get(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_is_named_is_there() {
        fn is_there(of: Below) -> bool {
            match of {
                Below::Object(of) => fields(of).is_some(),
                Below::Values(of) => values(of).next().is_some(),
                Below::List(of) | Below::MapOf(of) => is_there(below(of)),
                Below::Any | Below::Map | Below::Scalar(_) => true,
            }
        }
        let named =
            TYPES.iter().flat_map(|(name, fields)| fields.iter().map(move |(field, of)| (name, field, of.below)));
        for (name, field, of) in named {
            assert!(is_there(of), "{name}.{field}: {of:?}");
        }
        for of in TABLE.kind.values() {
            assert!(fields(of).is_some(), "{of}");
        }
    }

    #[test]
    fn fields_of_a_pod_are_known() {
        let version = |minor| Version { major: 1, minor, patch: 3 };
        let pod = of_kind("v1", "Pod", version(35)).expect("it is a kind");
        let spec = fields(pod).expect("it has fields")["spec"];
        let Below::Object(spec) = spec.below else { panic!("{spec:?}") };
        let fields = fields(spec).expect("it has fields");
        assert_eq!(fields["hostNetwork"], Field { required: false, below: Below::Scalar(Scalar::Bool) });
        assert_eq!(fields["containers"], Field { required: true, below: Below::List("core.v1.Container") });
        assert_eq!(fields["nodeSelector"].below, Below::MapOf("string"));
        assert_eq!(fields["dnsPolicy"].below, Below::Values("core.v1.DNSPolicy"));
        assert!(values("core.v1.DNSPolicy").any(|value| value == "ClusterFirst"));
        assert_eq!(of_kind("v1", "Pod", version(99)), None, "a later version may have more");
        assert!(kinds("apps/v1").any(|kind| kind == "DaemonSet"));
    }
}
