//! The command-line flags of programs, by version.
//!
//! The tables are data of the standard library (`tables/flags/PROGRAM.toml`). Whether a flag exists at all and takes a
//! value of some type is known without evaluation; whether the version that runs has it, only with the model.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, de::Error as _};

use super::notation::ty;
use super::ty::Ty;
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::stdlib;
use crate::syntax::ast::Version;

/// All flags of one program.
#[derive(Debug, Deserialize)]
pub struct Table {
    pub program: String,
    /// Whose version decides: `kubernetes` or `etcd`.
    pub versions_of: String,
    #[serde(deserialize_with = "version")]
    pub known_from: Version,
    #[serde(deserialize_with = "version")]
    pub known_through: Version,
    #[serde(rename = "flag", default)]
    pub flags: BTreeMap<String, Flag>,
}

/// One flag.
#[derive(Debug, Deserialize)]
pub struct Flag {
    #[serde(rename = "type")]
    pub kind: Kind,
    /// What its text has to look like: `path`, `url`.
    pub format: Option<String>,
    /// Its value when it is not given.
    pub default: Option<String>,
    /// Where the configuration file of the program says the same.
    pub config_field: Option<String>,
    /// Written once for each element.
    #[serde(default)]
    pub repeat: bool,
    #[serde(default, deserialize_with = "maybe_version")]
    pub since: Option<Version>,
    #[serde(default, deserialize_with = "maybe_version")]
    pub deprecated_in: Option<Version>,
    /// It was deprecated in this version already.
    #[serde(default, deserialize_with = "maybe_version")]
    pub deprecated_seen: Option<Version>,
    #[serde(default, deserialize_with = "maybe_version")]
    pub deprecation_lifted_in: Option<Version>,
    #[serde(default, deserialize_with = "maybe_version")]
    pub removed_in: Option<Version>,
    /// What to write instead, for a person to read.
    pub replacement: Option<String>,
}

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
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

/// What a version makes of a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Known,
    /// It comes with this version.
    NotYet(Version),
    /// It was taken out in this version.
    Removed(Version),
    /// It still works.
    Deprecated,
}

static TABLES: LazyLock<BTreeMap<String, Table>> = LazyLock::new(|| {
    let tables = stdlib::files(Path::new("tables/flags")).into_iter().filter_map(|text| toml::from_str(text).ok());
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

impl Flag {
    /// What `version` of the program makes of it.
    pub fn status(&self, version: Version) -> Status {
        let reached = |at: Option<Version>| at.filter(|at| version >= *at);
        if let Some(since) = self.since.filter(|since| version < *since) {
            return Status::NotYet(since);
        }
        if let Some(removed) = reached(self.removed_in) {
            return Status::Removed(removed);
        }
        let deprecated = reached(self.deprecated_in).or(reached(self.deprecated_seen)).is_some();
        match deprecated && reached(self.deprecation_lifted_in).is_none() {
            true => Status::Deprecated,
            false => Status::Known,
        }
    }

    /// The type of its value.
    pub fn ty(&self) -> Ty {
        let text = match self.kind {
            Kind::Bool => "bool",
            Kind::Int => "int",
            Kind::Float => "float",
            Kind::Duration => "duration",
            Kind::Ip => "ip | string",
            Kind::String if self.format.as_deref() == Some("path") => "path",
            Kind::String => "string | path | ip | cidr | port | version",
            Kind::PortRange => "string",
            Kind::StringList => "list<string | path | ip | cidr | int | port> | string | path",
            Kind::Map => "map<string | bool | int | float | path | ip | size | duration>",
        };
        ty(text)
    }
}

/// What is wrong with a flag in the version that runs; a version beyond what the table knows is judged by [`judge_version`].
pub fn judge(program: &str, flag: &str, version: Version, span: Span) -> Option<Diagnostic> {
    let flags = table(program)?;
    let known = flags.flags.get(flag)?;
    // Nothing is guessed about versions that were not read.
    if version < flags.known_from {
        return None;
    }
    let diagnostic = match known.status(version) {
        Status::Known => return None,
        Status::NotYet(since) => {
            let message = format!("`{program}` {version} does not have `--{flag}`: it comes with {}", short(since));
            Diagnostic::new(Code::FlagNotYet, span, message)
        }
        Status::Removed(removed) => {
            let message = format!("`{program}` {version} refuses `--{flag}`: it was removed in {}", short(removed));
            Diagnostic::new(Code::FlagRemoved, span, message)
        }
        Status::Deprecated => {
            let since = known.deprecated_in.map_or_else(String::new, |at| format!(" since {}", short(at)));
            let message = format!("`--{flag}` of `{program}` is deprecated{since}");
            Diagnostic::new(Code::FlagDeprecated, span, message)
        }
    };
    Some(diagnostic.help(advice(flags, known, version)))
}

/// Says once per set of flags that the table does not know the version that runs.
pub fn judge_version(program: &str, version: Version, span: Span) -> Option<Diagnostic> {
    let table = table(program)?;
    let minor = |version: Version| (version.major, version.minor);
    if minor(version) >= minor(table.known_from) && minor(version) <= minor(table.known_through) {
        return None;
    }
    let (from, through) = (short(table.known_from), short(table.known_through));
    let message = format!("the flags of `{program}` {version} are not known, only those of {from} to {through}");
    let help = "compare the flags with the release notes, then `allow version-unknown` with the reason";
    Some(Diagnostic::new(Code::VersionUnknown, span, message).help(help))
}

fn advice(table: &Table, flag: &Flag, version: Version) -> String {
    match (&flag.replacement, flag.status(version)) {
        (Some(replacement), Status::Removed(_) | Status::Deprecated) => {
            let is_flag = table.flags.get(replacement).is_some_and(|other| other.status(version) == Status::Known);
            if is_flag { format!("write `{replacement}` instead") } else { format!("instead: {replacement}") }
        }
        (None, Status::Removed(removed)) => format!("leave it out from {} on", short(removed)),
        (_, Status::NotYet(since)) => format!("give it only from {} on: `flag? = if ... then ...`", short(since)),
        _ => "leave it out, or say why it stays: `allow flag-deprecated \"...\"`".into(),
    }
}

/// `1.34` for `1.34.0`.
fn short(version: Version) -> String {
    match version.patch {
        0 => format!("{}.{}", version.major, version.minor),
        _ => version.to_string(),
    }
}

fn parse(text: &str) -> Option<Version> {
    let mut parts = text.split('.').map(str::parse::<u32>);
    let version =
        Version { major: parts.next()?.ok()?, minor: parts.next()?.ok()?, patch: parts.next().unwrap_or(Ok(0)).ok()? };
    parts.next().is_none().then_some(version)
}

fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is not a version")))
}

fn maybe_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Version>, D::Error> {
    version(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_can_be_read() {
        for text in stdlib::files(Path::new("tables/flags")) {
            toml::from_str::<Table>(text).expect("a table of flags");
        }
    }

    #[test]
    fn a_flag_lives_from_one_version_to_another() {
        let text = "type = 'bool'\nsince = '1.25'\ndeprecated_in = '1.30'\nremoved_in = '1.32'";
        let flag: Flag = toml::from_str(text).expect("a flag");
        let status = |minor| flag.status(Version { major: 1, minor, patch: 0 });
        assert_eq!(status(24), Status::NotYet(Version { major: 1, minor: 25, patch: 0 }));
        assert_eq!((status(29), status(31)), (Status::Known, Status::Deprecated));
        assert_eq!(status(32), Status::Removed(Version { major: 1, minor: 32, patch: 0 }));
    }
}
