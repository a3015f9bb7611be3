//! Elements between brackets, and what separates them.

use super::input::{Braces, Context, Input, Layout};
use super::part::{any, token};
use super::{Parsed, Piece, problem, recovery};
use crate::syntax::token::SyntaxKind;

/// How a list of elements is written.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub open: SyntaxKind,
    pub close: SyntaxKind,
    pub layout: Layout,
    /// Said when an element does not end.
    pub separator: &'static str,
    /// Whether the bracket was forgotten, seen by what follows on a new line.
    pub leaves: fn(&Input) -> bool,
}

/// Fields between braces.
pub(super) const FIELDS: Shape = Shape {
    open: SyntaxKind::LeftBrace,
    close: SyntaxKind::RightBrace,
    layout: Layout::Lines,
    separator: "a newline or `,`",
    leaves: super::keyword::leaves_body,
};

/// Items or changes between braces.
pub(super) const BLOCK: Shape = Shape { leaves: super::keyword::leaves_block, ..FIELDS };

/// Names between braces.
pub(super) const NAMES: Shape = Shape { leaves: |_| false, ..FIELDS };

/// Values between brackets.
pub(super) const VALUES: Shape = Shape {
    open: SyntaxKind::LeftBracket,
    close: SyntaxKind::RightBracket,
    layout: Layout::Free,
    separator: "`,` or `]`",
    leaves: |input| super::keyword::leaves_body(input) || super::keyword::field_follows(input),
};

/// Arguments between parentheses.
pub(super) const ARGUMENTS: Shape =
    Shape { open: SyntaxKind::LeftParen, close: SyntaxKind::RightParen, separator: "`,` or `)`", ..VALUES };

/// The brackets and what they hold; absent without the opening one.
pub(super) fn delimited<'a>(input: Input<'a>, shape: Shape, inner: impl Fn(Input<'a>) -> Parsed<'a>) -> Parsed<'a> {
    let (inside, open) = token(shape.open)(input)?;
    let context = Context {
        layout: shape.layout,
        braces: Braces::Record,
        open: input.context.open.with(shape.close),
        ..input.context
    };
    let (rest, pieces) = inner(inside.within(context).join())?;
    let rest = rest.within(input.context);
    let reported = pieces.is_wrong_at_top() && input.is_line_to(&rest);
    let (rest, close) = close(rest, input, shape)?;
    let close = if reported { close.silent() } else { close };
    Ok((rest, Piece::Group(vec![open, pieces, close])))
}

fn close<'a>(input: Input<'a>, open: Input<'a>, shape: Shape) -> Parsed<'a> {
    if input.token().kind == shape.close {
        return any(input);
    }
    let closer = shape.close.describe().trim_matches('`');
    Ok((input, problem::unclosed(&input, open.span(), open.text_at(0), closer)))
}

/// The brackets and one thing in them.
pub(super) fn single<'a>(input: Input<'a>, shape: Shape, inner: impl Fn(Input<'a>) -> Parsed<'a>) -> Parsed<'a> {
    delimited(input, shape, |inside| {
        let (rest, piece) = inner(inside)?;
        if at_end(&rest, shape) || rest.new_line() {
            return Ok((rest, piece));
        }
        let wrong = problem::expected(&rest, shape.close.describe());
        let (rest, skipped) = recovery::statement(rest);
        Ok((rest, Piece::Group(vec![piece, wrong, skipped])))
    })
}

/// Elements up to a bracket that closes something.
pub(super) fn elements<'a>(input: Input<'a>, shape: Shape, element: impl Fn(Input<'a>) -> Parsed<'a>) -> Parsed<'a> {
    let mut pieces = Vec::new();
    let mut input = input.join();
    while let Some((rest, piece)) = separated(input, shape, &element)? {
        pieces.push(piece);
        input = rest;
    }
    Ok((input, Piece::Group(pieces)))
}

/// One element with what separates it from the next; none at the end.
pub(super) fn separated<'a>(
    input: Input<'a>,
    shape: Shape,
    element: impl Fn(Input<'a>) -> Parsed<'a>,
) -> Result<Option<(Input<'a>, Piece)>, nom::Err<()>> {
    if at_end(&input, shape) {
        return Ok(None);
    }
    let (rest, piece) = one(input, &element)?;
    let reported = input.is_line_to(&rest) && piece.is_wrong();
    let (rest, separator) = if reported { resume(rest, shape)? } else { separator(rest, shape)? };
    Ok(Some((rest.join(), Piece::Group(vec![piece, separator]))))
}

fn at_end(input: &Input, shape: Shape) -> bool {
    let kind = input.token().kind;
    kind == SyntaxKind::End || input.context.open.closes(kind) || (input.new_line() && (shape.leaves)(input))
}

/// One element; what is none is reported and skipped.
fn one<'a>(input: Input<'a>, element: impl Fn(Input<'a>) -> Parsed<'a>) -> Parsed<'a> {
    if closes(input.token().kind) {
        return after(problem::closes_nothing(&input), recovery::one(input)?);
    }
    let (rest, piece) = element(input)?;
    if !rest.is_at(&input) {
        return Ok((rest, piece));
    }
    let (rest, skipped) = recovery::element(input);
    if rest.is_at(&input) { after(piece, recovery::one(input)?) } else { after(piece, (rest, skipped)) }
}

fn after<'a>(first: Piece, (rest, second): (Input<'a>, Piece)) -> Parsed<'a> {
    Ok((rest, Piece::Group(vec![first, second])))
}

fn closes(kind: SyntaxKind) -> bool {
    kind.closes() || kind == SyntaxKind::InterpolationEnd
}

/// What ends an element: a comma, a newline, or the closing bracket.
fn separator<'a>(input: Input<'a>, shape: Shape) -> Parsed<'a> {
    match input.kind() {
        SyntaxKind::Comma => any(input),
        SyntaxKind::LineEnd | SyntaxKind::End => Ok((input, Piece::Nothing)),
        kind if input.context.open.closes(kind) => Ok((input, Piece::Nothing)),
        _ if input.new_line() && (shape.close != SyntaxKind::RightParen || (shape.leaves)(&input)) => {
            Ok((input, Piece::Nothing))
        }
        _ => missing(input, shape),
    }
}

/// After an element on one line that has a problem: what is left of it is not reported again.
fn resume<'a>(input: Input<'a>, shape: Shape) -> Parsed<'a> {
    let (rest, piece) = separator(input, shape)?;
    Ok((rest, piece.silent()))
}

fn missing<'a>(input: Input<'a>, shape: Shape) -> Parsed<'a> {
    if closes(input.kind()) {
        return after(problem::closes_nothing(&input), recovery::one(input)?);
    }
    let wrong = problem::expected(&input, shape.separator);
    let (rest, skipped) = match input.kind() {
        SyntaxKind::Semicolon => any(input)?,
        _ if input.new_line() => (input, Piece::Nothing),
        _ => recovery::element(input),
    };
    let (rest, comma) = token(SyntaxKind::Comma)(rest).unwrap_or((rest, Piece::Nothing));
    Ok((rest, Piece::Group(vec![wrong, skipped, comma])))
}
