//! Expressions that begin with themselves: literals, names, calls, lists, records.

use super::expression::expression;
use super::input::{Braces, Input};
use super::keyword::{RESERVED, field_follows, leaves_body};
use super::list::{self, ARGUMENTS, FIELDS, VALUES};
use super::part::{absent, any, group, keyword, need, node, optional, word};
use super::{Parsed, body, each, problem, text};
use crate::syntax::token::SyntaxKind;

/// A value without operators, or a problem.
pub(super) fn primary(input: Input<'_>) -> Parsed<'_> {
    if input.new_line() && (field_follows(&input) || leaves_body(&input)) {
        return Ok((input, problem::expected(&input.part(), "a value")));
    }
    need("a value", value)(input)
}

fn value(input: Input<'_>) -> Parsed<'_> {
    match input.kind() {
        SyntaxKind::Ident => named(input),
        SyntaxKind::StringStart => text::text(input),
        SyntaxKind::ParamName => node(input, SyntaxKind::NameExpr, &[&any]),
        SyntaxKind::SingleQuoted => node(input, SyntaxKind::LiteralExpr, &[&body::single_quoted]),
        SyntaxKind::LeftParen => parentheses(input),
        SyntaxKind::LeftBracket => values(input),
        SyntaxKind::LeftBrace if input.context.braces == Braces::Record => {
            node(input, SyntaxKind::RecordExpr, &[&record])
        }
        kind if kind.is_literal() => node(input, SyntaxKind::LiteralExpr, &[&any]),
        _ => absent(),
    }
}

/// What begins with a word.
fn named(input: Input<'_>) -> Parsed<'_> {
    match input.word() {
        "if" => choice(input),
        "true" | "false" | "none" => node(input, SyntaxKind::LiteralExpr, &[&word]),
        "cert" if names_certificate(&input) => node(input, SyntaxKind::CertExpr, &[&word, &any]),
        reserved if RESERVED.contains(&reserved) => absent(),
        _ => name(input),
    }
}

/// Whether the name of a certificate follows `cert` on its line.
fn names_certificate(input: &Input) -> bool {
    let name = input.advance().word();
    !name.is_empty() && !input.advance().new_line() && !RESERVED.contains(&name)
}

/// A name, a call of a function, or a set of flags.
fn name(input: Input<'_>) -> Parsed<'_> {
    let after = input.advance();
    match after.kind() {
        SyntaxKind::LeftParen if after.touches() => node(input, SyntaxKind::CallExpr, &[&any, &arguments]),
        SyntaxKind::LeftBrace if after.context.braces == Braces::Record && !after.new_line() => {
            node(input, SyntaxKind::RecordExpr, &[&any, &record])
        }
        _ => node(input, SyntaxKind::NameExpr, &[&any]),
    }
}

fn arguments(input: Input<'_>) -> Parsed<'_> {
    list::delimited(input, ARGUMENTS, |input| list::elements(input, ARGUMENTS, expression))
}

fn parentheses(input: Input<'_>) -> Parsed<'_> {
    node(input, SyntaxKind::ParenExpr, &[&|input| list::single(input, ARGUMENTS, expression)])
}

/// A list, also one made by a loop.
fn values(input: Input<'_>) -> Parsed<'_> {
    let element = |input| group(input, &[&expression, &optional(each::filtered)]);
    node(
        input,
        SyntaxKind::ListExpr,
        &[&|input| list::delimited(input, VALUES, |i| list::elements(i, VALUES, element))],
    )
}

/// A record, also one made by a loop.
fn record(input: Input<'_>) -> Parsed<'_> {
    let element = |input| group(input, &[&body::field, &optional(each::filtered)]);
    list::delimited(input, FIELDS, |input| list::elements(input, FIELDS, element))
}

/// `if c then a else b`; `then` and `else` may begin a line.
fn choice(input: Input<'_>) -> Parsed<'_> {
    let then = |input| group(input, &[&need("`then`", clause("then")), &expression]);
    let otherwise = |input| group(input, &[&clause("else"), &expression]);
    node(input, SyntaxKind::IfExpr, &[&word, &expression, &then, &optional(otherwise)])
}

/// The word, also on the next line unless it is a field there.
fn clause<'a>(text: &'static str) -> impl Fn(Input<'a>) -> Parsed<'a> {
    move |input| match input.breaks() && matches!(input.ahead(1).kind, SyntaxKind::Equals | SyntaxKind::Question) {
        true => absent(),
        false => keyword(text)(input.join()).map(|(rest, piece)| (rest.join(), piece)),
    }
}
