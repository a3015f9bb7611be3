//! Overlays: `set`, `add` and `drop`.

use nom::Parser;
use nom::branch::alt;

use super::input::Input;
use super::keyword::CHANGES;
use super::list::{self, BLOCK};
use super::part::{group, joint, name, need, node, token, touching, word};
use super::{Parsed, Piece, body, placement, problem, recovery, statement};
use crate::syntax::token::SyntaxKind;

/// `overlay name { changes }`.
pub(super) fn overlay(input: Input<'_>) -> Parsed<'_> {
    node(input, SyntaxKind::OverlayStatement, &[&word, &name("the name of the overlay"), &need("`{`", changes)])
}

fn changes(input: Input<'_>) -> Parsed<'_> {
    node(
        input,
        SyntaxKind::Changes,
        &[&|input| list::delimited(input, BLOCK, |input| list::elements(input, BLOCK, change))],
    )
}

fn change(input: Input<'_>) -> Parsed<'_> {
    match input.word() {
        "set" => node(input, SyntaxKind::SetChange, &[&word, &dotted_name, &body::assignment]),
        "add" => node(input, SyntaxKind::AddChange, &[&word, &statement::added]),
        "drop" => alt((drop_relation, drop_name)).parse(input),
        "" => Ok((input, problem::expected_with(&input, "a change", "write `set`, `add` or `drop`"))),
        _ => unknown(input),
    }
}

fn unknown(input: Input<'_>) -> Parsed<'_> {
    let wrong = problem::unknown_word(&input, "a change", CHANGES);
    let (rest, skipped) = recovery::statement(input);
    Ok((rest, Piece::Group(vec![Piece::wrong(wrong), skipped])))
}

fn drop_relation(input: Input<'_>) -> Parsed<'_> {
    node(
        input,
        SyntaxKind::DropRelation,
        &[&word, &placement::endpoint, &joint(SyntaxKind::Arrow), &need("an endpoint", placement::endpoint)],
    )
}

fn drop_name(input: Input<'_>) -> Parsed<'_> {
    node(input, SyntaxKind::DropChange, &[&word, &dotted_name])
}

/// `a.b.c`, or a problem.
pub(super) fn dotted_name(input: Input<'_>) -> Parsed<'_> {
    need("a name", dotted)(input)
}

/// `a.b.c`, as one node.
pub(super) fn dotted(input: Input<'_>) -> Parsed<'_> {
    node(input, SyntaxKind::DottedName, &[&token(SyntaxKind::Ident), &dots])
}

fn dots(mut input: Input<'_>) -> Parsed<'_> {
    let mut pieces = Vec::new();
    while let Ok((rest, piece)) = group(input, &[&touching(SyntaxKind::Dot), &name("a name")]) {
        pieces.push(piece);
        input = rest;
    }
    Ok((input, Piece::Group(pieces)))
}
