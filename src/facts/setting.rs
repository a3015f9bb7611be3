//! What settings of programs have to do with each other, and values that none should have: `tables/settings.toml`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};

/// All rules. A setting is `PROGRAM --FLAG`, `KIND.FIELD` of a configuration file, or `cluster FIELD`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub same: Vec<Same>,
    /// Values that open or lose something.
    pub never: Vec<Value>,
    /// Values that go wrong later.
    pub unwise: Vec<Value>,
    pub times: Vec<Times>,
    pub listed: Vec<Listed>,
    pub inside: Vec<Inside>,
    pub covers: Vec<Covers>,
    pub within: Vec<Within>,
    pub fits: Vec<Fits>,
}

/// Settings that have one value, wherever they stand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Same {
    pub settings: Vec<String>,
    pub what: String,
    /// The order of its elements does not matter.
    #[serde(default)]
    pub unordered: bool,
    /// Only among the members of one application: others are another cluster.
    #[serde(default)]
    pub members: bool,
    #[serde(rename = "source")]
    _source: Note,
}

/// A value that a setting should not have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    pub setting: String,
    /// The value, or one of its elements.
    pub is: Option<String>,
    /// Any value but this one.
    pub not: Option<String>,
    /// A value that begins so.
    #[serde(default)]
    pub begins: Vec<String>,
    /// A number above this one.
    pub most: Option<f64>,
    pub what: String,
    pub help: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// A number that is so many times another one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    pub setting: String,
    pub of: String,
    pub least: f64,
    /// What both are when they are not given.
    pub defaults: [f64; 2],
    pub what: String,
    pub help: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// A name that is among those of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    pub setting: String,
    pub among: String,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// Addresses that are inside a range of the cluster.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inside {
    pub setting: String,
    /// `pods` or `services`.
    pub of: String,
    pub what: String,
    pub help: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// URLs that name all units to which a relation leads.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covers {
    pub setting: String,
    pub what: String,
    pub help: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// Amounts that leave something of what a machine has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Within {
    pub settings: Vec<String>,
    pub of: Amount,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// What a machine has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Amount {
    /// Bytes.
    Memory,
    Cores,
}

/// A number of pods for which a node's share of the pod range has addresses.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fits {
    pub setting: String,
    pub default: f64,
    /// The settings that say how large a share is, as a prefix; the first that is given holds.
    pub prefix: Vec<String>,
    pub usual: u8,
    /// The setting that has to be true for it to hold.
    pub when: String,
    /// A field of an interface: if a provider sets it to false, addresses come from elsewhere.
    pub unless: String,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| embedded::table("tables/settings.toml"));

static NAMES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let rules = rules();
    let same = rules.same.iter().flat_map(|rule| &rule.settings);
    let values = rules.never.iter().chain(&rules.unwise).map(|rule| &rule.setting);
    let pairs = rules.times.iter().flat_map(|rule| [&rule.setting, &rule.of]);
    let listed = rules.listed.iter().flat_map(|rule| [&rule.setting, &rule.among]);
    let within = rules.within.iter().flat_map(|rule| &rule.settings);
    let fits = rules.fits.iter().flat_map(|rule| rule.prefix.iter().chain([&rule.setting, &rule.when]));
    let addresses = rules.inside.iter().map(|rule| &rule.setting).chain(rules.covers.iter().map(|rule| &rule.setting));
    let all = same.chain(values).chain(pairs).chain(listed).chain(addresses).chain(within).chain(fits);
    all.map(String::as_str).collect()
});

/// All rules.
pub fn rules() -> &'static Rules {
    &RULES
}

/// Whether a rule is about a setting.
pub fn is_known(name: &str) -> bool {
    NAMES.contains(name)
}

/// The fields of a kind of configuration file that rules are about.
pub fn fields(kind: &str) -> impl Iterator<Item = &'static str> {
    NAMES.iter().filter_map(move |name| name.strip_prefix(kind)?.strip_prefix('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{field, flag};

    #[test]
    fn rules_are_about_what_there_is() {
        for name in NAMES.iter() {
            let known = match (name.split_once(" --"), name.split_once('.')) {
                (Some((program, flag)), _) => flag::table(program).is_some_and(|table| table.flags.contains_key(flag)),
                (None, Some(("EncryptionConfiguration", _))) => true,
                // A map has keys of its own.
                (None, Some((kind, path))) => field::table(kind).is_some_and(|table| {
                    let whole = |path: &str| table.fields.contains_key(path);
                    whole(path) || path.match_indices('.').any(|(at, _)| whole(&path[..at]))
                }),
                _ => ["cluster pods", "cluster services", "cluster domain"].contains(name),
            };
            assert!(known, "{name}");
        }
    }

    #[test]
    fn a_value_is_forbidden_in_one_way() {
        for rule in rules().never.iter().chain(&rules().unwise) {
            let ways = [rule.is.is_some(), rule.not.is_some(), !rule.begins.is_empty(), rule.most.is_some()];
            assert_eq!(ways.iter().filter(|way| **way).count(), 1, "{}", rule.setting);
        }
    }
}
