//! Feature gates, by version: `tables/gates/FAMILY.toml`.
//!
//! All Kubernetes programs register the same gates; etcd has its own. A program that is given a gate which it does not know
//! ends at once, and so does one that is asked to change a locked one.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::Note;
use super::lifespan::{self, parse, short};
use super::{Range, embedded};
use crate::diag::{Code, Diagnostic, Help, closest};
use crate::source::Span;
use crate::syntax::ast::Version;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(flatten)]
    range: Range,
    #[serde(rename = "gate")]
    gates: BTreeMap<String, Gate>,
    #[serde(rename = "program")]
    _program: Note,
}

/// One gate.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Gate {
    /// Oldest first.
    #[serde(deserialize_with = "history")]
    history: Vec<Era>,
    #[serde(flatten)]
    life: lifespan::Lifespan,
}

/// What a gate is from one version on.
#[derive(Clone, Copy, Debug)]
struct Era {
    from: Version,
    stage: Stage,
    on: bool,
    locked: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stage {
    Alpha,
    Beta,
    Ga,
    Deprecated,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum GateRow {
    Open(String, Stage, bool),
    Marked(String, Stage, bool, Mark),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mark {
    Locked,
}

fn history<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Era>, D::Error> {
    let era = |row| {
        let (from, stage, on, locked) = match row {
            GateRow::Open(from, stage, on) => (from, stage, on, false),
            GateRow::Marked(from, stage, on, Mark::Locked) => (from, stage, on, true),
        };
        let from = parse(&from).ok_or_else(|| serde::de::Error::custom(format!("`{from}` is not a version")))?;
        Ok(Era { from, stage, on, locked })
    };
    Vec::<GateRow>::deserialize(deserializer)?.into_iter().map(era).collect()
}

static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| embedded::tables("tables/gates"));

/// The gates of a family that can be set in a version, or ever where it is not known, each with its stage: `beta, on`.
pub fn open(family: &str, version: Option<Version>) -> Vec<(&'static str, String)> {
    let Some(table) = TABLES.iter().find(|table| table.range.versions_of == family) else { return Vec::new() };
    let gates = table.gates.iter().filter_map(|(name, gate)| {
        let era = version.map_or_else(|| gate.history.last().copied(), |version| gate.at(version))?;
        let is_gone = gate.life.removed_in.is_some_and(|removed| version.is_none_or(|version| version >= removed));
        let is_to_come = version.is_some_and(|version| gate.life.since.is_some_and(|since| version < since));
        let stage = format!("{:?}", era.stage).to_lowercase();
        let on = if era.on { "on" } else { "off" };
        (!era.locked && !is_gone && !is_to_come).then(|| (name.as_str(), format!("{stage}, {on} by default")))
    });
    gates.collect()
}

/// Whether a gate of a family is on in a version where nothing sets it; `None` where that is not known.
pub fn by_default(family: &str, name: &str, version: Version) -> Option<bool> {
    let table = TABLES.iter().find(|table| table.range.versions_of == family && table.range.knows(version))?;
    let gate = table.gates.get(name)?;
    gate.at(version).map(|era| era.on)
}

/// What is wrong with setting a gate of a family (`kubernetes`, `etcd`) for a program.
pub fn examine(
    family: &str,
    program: &str,
    (name, on): (&str, bool),
    version: Version,
    span: Span,
) -> Option<Diagnostic> {
    let table = TABLES.iter().find(|table| table.range.versions_of == family)?;
    // From 1.31 on a gate may name its component: `kube:Name`.
    let name = name.strip_prefix("kube:").unwrap_or(name);
    if version < table.range.known_from || ["AllAlpha", "AllBeta"].contains(&name) {
        return None;
    }
    let is_covered = table.range.knows(version);
    let Some(gate) = table.gates.get(name) else {
        return is_covered.then(|| unknown(table, program, name, version, span));
    };
    if let Some(removed) = gate.life.removed_in.filter(|removed| version >= *removed) {
        return Some(gone(gate, program, name, (version, removed), span));
    }
    let Some(era) = gate.at(version).filter(|_| gate.life.since.is_none_or(|since| version >= since)) else {
        let since = gate.life.since.or(gate.history.first().map(|era| era.from))?;
        let message = format!("`{program}` {version} has no feature gate `{name}`: it is added in {}", short(since));
        let help = format!("set it only from {} on", short(since));
        return Some(Diagnostic::new(Code::GateNotYet, span, message).help(help));
    };
    // What a later version made of it may be unread.
    let is_read = is_covered || version.minor == era.from.minor;
    settled(era, program, (name, on), version, span).filter(|_| is_read)
}

/// A gate that cannot be changed, or need not be.
fn settled(era: Era, program: &str, (name, on): (&str, bool), version: Version, span: Span) -> Option<Diagnostic> {
    let word = |on: bool| if on { "on" } else { "off" };
    let since = short(era.from);
    if era.locked && on != era.on {
        let message = format!(
            "`{program}` {version} refuses to turn feature gate `{name}` {}: it is locked {} since {since}",
            word(on),
            word(era.on)
        );
        let problem = Diagnostic::new(Code::GateLocked, span, message);
        return Some(problem.help("remove it: its state cannot be changed"));
    }
    let message = match era.stage {
        Stage::Ga if on == era.on => {
            format!("feature gate `{name}` is stable and {} by default since {since}", word(era.on))
        }
        Stage::Deprecated => format!("feature gate `{name}` is deprecated since {since}"),
        _ => return None,
    };
    let help = "remove it: a later version refuses to start with it";
    Some(Diagnostic::new(Code::GateSettled, span, message).help(help))
}

fn gone(gate: &Gate, program: &str, name: &str, (version, removed): (Version, Version), span: Span) -> Diagnostic {
    let last = Version { minor: removed.minor.saturating_sub(1), ..removed };
    let message = format!(
        "`{program}` {version} refuses feature gate `{name}`: it was removed in {}, and {} was the last version with it",
        short(removed),
        short(last)
    );
    let help = match gate.at(last) {
        Some(Era { stage: Stage::Ga, on: true, .. }) => "remove it: the feature is always on now",
        Some(Era { on: false, .. }) => "remove it: the feature no longer exists",
        _ => "remove it",
    };
    Diagnostic::new(Code::GateRemoved, span, message).help(help)
}

fn unknown(table: &Table, program: &str, name: &str, version: Version, span: Span) -> Diagnostic {
    let alive = |(_, gate): &(&String, &Gate)| {
        gate.at(version).is_some() && gate.life.removed_in.is_none_or(|removed| version < removed)
    };
    let names = || table.gates.iter().filter(alive).map(|(name, _)| name.as_str());
    let (from, through) = (short(table.range.known_from), short(table.range.known_through));
    let message = format!("`{program}` has no feature gate `{name}` in any known version");
    let problem = Diagnostic::new(Code::UnknownGate, span, message);
    let same = names().find(|known| known.eq_ignore_ascii_case(name)).or_else(|| closest(name, names()));
    match same {
        Some(near) => problem.help(Help::near(near)),
        None => problem.help(format!("checked against {from} to {through}")),
    }
}

impl Gate {
    /// What it is in a version.
    fn at(&self, version: Version) -> Option<Era> {
        self.history.iter().rev().find(|era| version >= era.from).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(name: &str, on: bool, minor: u32) -> Option<Code> {
        let version = Version { major: 1, minor, patch: 0 };
        examine("kubernetes", "kubelet", (name, on), version, Span::default()).map(|problem| problem.code)
    }

    #[test]
    fn a_gate_is_examined_by_its_stage() {
        assert_eq!(code("APIServerTracing", false, 33), None);
        assert_eq!(code("APIServerTracing", false, 34), Some(Code::GateLocked));
        assert_eq!(code("kube:APIServerTracing", true, 34), Some(Code::GateSettled));
        assert_eq!(code("APIListChunking", true, 34), Some(Code::GateRemoved));
        assert_eq!(code("APIServingWithRoutines", true, 34), Some(Code::UnknownGate));
        assert_eq!(code("WorkloadWithJob", true, 34), Some(Code::GateNotYet));
        assert_eq!(code("AllAlpha", true, 34), None);
        assert_eq!(code("FromTheFuture", true, 99), None);
    }

    #[test]
    fn beyond_the_table_only_what_has_a_row_is_known() {
        assert_eq!(code("APIServerTracing", true, 37), Some(Code::GateRemoved));
        assert_eq!(code("WatchCacheInitializationPostStartHook", false, 36), None);
        assert_eq!(code("WatchCacheInitializationPostStartHook", false, 37), Some(Code::GateLocked));
        assert_eq!(code("EtcdRangeStream", true, 36), Some(Code::GateNotYet));
        assert_eq!(code("EtcdRangeStream", true, 37), None);
        // It may have been removed.
        assert_eq!(code("ContextualLogging", true, 99), None);
    }
}
