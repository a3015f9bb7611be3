//! What the API server refuses of values in objects: `tables/object-rules.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    #[serde(rename = "source")]
    _source: Note,
    rule: Vec<Rule>,
}

/// A rule about the fields of some types.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    of: Vec<String>,
    /// Each a way, `a.b`, to a value that `least`, `most`, `form`, `values` and `unique` are about.
    #[serde(default)]
    pub fields: Vec<String>,
    pub least: Option<i64>,
    pub most: Option<i64>,
    pub form: Option<Form>,
    #[serde(default)]
    pub values: Vec<String>,
    /// Whether the fields must be given.
    #[serde(default)]
    pub given: bool,
    /// The field in which elements of the list differ.
    pub unique: Option<String>,
    #[serde(default)]
    pub exactly_one: Vec<String>,
    #[serde(default)]
    pub at_most_one: Vec<String>,
    /// Two numbers, the first of which is at most the second.
    pub above: Option<[String; 2]>,
    /// Two shares, one of which is not 0.
    pub both_zero: Option<[String; 2]>,
    /// Two maps of quantities, of which no one in the first is more than that in the second.
    pub exceeded: Option<[String; 2]>,
    pub help: Option<String>,
}

/// What a text is like.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A label of a DNS name.
    Label,
    /// The name of a port.
    Port,
    /// A path below another one.
    Below,
    /// A path without `..`.
    Straight,
}

static TABLE: LazyLock<Rows> = LazyLock::new(|| embedded::table("tables/object-rules.toml"));

static BY_TYPE: LazyLock<BTreeMap<&'static str, Vec<&'static Rule>>> = LazyLock::new(|| {
    let mut map: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for rule in &TABLE.rule {
        rule.of.iter().for_each(|of| map.entry(&**of).or_default().push(rule));
    }
    map
});

/// The rules about a type.
pub fn of_type(of: &str) -> &'static [&'static Rule] {
    BY_TYPE.get(of).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::object;

    #[test]
    fn every_rule_is_about_a_field_of_its_type() {
        for rule in &TABLE.rule {
            let pairs = [&rule.above, &rule.both_zero, &rule.exceeded].into_iter().flatten().flatten();
            let all = rule.fields.iter().chain(&rule.exactly_one).chain(&rule.at_most_one).chain(pairs);
            let firsts: Vec<_> = all.map(|way| way.split('.').next().unwrap_or_default()).collect();
            assert!(!firsts.is_empty() && !rule.of.is_empty(), "{rule:?}");
            for of in &rule.of {
                let known = object::fields(of).unwrap_or_else(|| panic!("{of}"));
                let has = |field: &&&str| known.contains_key(**field);
                // A rule may be about several types, of which some have a field.
                assert!(firsts.iter().any(|field| has(&field)), "{of}: {rule:?}");
                assert!(rule.of.len() > 1 || firsts.iter().all(|field| has(&field)), "{of}: {rule:?}");
            }
        }
    }
}
