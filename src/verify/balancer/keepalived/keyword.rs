//! Keywords that keepalived does not know, values outside of their range, and braces that do not match: it logs them and goes on without.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::model::Model;

use super::super::File;
use super::text::{self, Block};

#[derive(Deserialize)]
struct Table {
    block: BTreeMap<String, Keys>,
    range: BTreeMap<String, BTreeMap<String, [f64; 2]>>,
    word: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<String>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("keywords.toml")).expect("the embedded table is valid TOML"));

pub(super) fn verify(model: &Model<'_>, file: &File<'_, '_>, blocks: &[Block<'_>]) -> Vec<Diagnostic> {
    if let Some(line) = text::unquoted(file.text) {
        let message = "`\"` begins a text that does not end in this line: keepalived does not take the line".to_owned();
        return vec![file.problem(model, Code::InvalidConfig, line, message, "add `\"`, or remove it")];
    }
    if let Some((line, message, help)) = text::unmatched(file.text) {
        let message = format!("{message}: keepalived takes what follows as part of another block");
        return vec![file.problem(model, Code::InvalidConfig, line, message, help)];
    }
    let mut problems = Vec::new();
    walk(("", ""), blocks, &mut |(code, line, message, help)| {
        problems.push(file.problem(model, code, line, message, help));
    });
    problems
}

type Wrong = (Code, usize, String, Help);

/// Looks at the blocks of one, and at what they have inside.
fn walk((way, title): (&str, &str), blocks: &[Block<'_>], found: &mut impl FnMut(Wrong)) {
    let Some(known) = TABLE.block.get(way) else { return };
    for block in blocks {
        let Some(name) = block.words.first() else { continue };
        // Conditions, definitions and repetitions (keepalived.conf(5), "Conditional configuration", "Definitions").
        if name.starts_with(['@', '~']) || name.contains('$') {
            continue;
        }
        if !known.keys.iter().any(|key| key == name) {
            found(unknown(title, known, block, name));
            continue;
        }
        if let Some(wrong) = value(way, title, block) {
            found(wrong);
        }
        let below = if way.is_empty() { (*name).to_owned() } else { format!("{way}/{name}") };
        let own = block.words[..block.words.len().min(2)].join(" ");
        walk((&below, if title.is_empty() { &own } else { title }), &block.inside, found);
    }
}

fn unknown(title: &str, known: &Keys, block: &Block<'_>, name: &str) -> Wrong {
    let way = if title.is_empty() { String::new() } else { format!(" in `{title}`") };
    let lost = if block.inside.is_empty() { "" } else { " with all that is in it" };
    let message =
        format!("unknown keyword `{name}`{way} (checked against keepalived 1.3 to 2.4): keepalived ignores it{lost}");
    let near = closest(name, known.keys.iter().map(String::as_str));
    let help = near.map_or_else(|| "remove it, or move it to the block that it belongs to".into(), Help::near);
    (Code::UnknownKey, block.line, message, help)
}

/// A value that its keyword does not take.
fn value(way: &str, title: &str, block: &Block<'_>) -> Option<Wrong> {
    let [name, value, ..] = block.words[..] else { return None };
    if value.contains('$') {
        return None;
    }
    let wrong = |what: &str, help: String| {
        let message = format!("`{name}` of `{title}` is {value}, {what}: keepalived takes its default");
        Some((Code::InvalidConfig, block.line, message, help.into()))
    };
    if let Some(words) = TABLE.word.get(way).and_then(|known| known.get(name)) {
        return match words.iter().any(|word| word == value) {
            true => None,
            false => wrong("which is not one of its values", format!("use {}", words.join(" or "))),
        };
    }
    let [least, most] = *TABLE.range.get(way)?.get(name)?;
    let fits = value.parse::<f64>().is_ok_and(|number| (least..=most).contains(&number));
    if fits { None } else { wrong("which is out of range", format!("use a number from {least} to {most}")) }
}
