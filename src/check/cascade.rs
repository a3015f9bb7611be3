//! What is not said because something nearer was said already.
//!
//! Where the text of a statement or item has a syntax error, parts of it were not read: that a field is missing there, or
//! a name unknown, is no news.

use super::Program;
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{ChangeKind, Item, Statement, StatementKind};

/// Problems that may only follow from what could not be read.
const FOLLOWS: [Code; 8] = [
    Code::MissingField,
    Code::MissingOption,
    Code::UnknownName,
    Code::UnknownField,
    Code::DuplicateField,
    Code::WrongArguments,
    Code::WrongKind,
    Code::MaybeNone,
];

/// Drops what only follows from a syntax error; `syntax` are the places of those.
pub(super) fn suppress(program: &Program, syntax: &[Span], diagnostics: &mut Vec<Diagnostic>) {
    if syntax.is_empty() {
        return;
    }
    let broken = broken(program, syntax);
    let follows = |diagnostic: &Diagnostic| {
        let place = diagnostic.labels.first().map(|label| label.span);
        FOLLOWS.contains(&diagnostic.code) && place.is_some_and(|place| broken.iter().any(|span| inside(place, *span)))
    };
    diagnostics.retain(|diagnostic| !follows(diagnostic));
}

/// Drops that a name stands for a thing of another kind, if two things have the name.
pub(super) fn suppress_clashes(diagnostics: &mut Vec<Diagnostic>) {
    let clashes = diagnostics.iter().filter(|diagnostic| diagnostic.code == Code::DuplicateName);
    let places: Vec<Span> = clashes.flat_map(|clash| clash.labels.iter().map(|label| label.span)).collect();
    let named = |diagnostic: &Diagnostic| diagnostic.labels.iter().any(|label| places.contains(&label.span));
    diagnostics.retain(|diagnostic| diagnostic.code != Code::WrongKind || !named(diagnostic));
}

/// The smallest statements and items with an error in them.
fn broken(program: &Program, syntax: &[Span]) -> Vec<Span> {
    let statements = program.modules.iter().flat_map(|module| &module.file.statements);
    let mut spans = Vec::new();
    for statement in statements {
        let span = statement.span();
        let errors: Vec<_> = syntax.iter().filter(|error| inside(**error, span)).copied().collect();
        errors.into_iter().for_each(|error| spans.push(smallest(statement, error)));
    }
    spans
}

fn smallest(statement: &Statement, error: Span) -> Span {
    let parts: Vec<Span> = match &statement.kind {
        StatementKind::Component(component) => component.items.iter().map(|item: &Item| item.span).collect(),
        StatementKind::Overlay(overlay) => overlay
            .changes
            .iter()
            .map(|change| match &change.kind {
                ChangeKind::Add(added) => added.span,
                _ => change.span,
            })
            .collect(),
        _ => Vec::new(),
    };
    parts.into_iter().find(|part| inside(error, *part)).unwrap_or(statement.span)
}

/// A place just behind the end counts: an error often stands where something should follow.
fn inside(place: Span, span: Span) -> bool {
    place.source == span.source && place.start >= span.start && place.start <= span.end
}
