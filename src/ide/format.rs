//! The form of a file, as edits: of all of it, of some lines, or while it is typed.

use similar::{DiffOp, TextDiff};

use super::cursor;
use super::project::File;
use crate::source::Span;
use crate::syntax;
use crate::syntax::token::SyntaxKind as S;
use crate::syntax::tree::SyntaxToken;

/// A text that takes the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

/// The edits that bring a file into its form; none while it has syntax errors.
pub fn whole(file: &File) -> Vec<Edit> {
    let text = file.text();
    match syntax::format(text) {
        Ok(formatted) => difference(file.place(0), text, &with_ends_of(text, formatted)),
        Err(_) => Vec::new(),
    }
}

/// Those of them that are in a part of the file.
pub fn range(file: &File, part: Span) -> Vec<Edit> {
    whole(file).into_iter().filter(|edit| edit.span.start <= part.end && edit.span.end >= part.start).collect()
}

/// What is to be done after a character was typed: `}` brings its statement into form, a new line is moved below what it
/// belongs to.
pub fn typed(file: &File, offset: u32, character: &str) -> Vec<Edit> {
    match character {
        "}" => statement(file, offset.saturating_sub(1)),
        "\n" => indentation(file, offset),
        _ => Vec::new(),
    }
}

/// Line ends as the file has them.
fn with_ends_of(text: &str, formatted: String) -> String {
    let windows = text.matches("\r\n").count() * 2 > text.matches('\n').count();
    if windows { formatted.replace('\n', "\r\n") } else { formatted }
}

/// The edits from one text to another, line by line. `place` is where the texts begin.
fn difference(place: Span, old: &str, new: &str) -> Vec<Edit> {
    let diff = TextDiff::from_lines(old, new);
    let starts = |text: &str| -> Vec<usize> {
        let ends = text.split_inclusive('\n').scan(0, |at, line| {
            *at += line.len();
            Some(*at)
        });
        std::iter::once(0).chain(ends).collect()
    };
    let (old_starts, new_starts) = (starts(old), starts(new));
    let edits = diff.ops().iter().filter(|op| !matches!(op, DiffOp::Equal { .. })).map(|op| {
        let (before, after) = (op.old_range(), op.new_range());
        let at = |line: usize| place.start + old_starts[line.min(old_starts.len() - 1)] as u32;
        let last = new_starts.len() - 1;
        let text = &new[new_starts[after.start.min(last)]..new_starts[after.end.min(last)]];
        Edit { span: Span { start: at(before.start), end: at(before.end), ..place }, text: text.to_owned() }
    });
    edits.collect()
}

/// The statement around a place in its form, if nothing is wrong with it.
fn statement(file: &File, offset: u32) -> Vec<Edit> {
    let root = cursor::root(file);
    let Some(node) = root
        .children()
        .find(|node| u32::from(node.text_range().start()) <= offset && offset < u32::from(node.text_range().end()))
    else {
        return Vec::new();
    };
    let text = node.text().to_string();
    let Ok(formatted) = syntax::format(&text) else { return Vec::new() };
    let formatted = with_ends_of(file.text(), formatted);
    let start = u32::from(node.text_range().start());
    let end = start + text.len() as u32;
    let formatted = formatted.trim_end();
    if formatted == text.trim_end() {
        return Vec::new();
    }
    vec![Edit { span: Span::new(file.source(), start, end), text: formatted.to_owned() }]
}

/// Two spaces for each bracket that is open before a line.
fn indentation(file: &File, offset: u32) -> Vec<Edit> {
    let text = file.text();
    let before = text.get(..offset as usize).unwrap_or_default();
    let start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1) as u32;
    let rest = &text[start as usize..];
    let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let Some(depth) = depth(file, start) else { return Vec::new() };
    let closes = rest[blank..].starts_with(['}', ']', ')']);
    let wanted = " ".repeat(2 * depth.saturating_sub(usize::from(closes)));
    if rest[..blank] == wanted {
        return Vec::new();
    }
    vec![Edit { span: Span::new(file.source(), start, start + blank as u32), text: wanted }]
}

/// How many brackets are open at a place; `None` inside a text, whose lines belong to it.
fn depth(file: &File, offset: u32) -> Option<usize> {
    let root = cursor::root(file);
    let mut depth = 0usize;
    let mut token: Option<SyntaxToken> = root.first_token();
    while let Some(one) = token.filter(|one| u32::from(one.text_range().start()) < offset) {
        if one.kind() == S::StringText && u32::from(one.text_range().end()) > offset {
            return None;
        }
        if one.kind().opens() || one.kind() == S::InterpolationStart {
            depth += 1;
        } else if one.kind().closes() || one.kind() == S::InterpolationEnd {
            depth = depth.saturating_sub(1);
        }
        token = one.next_token();
    }
    Some(depth)
}
