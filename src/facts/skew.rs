//! How far apart the versions of programs may be, and how they are upgraded: `tables/skew.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::lifespan::version;
use super::{Range, embedded, embedded::Note};
use crate::syntax::ast::Version;

/// All rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skew {
    #[serde(flatten)]
    pub range: Range,
    #[serde(rename = "rule")]
    pub rules: Vec<SkewRule>,
    #[serde(rename = "minimum")]
    pub minimums: Vec<Minimum>,
    pub upgrade: Upgrade,
}

/// How many minors `of` may be newer or older than `to`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkewRule {
    pub of: String,
    pub to: String,
    #[serde(rename = "where")]
    pub place: Pair,
    pub newer: u32,
    pub older: u32,
    #[serde(rename = "source")]
    _source: Note,
}

/// The oldest version of `of` that `to` takes from its version `from` on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minimum {
    pub of: String,
    pub to: String,
    #[serde(rename = "where")]
    pub place: Pair,
    #[serde(deserialize_with = "version")]
    pub from: Version,
    #[serde(deserialize_with = "version")]
    pub version: Version,
    /// Whether an older one does not work at all.
    pub strict: bool,
    pub source: String,
}

/// Which two units a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pair {
    /// `of` dials `to`, through load balancers too.
    Dials,
    /// `to` dials `of`.
    Dialled,
    /// Both are on one machine.
    Machine,
    /// Any two of the cluster.
    Cluster,
}

/// How programs are upgraded.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upgrade {
    /// Inside one hop.
    pub order: Vec<String>,
    /// Those that take one minor at a time.
    pub one_minor: Vec<String>,
    /// Those that never go back to an older minor.
    pub no_return: Vec<String>,
    /// Those whose machine is drained before.
    pub drain: Vec<String>,
    #[serde(rename = "source")]
    _source: Note,
}

static SKEW: LazyLock<Skew> = LazyLock::new(|| embedded::table("tables/skew.toml"));

/// The rules.
pub fn skew() -> &'static Skew {
    &SKEW
}

impl SkewRule {
    /// Whether two versions may go together.
    pub fn allows(&self, of: Version, to: Version) -> bool {
        of.major == to.major && of.minor <= to.minor + self.newer && of.minor + self.older >= to.minor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubelet_is_never_newer_and_at_most_three_minors_older() {
        let version = |minor| Version { major: 1, minor, patch: 0 };
        let rules = &skew().rules;
        let rule = rules.iter().find(|rule| rule.of == "kubelet" && rule.to == "kube-apiserver").expect("a rule");
        let allowed: Vec<_> = (30..38).filter(|minor| rule.allows(version(*minor), version(36))).collect();
        assert_eq!(allowed, [33, 34, 35, 36]);
    }
}
