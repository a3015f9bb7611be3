//! Values of flags and fields that are a known set, by version: admission plugins, cipher suites, modes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::lifespan::{Codes, Lifespan, Status};
use super::{Range, embedded};
use crate::diag::{Code, Diagnostic, Help, closest};
use crate::source::Span;
use crate::syntax::ast::Version;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    set: BTreeMap<String, Set>,
}

/// The values of one kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// `admission plugin`.
    pub what: String,
    #[serde(flatten)]
    pub range: Range,
    /// What stands before a value to take it out.
    #[serde(default)]
    pub except: Option<String>,
    /// What stands for all values.
    #[serde(default)]
    pub any: Option<String>,
    /// Others may have more values.
    #[serde(default)]
    pub open: bool,
    #[serde(rename = "value")]
    pub values: BTreeMap<String, KnownValue>,
}

/// One value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownValue {
    /// It holds without being named.
    #[serde(default)]
    pub default: bool,
    #[serde(flatten)]
    pub life: Lifespan,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/values.toml"));

const CODES: Codes =
    Codes { not_yet: Code::ValueNotYet, removed: Code::ValueRemoved, deprecated: Code::ValueDeprecated };

/// Whether there is a set of this name.
pub fn is_set(name: &str) -> bool {
    TABLE.set.contains_key(name)
}

/// The set of this name.
pub fn set(name: &str) -> Option<&'static Set> {
    TABLE.set.get(name)
}

impl Set {
    /// The values that are on by default from a minor on, sorted.
    pub fn new_defaults(&self, version: Version) -> impl Iterator<Item = &str> {
        let minor = |version: Version| (version.major, version.minor);
        let comes = move |known: &KnownValue| known.life.since.is_some_and(|since| minor(since) == minor(version));
        self.values.iter().filter(move |(_, known)| known.default && comes(known)).map(|(name, _)| name.as_str())
    }
}

/// What is wrong with a value that `owner` (`` `--x` of `y` ``) is given.
pub fn examine(set: &str, (owner, value): (&str, &str), version: Version, span: Span) -> Option<Diagnostic> {
    let set = TABLE.set.get(set)?;
    let bare = set.except.as_deref().and_then(|sign| value.strip_prefix(sign)).unwrap_or(value);
    let Some(known) = set.values.get(bare) else { return unknown(set, (owner, bare), version, span) };
    if version < set.range.known_from {
        return None;
    }
    let what = format!("{} `{bare}`", set.what);
    let problem = known.life.examine(CODES, ("Kubernetes", &what), version, span)?;
    let is_value = |name: &str| set.values.get(name).is_some_and(|other| other.life.status(version) == Status::Known);
    Some(problem.help(known.life.advice(version, CODES.deprecated, is_value)))
}

/// A value that no version has; one that is newer than the table may have more.
fn unknown(set: &Set, (owner, value): (&str, &str), version: Version, span: Span) -> Option<Diagnostic> {
    if !set.range.knows(version) || set.any.as_deref() == Some(value) {
        return None;
    }
    let names = || {
        let alive = |(_, known): &(&String, &KnownValue)| matches!(known.life.status(version), Status::Known);
        set.values.iter().filter(alive).map(|(name, _)| name.as_str())
    };
    let list: Vec<_> = names().map(|name| format!("`{name}`")).collect();
    let fallback = match list.len() {
        0..=8 => format!("expected one of {}", list.join(", ")),
        _ => format!("the names are case-sensitive; {} are known", list.len()),
    };
    let message = format!("unknown {} `{value}` of {owner}", set.what);
    let problem = Diagnostic::new(Code::UnknownValue, span, message);
    let same = names().find(|name| name.eq_ignore_ascii_case(value));
    // Of others a name may be like one of these.
    let is_near = |near: &&str| !set.open || strsim::damerau_levenshtein(value, near) <= 2;
    Some(match same.or_else(|| closest(value, names()).filter(is_near)) {
        Some(near) => problem.help(Help::near(near)),
        None if set.open => return None,
        None => problem.help(fallback),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        assert!(set("admission-plugin").is_some_and(|set| set.values["PodSecurity"].default));
    }

    #[test]
    fn a_removed_plugin_names_its_successor() {
        let version = Version { major: 1, minor: 34, patch: 2 };
        let examine = |name| examine("admission-plugin", ("x", name), version, Span::default());
        let removed = examine("PodSecurityPolicy").expect("a problem");
        assert_eq!(removed.code, Code::ValueRemoved);
        assert!(removed.help.is_some_and(|help| help.text().contains("PodSecurity,")));
        assert_eq!(examine("NodeRestriction"), None);
        let unknown = examine("nodeRestriction").expect("a problem");
        assert_eq!(unknown.near(), Some("NodeRestriction"));
    }
}
