//! Keywords that haproxy does not know, and values that it does not take: it does not start with them.
//!
//! Source: docs.haproxy.org/3.0/configuration.html (2.5 times, 4.1 proxy keywords matrix, 4.2 balance, timeout); those of all
//! releases are `keywords.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::model::Model;

use super::super::File;
use super::file_of;
use super::option::{self, Options};
use super::text::{Config, KINDS, Line, Section, milliseconds};

#[derive(Deserialize)]
pub(super) struct Table {
    global: Vec<String>,
    proxy: Vec<String>,
    pub(super) times: Vec<String>,
    words: BTreeMap<String, Vec<String>>,
    removed: BTreeMap<String, String>,
    pub(super) server: Options,
    pub(super) bind: Options,
    pub(super) values: BTreeMap<String, Vec<String>>,
    pub(super) ranges: BTreeMap<String, [i64; 2]>,
}

pub(super) static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("keywords.toml")).expect("the embedded table is valid TOML"));

/// What is wrong, and what to do.
pub(super) type Wrong = (String, Help);

pub(super) fn verify(model: &Model<'_>, files: &[File<'_, '_>], config: &Config<'_>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let is_known = |one: &&Section<'_>| one.is_proxy() || matches!(one.kind, "defaults" | "global" | "");
    for section in config.sections.iter().filter(is_known) {
        for line in &section.lines {
            let Some((message, help)) = wrong(section, line) else { continue };
            let message = format!("{message}: haproxy does not start");
            problems.push(file_of(files, section).problem(model, Code::RefusedSetting, line.number, message, help));
        }
    }
    problems
}

/// What is wrong with a line.
fn wrong(section: &Section<'_>, line: &Line<'_>) -> Option<Wrong> {
    let is_prefix = |word: &&&str| matches!(**word, "no" | "default");
    let words = &line.words[line.words.iter().take(1).filter(is_prefix).count()..];
    let (first, rest) = words.split_first()?;
    // `.if` of 2.4, and what the environment gives.
    if first.starts_with('.') || first.contains('$') {
        return None;
    }
    let title = section.title();
    let two = words[..words.len().min(2)].join(" ");
    if let Some((name, help)) = [*first, &two].iter().find_map(|name| TABLE.removed.get_key_value(*name)) {
        return Some((format!("`{title}` has `{name}`, which was removed"), help.as_str().into()));
    }
    unknown(section, first).or_else(|| match section.kind {
        "global" | "" => None,
        _ => second(first, rest).or_else(|| option::wrong(words)),
    })
}

/// A keyword that no release knows in its section.
fn unknown(section: &Section<'_>, word: &str) -> Option<Wrong> {
    let title = section.title();
    let known = match section.kind {
        "" => {
            let help = closest(word, KINDS.iter().copied())
                .map_or_else(|| "begin the file with `global` or `defaults`".into(), Help::near);
            return Some((format!("`{word}` stands before the first section"), help));
        }
        "global" => &TABLE.global,
        _ => &TABLE.proxy,
    };
    if known.iter().any(|known| known == word) {
        return None;
    }
    let near = closest(word, known.iter().map(String::as_str).chain(KINDS.iter().copied()));
    // Tuning has keywords of single releases.
    if near.is_none() && word.contains('.') {
        return None;
    }
    let help = near.map_or_else(|| "remove it, or move it to the section that it belongs to".into(), Help::near);
    Some((format!("`{title}` has the unknown keyword `{word}`"), help))
}

/// The word behind a keyword, where it is one of a few.
fn second(first: &str, rest: &[&str]) -> Option<Wrong> {
    let (known, second) = (TABLE.words.get(first)?, rest.first()?);
    let name = second.split('(').next().unwrap_or_default();
    if !known.iter().any(|known| known == name) && !name.contains('$') {
        let help = closest(name, known.iter().map(String::as_str))
            .map_or_else(|| format!("use one of {}", known.join(", ")).into(), Help::near);
        let message = match first {
            "timeout" => format!("`timeout {second}` is not a timeout"),
            "balance" => format!("`balance {second}` is not an algorithm"),
            _ => format!("`{first} {second}` is not known"),
        };
        return Some((message, help));
    }
    if first == "timeout" { time(rest) } else { None }
}

/// `timeout client 5s`.
fn time(rest: &[&str]) -> Option<Wrong> {
    let (kind, value) = (rest.first()?, rest.get(1..)?);
    let is_wrong = match value {
        [one] => !one.contains('$') && milliseconds(one).is_none(),
        _ => true,
    };
    is_wrong.then(|| (format!("`timeout {kind}` is `{}`, which is not a time", value.join(" ")), TIME.into()))
}

pub(super) const TIME: &str = "write a number and its unit without a space: `5s`, `1h`, `500ms`";
