//! Settings with which a program does not start, or does harm: `tables/refused/PROGRAM.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::clause::Clause;
use super::name::Name;
use super::typed::Typed;
use crate::facts::embedded::{self, Note};
use crate::facts::lifespan::{Lifespan, Status};
use crate::facts::{Range, field};
use crate::syntax::ast::Version;

/// The rules of one program.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Rows")]
pub struct Refusals {
    pub program: String,
    pub range: Range,
    /// `the kubelet exits at startup`.
    what: String,
    /// What settings are that are not given, as far as a rule compares them.
    pub defaults: BTreeMap<Name, String>,
    pub rules: Vec<Refusal>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    /// The program ends at its start.
    Refused,
    /// Something is opened or lost.
    Unsafe,
    /// It fails later.
    Unwise,
}

/// A rule: what goes wrong where all clauses hold.
#[derive(Debug)]
pub struct Refusal {
    pub harm: Harm,
    pub clauses: Vec<Clause>,
    pub what: Option<String>,
    pub help: Option<String>,
    life: Lifespan,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    program: String,
    what: String,
    versions_of: String,
    known_from: String,
    known_through: String,
    source: String,
    #[serde(default)]
    default: BTreeMap<String, String>,
    rule: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    refused: Option<Vec<String>>,
    #[serde(rename = "unsafe")]
    opens: Option<Vec<String>>,
    unwise: Option<Vec<String>>,
    what: Option<String>,
    help: Option<String>,
    #[serde(rename = "source")]
    _source: Note,
    #[serde(flatten)]
    life: Lifespan,
}

impl TryFrom<Rows> for Refusals {
    type Error = String;

    fn try_from(rows: Rows) -> Result<Self, String> {
        let Rows { program, what, versions_of, known_from, known_through, source, default, rule } = rows;
        let version =
            |text: &str| crate::facts::lifespan::parse(text).ok_or_else(|| format!("`{text}` is not a version"));
        let range =
            Range { versions_of, known_from: version(&known_from)?, known_through: version(&known_through)?, source };
        let name = |text: &str| name_of(&program, text);
        let defaults =
            default.into_iter().map(|(key, value)| Ok((name(&key)?, value))).collect::<Result<_, String>>()?;
        let rules = rule.into_iter().map(|row| row.read(&name)).collect::<Result<_, String>>()?;
        Ok(Self { program, range, what, defaults, rules })
    }
}

/// `--flag` of the program, or a field of its configuration file; one of several kinds of files is named with its kind.
fn name_of(program: &str, text: &str) -> Result<Name, String> {
    let has_kind = text.split_once('.').is_some_and(|(kind, _)| field::table(kind).is_some());
    match (text.starts_with("--"), field::of_program(program)) {
        (false, _) if has_kind => Name::read(text),
        (false, Some(table)) => Name::read(&format!("{}.{text}", table.kind)),
        _ => Name::read(&format!("{program} {text}")),
    }
}

impl Row {
    fn read(self, name: &dyn Fn(&str) -> Result<Name, String>) -> Result<Refusal, String> {
        let (harm, texts) = match (self.refused, self.opens, self.unwise) {
            (Some(texts), None, None) => (Harm::Refused, texts),
            (None, Some(texts), None) => (Harm::Unsafe, texts),
            (None, None, Some(texts)) => (Harm::Unwise, texts),
            _ => return Err("give one of `refused`, `unsafe` and `unwise`".to_owned()),
        };
        let clauses: Vec<Clause> = texts.iter().map(|text| Clause::read(text, name)).collect::<Result<_, _>>()?;
        match clauses.iter().all(|clause| clause.names().is_empty()) {
            true => Err(format!("{texts:?} is about no setting")),
            false => Ok(Refusal { harm, clauses, what: self.what, help: self.help, life: self.life }),
        }
    }
}

static TABLES: LazyLock<Vec<Refusals>> = LazyLock::new(|| embedded::tables("tables/refused"));

/// The rules of all programs.
pub fn refusals() -> &'static [Refusals] {
    &TABLES
}

/// What a setting is where it is not given, if a table says so.
pub fn default_of(name: &Name) -> Option<&'static str> {
    TABLES.iter().find_map(|table| table.defaults.get(name)).map(String::as_str)
}

/// The values of that default.
pub fn default_values(name: &Name) -> Option<Vec<Typed>> {
    Some(name.form().elements(default_of(name)?))
}

impl Refusals {
    /// The settings that its rules and defaults are about.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        let clauses = self.rules.iter().flat_map(|rule| &rule.clauses);
        let elsewhere = clauses.clone().filter_map(Clause::elsewhere);
        clauses.flat_map(Clause::names).chain(elsewhere).chain(self.defaults.keys())
    }

    /// The rules of a version; of none where the table does not reach so far.
    pub fn of_version(&self, version: Option<Version>) -> impl Iterator<Item = &Refusal> {
        let known = version.is_none_or(|version| self.range.knows(version));
        let alive = move |rule: &&Refusal| {
            version.is_none_or(|version| !matches!(rule.life.status(version), Status::NotYet(_) | Status::Removed(_)))
        };
        self.rules.iter().filter(move |_| known).filter(alive)
    }

    /// What happens where a rule holds.
    pub fn what<'a>(&'a self, rule: &'a Refusal) -> &'a str {
        rule.what.as_deref().unwrap_or(&self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row is read as it is, and names settings that there are: else this ends in a panic.
    #[test]
    fn rules_are_about_what_there_is() {
        let count: usize = refusals().iter().map(|table| table.rules.len()).sum();
        assert!(count >= 150, "{count}");
        for table in refusals() {
            assert!(!table.range.source.is_empty(), "{}", table.program);
            for (name, text) in &table.defaults {
                assert!(name.form().read_known(text).is_some(), "`{name}` is never `{text}`");
            }
        }
    }

    #[test]
    fn a_rule_that_is_misspelt_is_refused() {
        let table = |rule: &str| {
            let head = "program = \"kubelet\"\nwhat = \"a\"\nversions_of = \"kubernetes\"\nknown_from = \"1.31\"\n\
                        known_through = \"1.36\"\nsource = \"b\"\n";
            toml::from_str::<Refusals>(&format!("{head}[[rule]]\n{rule}"))
                .map(|_| ())
                .map_err(|error| error.to_string())
        };
        assert_eq!(table("refused = [\"healthzPort outside 0..65535\"]"), Ok(()));
        for rule in [
            "refused = [\"healthzPrt outside 0..65535\"]",
            "refused = [\"healthzPort outside 0..x\"]",
            "refused = [\"healthzPort beyond 0\"]",
            "refused = [\"healthzPort is not a prot\"]",
            "refused = [\"healthzPort < 0\", \"object L2Advertisement\"]",
            "refused = [\"healthzPort < 0\", \"anywhere kube-vip $vip_arp\"]",
            "refused = [\"healthzPort < 0\", \"anywhere ectd --data-dir is /x\"]",
            "refused = [\"object metallb.io/L2Advertisement\"]",
            "refused = [\"gate NodeSwap is of\"]",
            "refused = [\"gate NodeSwap is off\"]",
            "refused = [\"healthzPort < 0\"]\nunwise = [\"healthzPort < 0\"]",
            "refuse = [\"healthzPort < 0\"]",
        ] {
            assert!(table(rule).is_err(), "{rule}");
        }
    }
}
