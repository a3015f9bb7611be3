//! Types.

use super::input::Input;
use super::list::{self, FIELDS};
use super::part::{absent, any, group, joint, keyword, name, need, node, optional, token, word};
use super::{MAX_DEPTH, Parsed, Piece, problem, recovery, text};
use crate::syntax::token::SyntaxKind;

/// `: type`, or a problem.
pub(super) fn annotation(input: Input<'_>) -> Parsed<'_> {
    group(input, &[&need("`:` and a type", joint(SyntaxKind::Colon)), &after_colon])
}

/// A type, unless its colon was missing and has been reported.
fn after_colon(input: Input<'_>) -> Parsed<'_> {
    match input.kind() {
        SyntaxKind::Equals | SyntaxKind::LineEnd | SyntaxKind::Comma => {
            Ok((input, problem::expected(&input, "a type")))
        }
        _ => ty(input),
    }
}

/// A type, or a problem.
pub(super) fn ty(input: Input<'_>) -> Parsed<'_> {
    if input.context.depth >= MAX_DEPTH {
        let (rest, skipped) = recovery::element(input);
        return Ok((rest, Piece::Group(vec![problem::too_deep(&input), skipped])));
    }
    let (rest, piece) = need("a type", union)(input.deeper())?;
    Ok((rest.within(input.context), piece))
}

fn union(input: Input<'_>) -> Parsed<'_> {
    let (mut rest, first) = suffixed(input)?;
    let mut pieces = vec![first];
    while rest.kind() == SyntaxKind::Pipe {
        let (next, piece) = group(rest, &[&joint(SyntaxKind::Pipe), &need("a type", suffixed)])?;
        pieces.push(piece);
        rest = next;
    }
    match pieces.len() {
        1 => Ok((rest, Piece::Group(pieces))),
        _ => Ok((rest, Piece::node(SyntaxKind::UnionType, pieces))),
    }
}

fn suffixed(input: Input<'_>) -> Parsed<'_> {
    let (rest, piece) = primary(input)?;
    match rest.kind() {
        SyntaxKind::Question => Ok((rest.advance(), Piece::node(SyntaxKind::OptionalType, vec![piece, Piece::Token]))),
        _ => Ok((rest, piece)),
    }
}

fn primary(input: Input<'_>) -> Parsed<'_> {
    match input.kind() {
        SyntaxKind::StringStart => node(input, SyntaxKind::TextType, &[&text::text]),
        SyntaxKind::LeftBrace => node(input, SyntaxKind::RecordType, &[&record]),
        SyntaxKind::Ident if input.word() == "component" => component(input),
        SyntaxKind::Ident => named(input),
        _ => absent(),
    }
}

fn component(input: Input<'_>) -> Parsed<'_> {
    let provides = |input| group(input, &[&keyword("provides"), &name("an interface")]);
    node(input, SyntaxKind::ComponentType, &[&word, &optional(provides)])
}

fn named(input: Input<'_>) -> Parsed<'_> {
    let argument = |input| group(input, &[&token(SyntaxKind::Less), &ty, &need("`>`", token(SyntaxKind::Greater))]);
    match input.advance().kind() {
        SyntaxKind::Less => node(input, SyntaxKind::GenericType, &[&any, &argument]),
        _ => node(input, SyntaxKind::NameType, &[&any]),
    }
}

fn record(input: Input<'_>) -> Parsed<'_> {
    list::delimited(input, FIELDS, |input| list::elements(input, FIELDS, field))
}

fn field(input: Input<'_>) -> Parsed<'_> {
    node(
        input,
        SyntaxKind::TypeField,
        &[&name("the name of a field"), &optional(token(SyntaxKind::Question)), &annotation],
    )
}
