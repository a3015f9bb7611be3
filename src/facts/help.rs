//! Compares a table of flags with a program's own help.
//!
//! In: the text of `PROGRAM --help`, as pflag (Kubernetes) or etcd print it. Out: where the table and the help differ, so
//! that a table is compared with the real program instead of trusted.

use std::collections::BTreeMap;

use serde::Serialize;

use super::flag::{Flag, FlagKind, Table};
use super::lifespan::Status;
use crate::syntax::ast::Version;

/// A flag as the help shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// As pflag names it: `stringSlice`; empty for a `bool`, and for etcd, which names none.
    pub kind: String,
    pub text: String,
    pub deprecated: bool,
    /// The help has defaults in quotes instead of types, as that of etcd.
    pub quoted: bool,
}

impl Shown {
    /// Its type, as tables write it; where the help names none, that of the default.
    pub fn kind(&self) -> &'static str {
        match (self.quoted, self.text.split('\'').nth(1)) {
            (true, Some(default)) => of_default(default),
            (true, None) => "string",
            _ => of_name(&self.kind),
        }
    }
}

/// The type of a flag by its default: `1m0s`.
fn of_default(text: &str) -> &'static str {
    match text {
        "true" | "false" => "bool",
        _ if text.parse::<i64>().is_ok() => "int",
        _ if text.starts_with(|c: char| c.is_ascii_digit()) && text.ends_with(['s', 'm', 'h']) => "duration",
        _ => "string",
    }
}

/// The type of a flag by the name that pflag has for it.
fn of_name(kind: &str) -> &'static str {
    let is_map = ["map", "stringto", "="].iter().any(|part| kind.to_lowercase().contains(part));
    match kind {
        "" | "true|false" => "bool",
        "int" | "int32" | "int64" | "uint" | "uint16" | "uint32" | "uint64" | "Level" => "int",
        "float" | "float32" | "float64" => "float",
        "duration" => "duration",
        "ip" => "ip",
        "portRange" | "port-range" => "port-range",
        "strings" | "stringArray" | "stringSlice" | "cidrs" => "string-list",
        _ if is_map => "map",
        _ => "string",
    }
}

/// Flags that no table has.
pub fn is_unlisted(name: &str) -> bool {
    ["help", "version"].contains(&name)
}

/// How the help names the types of its flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// `--name type   text`.
    Pflag,
    /// `--name 'default'`, and the text below it.
    Etcd,
}

/// One place where a table and the help differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub kind: DifferenceKind,
    /// The flag, without dashes.
    pub flag: String,
    /// For a person to read.
    pub message: String,
}

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DifferenceKind {
    /// The help shows it, and the table does not have it in this version.
    NotInTable,
    /// The table has it in this version, and the help does not show it.
    NotInHelp,
    /// The help does not show it, and the program takes it: the table does not call it hidden.
    Hidden,
    /// They take different values.
    Type,
    /// One calls it deprecated, the other does not.
    Deprecation,
}

/// The flags that a help shows, sorted by name.
pub fn read(help: &str) -> BTreeMap<String, Shown> {
    let mut flags: BTreeMap<String, Shown> = BTreeMap::new();
    let mut last: Option<String> = None;
    let style = style(help);
    for line in help.lines() {
        match head(line, style) {
            Some((name, kind, text)) => {
                let shown = flags.entry(name.clone()).or_default();
                (shown.kind, shown.text) = (kind, text);
                last = Some(name);
            }
            None if line.trim().is_empty() || !line.starts_with(' ') => last = None,
            None => {
                if let Some(shown) = last.as_ref().and_then(|name| flags.get_mut(name)) {
                    shown.text.push(' ');
                    shown.text.push_str(line.trim());
                }
            }
        }
    }
    for shown in flags.values_mut() {
        shown.quoted = style == Style::Etcd;
        shown.deprecated = shown.text.contains("DEPRECATED:") || shown.text.contains("(DEPRECATED");
    }
    flags
}

/// etcd puts defaults into quotes, most of them.
fn style(help: &str) -> Style {
    let quoted = help.lines().filter(|line| line.trim_start().starts_with("--") && line.contains(" '")).count();
    if quoted > 3 { Style::Etcd } else { Style::Pflag }
}

/// `  -v, --v Level   text` or `  --name 'default'`: the name, type and text; nothing for a line that begins no flag.
fn head(line: &str, style: Style) -> Option<(String, String, String)> {
    let indent = line.len() - line.trim_start().len();
    if indent == 0 || indent > 6 {
        return None;
    }
    let rest = line.trim_start();
    let rest = match rest.strip_prefix("--") {
        Some(rest) => rest,
        // A short name before it.
        None => rest.strip_prefix('-')?.get(1..)?.strip_prefix(", --")?,
    };
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    if name.is_empty() || !rest.is_empty() && !rest.starts_with([' ', '[', '=']) {
        return None;
    }
    // The type follows the name after one space, the text after at least three.
    let kind = match rest.strip_prefix(' ') {
        Some(rest) if style == Style::Pflag && !rest.starts_with(' ') => {
            rest.split("  ").next().unwrap_or_default().trim()
        }
        _ => "",
    };
    let text = rest.trim_start().strip_prefix(kind).unwrap_or(rest).trim();
    Some((name.to_owned(), kind.to_owned(), text.to_owned()))
}

/// Arguments with which a program reports whether it knows a flag, and does nothing else.
pub fn probe(table: &Table, flag: &str) -> Option<[String; 2]> {
    let value = match table.flags.get(flag)?.kind {
        FlagKind::Bool => "true",
        FlagKind::Int | FlagKind::Float => "1",
        FlagKind::Duration => "1s",
        FlagKind::Ip => "127.0.0.1",
        FlagKind::PortRange => "30000-32767",
        FlagKind::Map => "a=1",
        FlagKind::String | FlagKind::StringList => "a",
    };
    Some([format!("--{flag}={value}"), "--help".to_owned()])
}

/// Whether the answer of a program to a [`probe`] means that it does not know the flag.
pub fn refuses(said: &str) -> bool {
    ["unknown flag:", "flag provided but not defined:"].iter().any(|words| said.contains(words))
}

/// Where a table and a help differ for a version, in the order of names.
///
/// # Errors
/// When the text is not the help of a program with flags.
pub fn compare(table: &Table, version: Version, help: &str) -> Result<Vec<Difference>, String> {
    let shown = read(help);
    if shown.len() < 5 {
        return Err("the text contains no flags: pass the whole output of `--help`".to_owned());
    }
    let style = style(help);
    let mut list = Vec::new();
    for (name, shown) in shown.iter().filter(|(name, _)| !is_unlisted(name)) {
        list.extend(of_help(table, version, name, (shown, style)));
    }
    for (name, flag) in &table.flags {
        let alive = matches!(flag.life.status(version), Status::Known | Status::Deprecated);
        if alive && !flag.hidden && !shown.contains_key(name) && !is_unlisted(name) {
            let message = "it is in the table, but not in the help".to_owned();
            list.push(Difference { kind: DifferenceKind::NotInHelp, flag: name.clone(), message });
        }
    }
    list.sort_by(|a, b| a.flag.cmp(&b.flag));
    Ok(list)
}

fn of_help(table: &Table, version: Version, name: &str, (shown, style): (&Shown, Style)) -> Vec<Difference> {
    let difference = |kind, message| Difference { kind, flag: name.to_owned(), message };
    let status = table.flags.get(name).map(|flag| (flag, flag.life.status(version)));
    let Some((flag, status)) = status else {
        return vec![difference(DifferenceKind::NotInTable, "it is in the help, but not in the table".to_owned())];
    };
    let mut list = Vec::new();
    match status {
        Status::NotYet(since) => {
            let message = format!("it is in the help, and according to the table it is added in {since}");
            list.push(difference(DifferenceKind::NotInTable, message));
        }
        Status::Removed(removed) => {
            let message = format!("it is in the help, and according to the table it was removed in {removed}");
            list.push(difference(DifferenceKind::NotInTable, message));
        }
        Status::Known | Status::Deprecated => {}
    }
    if style == Style::Pflag {
        if !takes(flag, &shown.kind) {
            let kind = if shown.kind.is_empty() { "bool" } else { &shown.kind };
            let message =
                format!("its type is `{kind}` in the help, and `{:?}` in the table", flag.kind).to_lowercase();
            list.push(difference(DifferenceKind::Type, message));
        }
        if shown.deprecated != (status == Status::Deprecated) {
            let (help, own) =
                if shown.deprecated { ("deprecated", "not deprecated") } else { ("not deprecated", "deprecated") };
            let message = format!("it is {help} in the help, and {own} in the table");
            list.push(difference(DifferenceKind::Deprecation, message));
        }
    }
    list
}

/// Whether the type of a flag in the table matches the type in the help.
pub(super) fn takes(flag: &Flag, kind: &str) -> bool {
    let kinds: &[&str] = match flag.kind {
        FlagKind::Bool => &["", "true|false"],
        FlagKind::Int => &["int", "int32", "int64", "uint", "uint16", "uint32", "uint64", "Level"],
        FlagKind::Float => &["float", "float32", "float64"],
        FlagKind::Duration => &["duration"],
        FlagKind::Ip => &["ip"],
        FlagKind::PortRange => &["portRange", "port-range"],
        FlagKind::StringList => &["strings", "stringArray", "stringSlice", "cidrs", "pattern=N,...", "traceLocation"],
        FlagKind::Map => return ["map", "stringto", "="].iter().any(|part| kind.to_lowercase().contains(part)),
        // Texts with a form of their own have types of their own.
        FlagKind::String => {
            let others = ["", "int", "duration", "strings", "stringArray", "ip"];
            return !others.contains(&kind) && !kind.contains("map");
        }
    };
    kinds.contains(&kind)
}

#[cfg(test)]
mod tests;
