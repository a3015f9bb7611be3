//! Expressions: operators, by precedence climbing.

use super::input::Input;
use super::list::{self, VALUES};
use super::part::{any, group, name};
use super::primary::primary;
use super::{MAX_CHAIN, MAX_DEPTH, Parsed, Piece, problem, recovery};
use crate::syntax::token::SyntaxKind;

/// A value. What is no value is reported.
pub(super) fn expression(input: Input<'_>) -> Parsed<'_> {
    if input.context.depth >= MAX_DEPTH {
        return too_deep(input);
    }
    let (rest, piece) = binary(input.deeper(), 0)?;
    Ok((rest.within(input.context), piece))
}

fn too_deep(input: Input<'_>) -> Parsed<'_> {
    let wrong = problem::too_deep(&input);
    let (rest, skipped) = recovery::element(input);
    Ok((rest, Piece::Group(vec![wrong, skipped])))
}

fn too_long(input: Input<'_>) -> (Input<'_>, Piece) {
    let wrong = problem::too_long(&input);
    let (rest, skipped) = recovery::element(input);
    (rest, Piece::Group(vec![wrong, skipped]))
}

fn after<'a>(left: Piece, (rest, right): (Input<'a>, Piece)) -> Parsed<'a> {
    Ok((rest, Piece::Group(vec![left, right])))
}

/// Operators that bind at least as tightly as `floor`.
fn binary(input: Input<'_>, floor: u8) -> Parsed<'_> {
    let (mut input, mut left) = unary(input)?;
    while let Some(power) = power(&input).filter(|&power| power >= floor) {
        if left.height() >= MAX_CHAIN {
            return after(left, too_long(input));
        }
        let (rest, operator) = any(input)?;
        let (rest, right) = binary(rest.join(), power + 1)?;
        left = Piece::node(SyntaxKind::BinaryExpr, vec![left, operator, right]);
        input = rest;
    }
    Ok((input, left))
}

/// How tightly the operator here binds. Only some operators may begin a line.
fn power(input: &Input) -> Option<u8> {
    let kind = input.token().kind;
    match kind {
        SyntaxKind::QuestionQuestion => Some(0),
        SyntaxKind::OrOr => Some(1),
        SyntaxKind::AndAnd => Some(2),
        _ if input.breaks() => None,
        SyntaxKind::EqualEqual | SyntaxKind::NotEqual => Some(3),
        SyntaxKind::Less | SyntaxKind::LessEqual | SyntaxKind::Greater | SyntaxKind::GreaterEqual => Some(4),
        SyntaxKind::Ident if input.text_at(0) == "in" => Some(4),
        SyntaxKind::Plus | SyntaxKind::Minus | SyntaxKind::Ampersand => Some(5),
        SyntaxKind::Star | SyntaxKind::Slash | SyntaxKind::Remainder => Some(6),
        _ => None,
    }
}

fn unary(input: Input<'_>) -> Parsed<'_> {
    if !matches!(input.kind(), SyntaxKind::Bang | SyntaxKind::Minus) {
        return postfix(input);
    }
    if input.context.depth >= MAX_DEPTH {
        return too_deep(input);
    }
    let (rest, value) = unary(input.deeper().advance())?;
    Ok((rest.within(input.context), Piece::node(SyntaxKind::UnaryExpr, vec![Piece::Token, value])))
}

/// `.field`, `?.field` and `[index]` after a value.
fn postfix(input: Input<'_>) -> Parsed<'_> {
    let (mut input, mut value) = primary(input)?;
    while let Some((kind, suffix)) = suffix(&input) {
        if value.height() >= MAX_CHAIN {
            return after(value, too_long(input));
        }
        let (rest, piece) = suffix(input)?;
        value = Piece::node(kind, vec![value, piece]);
        input = rest;
    }
    Ok((input, value))
}

type Suffix = for<'a> fn(Input<'a>) -> Parsed<'a>;

fn suffix(input: &Input) -> Option<(SyntaxKind, Suffix)> {
    match input.kind() {
        SyntaxKind::Dot | SyntaxKind::QuestionDot => Some((SyntaxKind::FieldExpr, member)),
        SyntaxKind::LeftBracket if input.touches() => Some((SyntaxKind::IndexExpr, index)),
        _ => None,
    }
}

fn member(input: Input<'_>) -> Parsed<'_> {
    group(input, &[&any, &field])
}

fn field(input: Input<'_>) -> Parsed<'_> {
    match input.kind() {
        SyntaxKind::Int => {
            let help = format!("an element is taken with `[{}]`", input.text_at(0));
            group(input, &[&|input| Ok((input, problem::expected_with(&input, "the name of a field", &help))), &any])
        }
        _ => name("the name of a field")(input),
    }
}

fn index(input: Input<'_>) -> Parsed<'_> {
    list::single(input, VALUES, expression)
}
