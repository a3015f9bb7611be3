//! Words that begin something, and types.

use super::{Ask, Item, Sort};
use crate::check::type_syntax;
use crate::diag::Code;
use crate::ide::doc::{self, Word};
use crate::syntax::parser;

/// Statements of a file.
pub(super) fn statements() -> Vec<Item> {
    doc::STATEMENTS.iter().map(snippet).collect()
}

/// Items of a component.
pub(super) fn items() -> Vec<Item> {
    doc::ITEMS.iter().map(snippet).collect()
}

/// Changes of an overlay.
pub(super) fn changes() -> Vec<Item> {
    doc::CHANGES.iter().map(snippet).collect()
}

fn snippet(word: &Word) -> Item {
    let docs = format!("{}\n\n```km\n{}\n```", word.doc, word.example);
    Item::new(word.name, Sort::Snippet).detail(word.doc).docs(docs).snippet(word.snippet)
}

/// Plain words.
pub(super) fn words(words: &[&str]) -> Vec<Item> {
    words.iter().map(|word| Item::new(*word, Sort::Keyword).rank(3)).collect()
}

/// What a machine may need.
pub(super) fn needs() -> Vec<Item> {
    words(parser::NEEDS)
}

/// Types, as they are written.
pub(super) fn types() -> Vec<Item> {
    let item = |word: &&str| match *word {
        "list" | "map" | "secret" => Item::new(*word, Sort::Type).snippet(format!("{word}<${{1:string}}>")),
        "component" => Item::new(*word, Sort::Type).detail("a component, for a `param`"),
        _ => Item::new(*word, Sort::Type),
    };
    type_syntax::WORDS.iter().map(item).collect()
}

/// Codes that can be allowed; those that are raised now come first.
pub(super) fn codes(ask: &Ask<'_>) -> Vec<Item> {
    let raised: Vec<Code> = ask.file.analysis.diagnostics.iter().map(|one| one.code).collect();
    let codes = Code::ALL.iter().filter(|code| code.allowable());
    let item = |code: &Code| {
        let first = if raised.contains(code) { 1 } else { 5 };
        Item::new(code.name(), Sort::Code)
            .docs(code.page())
            .snippet(format!("{} \"${{1:reason}}\"", code.name()))
            .rank(first)
    };
    codes.map(item).collect()
}
