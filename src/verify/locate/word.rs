//! Where a word of a command line is written: a flag of a set, an element of a list, a word of a text.

use crate::model::Model;
use crate::render::evidence::{Flag, Written};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, TextPart};

use super::{Step, Writer};

/// How far behind the key of a line its words may stand.
const FAR: usize = 8 << 10;

/// Where a flag is named.
pub fn key(model: &Model<'_>, writer: impl Into<Writer>, flag: &Flag<'_>) -> Span {
    match &flag.written {
        Written::Field(key, _) => *key,
        written => {
            let whole = span(model, writer, written);
            let dashed = within(model, whole, &format!("-{}", flag.name));
            if dashed == whole { whole } else { Span { start: dashed.start + 1, ..dashed } }
        }
    }
}

/// Where an element of the value of a flag is written.
pub fn element(model: &Model<'_>, writer: impl Into<Writer>, flag: &Flag<'_>, text: &str) -> Span {
    match &flag.written {
        Written::Field(_, expr) => super::element(model, writer, expr, text),
        written => within(model, span(model, writer, written), text),
    }
}

/// Where a word is written.
pub fn span(model: &Model<'_>, writer: impl Into<Writer>, written: &Written<'_>) -> Span {
    match written {
        Written::Name(span) => *span,
        Written::Field(_, expr) => super::origin(model, writer, expr),
        Written::Word { expr, at, text } => word(model, writer.into(), expr, at, text),
    }
}

fn word(model: &Model<'_>, writer: Writer, expr: &Expr, at: &[Step], text: &str) -> Span {
    let list = match at.split_last() {
        Some((Step::Index(_), list)) => super::found(model, writer, expr, list),
        _ => None,
    };
    if let Some(list) = list {
        let exact = super::element(model, writer, list, text);
        if exact != list.span {
            return exact;
        }
        let found = super::found(model, writer, expr, at);
        return found.map_or(list.span, |found| match within(model, found.span, text) {
            whole if whole == found.span && !begins(found, text) => list.span,
            exact => exact,
        });
    }
    if let Some(found) = super::found(model, writer, expr, at) {
        return within(model, super::origin(model, writer, found), text);
    }
    let (key, end) = super::key_in_text(model, writer, expr, at);
    if let Some(Step::Line(_)) = at.last() {
        let exact = within(model, key, text);
        return if exact == key { behind(model, key, end, text).unwrap_or(key) } else { exact };
    }
    behind(model, key, end, text).unwrap_or(key)
}

/// The first place of a text behind a key, in what the key is in.
fn behind(model: &Model<'_>, key: Span, end: Option<u32>, text: &str) -> Option<Span> {
    let source = &model.program.sources.get(key.source).text;
    let start = key.end as usize;
    let rest = source.get(start..end.map_or(source.len(), |end| end as usize))?;
    let end = (0..=rest.len().min(FAR)).rev().find(|end| rest.is_char_boundary(*end))?;
    let at = start + rest[..end].find(text).filter(|_| !text.is_empty())?;
    Some(Span::new(key.source, at as u32, (at + text.len()) as u32))
}

/// A part of what is written at a place, else the place.
fn within(model: &Model<'_>, span: Span, text: &str) -> Span {
    let written = model.program.sources.text(span);
    match written.find(text).filter(|_| !text.is_empty()) {
        Some(at) => Span::new(span.source, span.start + at as u32, span.start + (at + text.len()) as u32),
        None => span,
    }
}

/// Whether a text with other values in it is written as an argument begins.
fn begins(expr: &Expr, text: &str) -> bool {
    let ExprKind::Text(written) = &expr.kind else { return false };
    matches!(written.parts.first(), Some(TextPart::Text(first)) if first.contains('=') && text.starts_with(&**first))
}
