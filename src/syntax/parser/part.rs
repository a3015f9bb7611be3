//! The parts that rules are made of.

use nom::Parser;
use nom::combinator::opt;

use super::input::{Context, Input};
use super::{Parsed, Piece, problem};
use crate::syntax::token::SyntaxKind;

/// A rule as a part of another.
pub(super) type PartParser<'p, 'a> = &'p dyn Fn(Input<'a>) -> Parsed<'a>;

/// This rule is not here.
pub(super) fn absent<'a>() -> Parsed<'a> {
    Err(nom::Err::Error(()))
}

/// One part after the other; absent if one of them is.
pub(super) fn sequence<'a>(
    mut input: Input<'a>,
    parts: &[PartParser<'_, 'a>],
) -> nom::IResult<Input<'a>, Vec<Piece>, ()> {
    let mut pieces = Vec::with_capacity(parts.len());
    for part in parts {
        let (rest, piece) = part(input)?;
        pieces.push(piece);
        input = rest;
    }
    Ok((input, pieces))
}

/// A node of one part after the other.
pub(super) fn node<'a>(input: Input<'a>, kind: SyntaxKind, parts: &[PartParser<'_, 'a>]) -> Parsed<'a> {
    let (rest, pieces) = sequence(input, parts)?;
    Ok((rest, Piece::node(kind, pieces)))
}

/// One part after the other, in the node around them.
pub(super) fn group<'a>(input: Input<'a>, parts: &[PartParser<'_, 'a>]) -> Parsed<'a> {
    let (rest, pieces) = sequence(input, parts)?;
    Ok((rest, Piece::Group(pieces)))
}

/// The part, or nothing.
pub(super) fn optional<'a>(part: impl Fn(Input<'a>) -> Parsed<'a>) -> impl Fn(Input<'a>) -> Parsed<'a> {
    move |input| opt(&part).map(|piece| piece.unwrap_or(Piece::Nothing)).parse(input)
}

/// The next token, whatever it is.
pub(super) fn any<'a>(input: Input<'a>) -> Parsed<'a> {
    Ok((input.advance(), Piece::Token))
}

/// A token of this kind.
pub(super) fn token<'a>(kind: SyntaxKind) -> impl Fn(Input<'a>) -> Parsed<'a> {
    move |input| if input.kind() == kind { any(input) } else { absent() }
}

/// A token of this kind that touches the one before it.
pub(super) fn touching<'a>(kind: SyntaxKind) -> impl Fn(Input<'a>) -> Parsed<'a> {
    move |input| if input.touches() { token(kind)(input) } else { absent() }
}

/// A token of this kind after which the line may end.
pub(super) fn joint<'a>(kind: SyntaxKind) -> impl Fn(Input<'a>) -> Parsed<'a> {
    move |input| token(kind)(input).map(|(rest, piece)| (rest.join(), piece))
}

/// The next word as a keyword.
pub(super) fn word(input: Input<'_>) -> Parsed<'_> {
    if input.kind() == SyntaxKind::Ident { Ok((input.advance(), Piece::Keyword)) } else { absent() }
}

/// This word as a keyword.
pub(super) fn keyword<'a>(text: &'static str) -> impl Fn(Input<'a>) -> Parsed<'a> {
    move |input| if input.word() == text { word(input) } else { absent() }
}

/// The part, or a problem that says what is expected.
pub(super) fn need<'a>(what: &'static str, part: impl Fn(Input<'a>) -> Parsed<'a>) -> impl Fn(Input<'a>) -> Parsed<'a> {
    move |input| part(input).or_else(|_| Ok((input, problem::expected(&input, what))))
}

/// A name, or a problem that says of what.
pub(super) fn name<'a>(what: &'static str) -> impl Fn(Input<'a>) -> Parsed<'a> {
    move |input| match input.kind() {
        SyntaxKind::Ident => any(input),
        _ => Ok((input, problem::expected(&input, what))),
    }
}

/// The part, read in another context.
pub(super) fn within<'a>(input: Input<'a>, context: Context, part: impl Fn(Input<'a>) -> Parsed<'a>) -> Parsed<'a> {
    part(input.within(context)).map(|(rest, piece)| (rest.within(input.context), piece))
}
