//! The command-line flags of programs, by version: `tables/flags/PROGRAM.toml`.
//!
//! Whether a flag exists at all and takes a value of some type is known without evaluation; whether the version that runs
//! has it, only with the model.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::Note;
use super::lifespan::{Codes, Lifespan, Status, short};
use super::setting::Form;
use super::{Range, embedded, gate, value};
use crate::diag::{Code, Diagnostic, Help, closest, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::Version;

/// All flags of one program.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub program: String,
    #[serde(flatten)]
    pub range: Range,
    /// How the names of variables begin that set a flag too; the program ends at its start where both are given.
    pub environment: Option<String>,
    /// Words behind the program's own that lead to other flags: `kubeadm init phase`.
    #[serde(default)]
    pub subcommands: Vec<String>,
    /// The family of its feature gates, where it is not that of its versions.
    gates: Option<String>,
    /// Flags with which the program prints something about itself and ends; they are no settings.
    #[serde(default)]
    pub prints: Vec<String>,
    /// Flags beside which only some others may stand.
    #[serde(default)]
    alone: BTreeMap<String, Alone>,
    /// The argument that is not a flag.
    pub positional: Option<Positional>,
    #[serde(rename = "flag")]
    pub flags: BTreeMap<String, Flag>,
}

/// An argument that stands by its place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Positional {
    /// As the help of the program names it.
    pub name: String,
    /// The field of a configuration file that it stands for.
    pub config_field: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// What may stand beside a flag.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Alone {
    /// `skip-*`: all that begin so.
    beside: Vec<String>,
    #[serde(rename = "source")]
    _source: Note,
}

/// One flag.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    #[serde(rename = "type")]
    pub kind: FlagKind,
    /// What its text has to look like: `path`, `url`.
    pub format: Option<String>,
    /// The set of `tables/values.toml` that its values are of.
    pub values: Option<String>,
    /// Written once for each element.
    #[serde(default)]
    pub repeat: bool,
    /// As the program's own help prints it.
    pub default: Option<String>,
    /// The equivalent field of the program's configuration file.
    pub config_field: Option<String>,
    /// Accepted, but not in the program's help.
    #[serde(default)]
    pub hidden: bool,
    #[serde(flatten)]
    pub life: Lifespan,
}

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlagKind {
    Bool,
    Int,
    Float,
    String,
    StringList,
    Map,
    Duration,
    Ip,
    PortRange,
}

static TABLES: LazyLock<BTreeMap<String, Table>> = LazyLock::new(|| {
    let tables = embedded::tables("tables/flags").into_iter();
    tables.map(|table: Table| (table.program.clone(), table)).collect()
});

/// The table of a program.
pub fn table(program: &str) -> Option<&'static Table> {
    TABLES.get(program)
}

/// The programs that have a table, sorted.
pub fn programs() -> impl Iterator<Item = &'static str> {
    TABLES.keys().map(String::as_str)
}

const CODES: Codes = Codes { not_yet: Code::FlagNotYet, removed: Code::FlagRemoved, deprecated: Code::FlagDeprecated };

/// The table of what a command line runs, and where the word of its subcommand stands: `kubelet`, `kubeadm init`.
pub fn of_command(words: &[&str]) -> Option<(&'static Table, Option<usize>)> {
    let name = words.first()?.rsplit('/').next()?;
    if let Some(table) = table(name) {
        return Some((table, None));
    }
    let mut plain = words.iter().enumerate().skip(1).filter(|(_, word)| !word.starts_with('-'));
    let (place, subcommand) = plain.next()?;
    let table = table(&format!("{name} {subcommand}"))?;
    let leads_on =
        plain.next().is_some_and(|(next, word)| next == place + 1 && table.subcommands.iter().any(|one| one == word));
    (!leads_on).then_some((table, Some(place)))
}

impl Table {
    /// The family of its feature gates.
    pub fn gates(&self) -> &str {
        self.gates.as_deref().unwrap_or(&self.range.versions_of)
    }

    /// The flag beside which another one may not stand, if that is given.
    pub fn forbidden_by(&self, flag: &str, given: impl Fn(&str) -> bool) -> Option<&str> {
        let fits = |known: &String| match known.strip_suffix('*') {
            Some(begin) => flag.starts_with(begin),
            None => flag == known,
        };
        let mut alone = self.alone.iter().filter(|(name, _)| *name != flag && given(name));
        alone.find(|(_, row)| !row.beside.iter().any(fits)).map(|(name, _)| &**name)
    }
}

/// A flag that no version has, as far as the table goes.
pub fn unknown(table: &Table, flag: &str, span: Span) -> Diagnostic {
    let (from, through) = (short(table.range.known_from), short(table.range.known_through));
    let names = table.flags.keys().map(String::as_str);
    let help = did_you_mean(flag, names, &format!("checked against {from} to {through}"));
    let message = format!("`{}` has no flag `{flag}` in any version", table.program);
    Diagnostic::new(Code::UnknownFlag, span, message).help(help).fix_near(span)
}

/// What is wrong with a flag in the version that runs; of a version beyond what the table knows, only what has a row for it.
pub fn examine(program: &str, flag: &str, version: Version, span: Span) -> Option<Diagnostic> {
    let table = table(program)?;
    let Some(known) = table.flags.get(flag) else {
        return table.range.knows(version).then(|| unknown(table, flag, span));
    };
    // Nothing is guessed about versions that were not read.
    if version < table.range.known_from {
        return None;
    }
    let names = (&*format!("`{program}`"), &*format!("`--{flag}`"));
    let problem = known.life.examine(CODES, names, version, span)?;
    // One of another type takes other values.
    let is_flag = |name: &str| {
        let other = table.flags.get(name);
        other.is_some_and(|flag| flag.life.status(version) == Status::Known && flag.kind == known.kind)
    };
    let problem = problem.help(known.life.advice(version, CODES.deprecated, is_flag));
    // The other flag may take its value in another form.
    let other = known.life.replacement.as_deref().filter(|other| is_flag(other));
    let status = known.life.status(version);
    Some(match other.filter(|_| !matches!(status, Status::NotYet(_))) {
        Some(other) => problem.fix(span, other, format!("write `{other}`")),
        None => problem,
    })
}

/// What is wrong with an argument that no checker of the language has seen: a value of another type.
pub fn examine_argument(program: &str, (flag, text): (&str, &str), version: Version, span: Span) -> Option<Diagnostic> {
    let table = table(program).filter(|table| table.range.knows(version))?;
    examine_text((program, flag), table.flags.get(flag)?, text, span)
}

/// A value that is none of the flag's type.
fn examine_text((program, flag): (&str, &str), known: &Flag, text: &str, span: Span) -> Option<Diagnostic> {
    let form = Form::of_flag(known);
    // What is taken from the environment of the machine is not known.
    let is_read = text.contains(['$', '%']) || is_of_kind(known.kind, form, text);
    let wanted = match known.kind {
        FlagKind::Ip => "an address",
        FlagKind::PortRange => "a port range",
        _ => form.name(),
    };
    let message = format!("`--{flag}` of `{program}` expects {wanted}, found `{text}`");
    (!is_read).then(|| Diagnostic::new(Code::TypeMismatch, span, message).help("the program exits when it reads this"))
}

/// What is wrong with an argument of a program whose version is not known: a flag that is nearly one that it has, or a value of
/// another type.
pub fn examine_unversioned(program: &str, (flag, text): (&str, &str), span: Span) -> Option<Diagnostic> {
    let table = table(program)?;
    if let Some(known) = table.flags.get(flag) {
        return examine_text((program, flag), known, text, span);
    }
    let near = closest(flag, table.flags.keys().map(String::as_str))?;
    let message = format!("`{program}` has no flag `{flag}` in any known version");
    Some(Diagnostic::new(Code::UnknownFlag, span, message).help(Help::near(near)))
}

/// Whether a text is what a flag takes.
fn is_of_kind(kind: FlagKind, form: Form, text: &str) -> bool {
    let port = |text: &str| text.trim().parse::<u16>().is_ok();
    match kind {
        FlagKind::Map => true,
        FlagKind::StringList => text.split(',').all(|part| form.read_known(part).is_some()),
        FlagKind::Ip => text.is_empty() || text.trim().parse::<std::net::IpAddr>().is_ok(),
        // `1-2`, `1+2` and one port (k8s.io/apimachinery/pkg/util/net, ParsePortRange).
        FlagKind::PortRange => text.is_empty() || text.split(['-', '+']).all(port),
        _ => form.read_known(text).is_some(),
    }
}

/// Whether a program has an argument of this name that is not a flag.
pub fn is_positional(program: &str, name: &str) -> bool {
    table(program).and_then(|table| table.positional.as_ref()).is_some_and(|own| own.name == name)
}

/// What is wrong with the elements of a flag's value: names of gates with whether they are on, or values of a known set.
///
/// `span` tells where an element is written.
pub fn examine_values(
    (program, flag): (&str, &str),
    elements: &[(String, Option<bool>)],
    version: Version,
    span: impl Fn(&str) -> Span,
) -> Vec<Diagnostic> {
    let Some(table) = table(program) else { return Vec::new() };
    if flag == "feature-gates" {
        let family = table.gates();
        let examine =
            |(name, on): &(String, Option<bool>)| gate::examine(family, program, (name, (*on)?), version, span(name));
        return elements.iter().filter_map(examine).collect();
    }
    let Some(set) = table.flags.get(flag).and_then(|flag| flag.values.as_deref()) else { return Vec::new() };
    let owner = format!("`--{flag}` of `{program}`");
    elements.iter().filter_map(|(name, _)| value::examine(set, (&owner, name), version, span(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_of_known_sets() {
        for table in TABLES.values() {
            for (name, flag) in &table.flags {
                assert!(flag.values.as_deref().is_none_or(value::is_set), "{name}: no such set");
            }
        }
    }
}
