//! Bodies and their fields.

use super::expression::expression;
use super::input::Input;
use super::list::{self, FIELDS};
use super::part::{any, group, joint, need, node, optional, token};
use super::{Parsed, Piece, problem, recovery, text};
use crate::diag::{Code, Diagnostic, Fix};
use crate::source::Span;
use crate::syntax::token::SyntaxKind;

/// `{ fields }`, or nothing.
pub(super) fn body(input: Input<'_>) -> Parsed<'_> {
    with(input, field)
}

/// A body whose elements are read by another rule.
pub(super) fn with<'a>(input: Input<'a>, element: fn(Input<'a>) -> Parsed<'a>) -> Parsed<'a> {
    match (input.kind(), input.token().kind) {
        (SyntaxKind::LeftBrace, _) => braces(input, element),
        (SyntaxKind::LineEnd, SyntaxKind::LeftBrace) => on_next_line(input, element),
        _ => Ok((input, Piece::Nothing)),
    }
}

fn braces<'a>(input: Input<'a>, element: fn(Input<'a>) -> Parsed<'a>) -> Parsed<'a> {
    node(input, SyntaxKind::Body, &[&|input| list::delimited(input, FIELDS, |i| list::elements(i, FIELDS, element))])
}

fn on_next_line<'a>(input: Input<'a>, element: fn(Input<'a>) -> Parsed<'a>) -> Parsed<'a> {
    let input = input.join();
    let wrong = problem::unexpected(&input, "a body begins on the line it belongs to")
        .help("move the `{` to the end of the line before");
    let (rest, body) = braces(input, element)?;
    Ok((rest, Piece::Group(vec![Piece::wrong(wrong), body])))
}

/// `key = value`.
pub(super) fn field(input: Input<'_>) -> Parsed<'_> {
    let parts = |input| node(input, SyntaxKind::Field, &[&key, &optional(token(SyntaxKind::Question)), &assignment]);
    need("a field", parts)(input)
}

fn key(input: Input<'_>) -> Parsed<'_> {
    match input.kind() {
        SyntaxKind::Ident => any(input),
        SyntaxKind::StringStart => text::text(input),
        kind if kind.is_literal() => group(input, &[&bad_key, &any]),
        _ => super::part::absent(),
    }
}

fn bad_key(input: Input<'_>) -> Parsed<'_> {
    let word = input.text_at(0).trim_matches('\'');
    let wrong = problem::unexpected(&input, format!("`{}` is not a valid field name", input.text_at(0)))
        .help(format!("put it in quotes: `\"{word}\"`"))
        .safe_fix(input.span(), format!("\"{word}\""), "quote the key");
    Ok((input, Piece::wrong(wrong)))
}

/// `= value`, also as people of other languages write it.
pub(super) fn assignment(input: Input<'_>) -> Parsed<'_> {
    match input.kind() {
        SyntaxKind::Equals => group(input, &[&joint(SyntaxKind::Equals), &expression]),
        SyntaxKind::Colon | SyntaxKind::EqualEqual => group(input, &[&foreign, &expression]),
        SyntaxKind::Dot => group(input, &[&dots, &after_dots]),
        _ => missing(input),
    }
}

/// `:` or `==` where `=` is meant.
fn foreign(input: Input<'_>) -> Parsed<'_> {
    let space = |touches| if touches { " " } else { "" };
    let sign = format!("{}={}", space(input.touches()), space(input.advance().touches()));
    let wrong = problem::unexpected(&input, format!("expected `=`, found {}", input.kind().describe()))
        .help("a field is written `name = value`")
        .safe_fix(input.span(), sign, "write `=`");
    let (rest, token) = any(input)?;
    Ok((rest.join(), Piece::Group(vec![Piece::wrong(wrong), token])))
}

/// The rest of a dotted key, which only `set` and `needs sysctl` have.
fn dots(input: Input<'_>) -> Parsed<'_> {
    let wrong = problem::unexpected(&input, "the name of a field has no dots")
        .help("put the whole name in quotes, or write a record: `a = { b = 1 }`");
    let mut pieces = vec![];
    let mut rest = input;
    while matches!(rest.kind(), SyntaxKind::Dot | SyntaxKind::Ident) {
        pieces.push(Piece::Token);
        rest = rest.advance();
    }
    Ok((rest, Piece::Group(vec![Piece::wrong(wrong), Piece::node(SyntaxKind::Error, pieces)])))
}

fn after_dots(input: Input<'_>) -> Parsed<'_> {
    if input.kind() == SyntaxKind::Dot { Ok((input, Piece::Nothing)) } else { assignment(input) }
}

/// No `=`: the value may be there all the same.
fn missing(input: Input<'_>) -> Parsed<'_> {
    let wrong = problem::expected_with(&input, "`=`", "a field is written `name = value`");
    let (rest, value) = match input.kind() {
        SyntaxKind::Ident | SyntaxKind::StringStart | SyntaxKind::LeftBrace | SyntaxKind::LeftBracket => {
            expression(input)?
        }
        kind if kind.is_literal() && kind != SyntaxKind::Path => expression(input)?,
        SyntaxKind::LineEnd | SyntaxKind::End | SyntaxKind::Comma => (input, Piece::Nothing),
        _ => recovery::element(input),
    };
    Ok((rest, Piece::Group(vec![wrong, value])))
}

/// Text in single quotes, taken as if in double ones.
pub(super) fn single_quoted(input: Input<'_>) -> Parsed<'_> {
    let inside = input.text_at(0).trim_matches('\'');
    let wrong = Diagnostic::new(Code::InvalidLiteral, input.span(), "text is written in double quotes")
        .help(format!("write `\"{inside}\"`"))
        .with_fix(requote(input.span(), inside));
    let (rest, token) = any(input)?;
    Ok((rest, Piece::Group(vec![Piece::wrong(wrong), token])))
}

/// The same text in double quotes; what means something else between those is for a person to look at.
fn requote(place: Span, inside: &str) -> Fix {
    let title = "use double quotes";
    let fix = if inside.contains(['"', '\\', '$']) { Fix::guess(title) } else { Fix::safe(title) };
    fix.edit(place, format!("\"{}\"", inside.replace('"', "\\\"")))
}
