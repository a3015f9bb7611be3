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
    /// Ways to values that must be these, `*` for any, for the rule to hold.
    #[serde(default)]
    pub when: BTreeMap<String, String>,
    /// Each a way, `a.b` or `a[].b`, to a value that the rows from `least` to `each` are about.
    #[serde(default)]
    pub fields: Vec<String>,
    pub least: Option<i64>,
    pub most: Option<i64>,
    pub form: Option<Form>,
    #[serde(default)]
    pub values: Vec<String>,
    /// Texts that are refused.
    #[serde(default)]
    pub refused: Vec<String>,
    /// What the text is made of: `{a.b}` stands for another value.
    pub made_of: Option<String>,
    /// Entries of a map that the rule is about, where its keys have points.
    #[serde(default)]
    pub entries: Vec<String>,
    /// The form of the keys of a map.
    pub keys: Option<Form>,
    /// The form of the values of a map, or of the elements of a list.
    pub each: Option<Form>,
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
    /// Two maps of quantities; what nodes do not share out twice is the same in both.
    pub whole: Option<[String; 2]>,
    /// Ways to what must not be there.
    #[serde(default)]
    pub absent: Vec<String>,
    /// Ways to what must be there.
    #[serde(default)]
    pub required: Vec<String>,
    /// Maps that together have these keys.
    #[serde(default)]
    pub maps: Vec<String>,
    #[serde(default)]
    pub all_of: Vec<String>,
    #[serde(default)]
    pub some_of: Vec<String>,
    /// Elements of a list, and the field that is true in one of them.
    pub one_true: Option<[String; 2]>,
    /// Elements of a list, and two of their fields that are equal.
    pub equal: Option<[String; 3]>,
    /// A way to ranges, and the field with the range that they are in.
    pub inside: Option<[String; 2]>,
    /// A way to seconds, the field that has the most of them, and what that is where it is not given.
    pub within: Option<(String, String, i64)>,
    /// Ways to expressions of CEL, and the variables that they have.
    #[serde(default)]
    pub cel: Vec<String>,
    #[serde(default)]
    pub variables: Vec<String>,
    /// Lists in which `*` is the only element.
    #[serde(default)]
    pub alone: Vec<String>,
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
    /// Labels of a DNS name with points between them.
    Name,
    /// The same with at least one point.
    Domain,
    /// The same with at least two points.
    Qualified,
    /// The name of an object that is not part of a DNS name.
    Segment,
    /// The key of a label or of an annotation.
    Key,
    /// The value of a label.
    Value,
    /// The address of a webhook.
    Https,
    /// A path of a URL, from its root on.
    Rooted,
    /// When a job runs.
    Cron,
    /// A range of addresses.
    Range,
    /// The zone of a clock.
    Zone,
    /// A level of Pod Security.
    Level,
    /// A version of Pod Security.
    Policy,
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
            let pairs = [&rule.above, &rule.both_zero, &rule.exceeded, &rule.whole, &rule.inside].into_iter().flatten();
            let all = rule.fields.iter().chain(&rule.exactly_one).chain(&rule.at_most_one).chain(pairs.flatten());
            let all = all
                .chain(rule.when.keys())
                .chain(&rule.absent)
                .chain(&rule.required)
                .chain(&rule.maps)
                .chain(&rule.alone)
                .chain(&rule.cel);
            let lists = rule.one_true.iter().map(|[list, _]| list).chain(rule.equal.iter().map(|[list, ..]| list));
            let all = all.chain(lists).chain(rule.within.iter().flat_map(|(way, most, _)| [way, most]));
            let first = |way: &str| way.split('.').next().unwrap_or_default().trim_end_matches("[]").to_owned();
            let firsts: Vec<_> = all.map(|way| first(way)).collect();
            assert!(!firsts.is_empty() && !rule.of.is_empty(), "{rule:?}");
            for of in &rule.of {
                let known = object::fields(of).unwrap_or_else(|| panic!("{of}"));
                let has = |field: &&String| known.contains_key(field.as_str());
                // A rule may be about several types, of which some have a field.
                assert!(firsts.iter().any(|field| has(&field)), "{of}: {rule:?}");
                assert!(rule.of.len() > 1 || firsts.iter().all(|field| has(&field)), "{of}: {rule:?}");
            }
        }
    }
}
