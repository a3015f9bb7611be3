//! What fits at a place.
//!
//! A word is put where the cursor is, so that the text around it reads as if it were whole; then the syntax tree says what
//! kind of thing stands there, and for values the checker says which type is expected and which names can be seen.

use std::sync::Arc;

use super::project::{File, Project};
use crate::check::cache::Parsed;
use crate::check::{self, ModulePlace, probe::Expectation};
use crate::source::Span;
use crate::world::World;

mod context;
mod field;
mod flag;
mod follow;
mod import;
mod name;
mod path;
mod relation;
mod release;
mod value;
mod variable;
mod word;

pub use import::relative;

/// What an item is, for its picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Keyword,
    Snippet,
    Field,
    Value,
    Component,
    Interface,
    Group,
    App,
    Endpoint,
    Function,
    Flag,
    File,
    Member,
    Type,
    Unit,
    Code,
}

/// One thing that fits.
#[derive(Clone, Debug)]
pub struct Item {
    pub label: String,
    pub sort: Sort,
    /// Beside the label: a type, a version.
    pub detail: String,
    /// Markdown.
    pub docs: String,
    /// What is put in place of `Completion::span`.
    pub insert: String,
    /// Whether `insert` has places for the cursor (`$1`).
    pub is_snippet: bool,
    /// The best first.
    pub rank: u8,
    /// Among those of a rank; equal ones by label.
    pub order: u8,
    pub is_deprecated: bool,
    /// Another edit that belongs to it: the `use` that brings a name.
    pub import: Option<(Span, String)>,
}

/// What fits, and what it replaces.
#[derive(Clone, Debug, Default)]
pub struct Completion {
    pub span: Span,
    pub items: Vec<Item>,
}

impl Item {
    fn new(label: impl Into<String>, sort: Sort) -> Self {
        let label = label.into();
        Self {
            insert: label.clone(),
            label,
            sort,
            detail: String::new(),
            docs: String::new(),
            is_snippet: false,
            rank: 5,
            order: 0,
            is_deprecated: false,
            import: None,
        }
    }

    fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    fn docs(mut self, docs: impl Into<String>) -> Self {
        self.docs = docs.into();
        self
    }

    fn snippet(mut self, insert: impl Into<String>) -> Self {
        self.insert = insert.into();
        self.is_snippet = true;
        self
    }

    fn rank(mut self, rank: u8) -> Self {
        self.rank = rank;
        self
    }

    /// Puts it at a place of a list that has an order of its own.
    fn at(mut self, place: usize) -> Self {
        self.order = u8::try_from(place).unwrap_or(u8::MAX);
        self
    }
}

/// The word that stands for what is still to be written. Nobody writes it, and it reads as a name everywhere.
const MARK: &str = "km-cursor";

/// A file with the mark in it.
pub struct Marked {
    pub parsed: Arc<Parsed>,
    /// The mark.
    pub mark: Span,
    /// What the mark stands in place of, in the real text.
    pub span: Span,
    /// The part of the word before the cursor.
    pub typed: String,
}

/// What is asked, with all that is needed to answer it.
pub struct Ask<'a> {
    pub world: &'a dyn World,
    pub project: &'a mut Project,
    pub file: &'a File,
    pub marked: Marked,
}

/// What fits at a place of a file.
pub fn complete(world: &dyn World, project: &mut Project, file: &File, offset: u32) -> Completion {
    let text = file.text().clone();
    if let Some(found) = import::complete(project, file, &text, offset) {
        return found;
    }
    if context::is_in_comment(file, offset) {
        return Completion::default();
    }
    if let Some(found) = path::complete(world, file, &text, offset) {
        return found;
    }
    let marked = mark(project, file, &text, offset);
    let span = marked.span;
    let mut ask = Ask { world, project, file, marked };
    let mut items = context::items(&mut ask);
    follow::fit(&mut items, &text[span.end as usize..]);
    items.sort_by(|a, b| (a.rank, a.order, &a.label).cmp(&(b.rank, b.order, &b.label)));
    items.dedup_by(|a, b| a.label == b.label && a.sort == b.sort);
    Completion { span, items }
}

fn mark(project: &mut Project, file: &File, text: &str, offset: u32) -> Marked {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let (before, after) = text.split_at(floor(text, offset));
    let start = number_start(before, before.len() - before.chars().rev().take_while(|c| is_word(*c)).count());
    // After a space on the right side there is nothing to replace; a word goes on behind the cursor.
    let is_number = before[start..].starts_with(|c: char| c.is_ascii_digit());
    let is_part = |c: char| is_word(c) || is_number && c == '.';
    let end = before.len() + after.chars().take_while(|c| is_part(*c)).count();
    let whole = format!("{}{MARK}{}", &text[..start], &text[end..]);
    let place = &file.analysis.resolved.program.module(file.module).place;
    let source = file.source();
    let parsed = project.cache().with(place, &whole);
    let at = |start: usize, end: usize| Span::new(source, start as u32, end as u32);
    Marked { parsed, mark: at(start, start + MARK.len()), span: at(start, end), typed: before[start..].to_owned() }
}

/// Where a word starts that may be the rest of a number: `1.34.` belongs to what is typed behind it.
fn number_start(before: &str, start: usize) -> usize {
    let head = before[..start].trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = &before[head.len()..start];
    let is_number = number.starts_with(|c: char| c.is_ascii_digit()) && number.ends_with('.') && !number.contains("..");
    if is_number && !head.ends_with(|c: char| c.is_ascii_alphanumeric() || "-_/".contains(c)) {
        head.len()
    } else {
        start
    }
}

fn floor(text: &str, offset: u32) -> usize {
    let mut offset = (offset as usize).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

impl Ask<'_> {
    /// What the checker says of the place.
    fn probe(&mut self) -> Option<Expectation> {
        let program = &self.file.analysis.resolved.program;
        let place: &ModulePlace = &program.module(self.file.module).place;
        let root = program.modules[0].place.clone();
        let file = (place, &self.marked.parsed);
        check::probe(self.world, self.project.cache(), &root, file, self.marked.mark)
    }
}
