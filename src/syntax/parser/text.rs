//! Texts and what they interpolate.

use super::expression::expression;
use super::input::{Braces, Context, Input, Layout};
use super::part::{absent, any, node, token};
use super::{Parsed, Piece, body, problem, recovery};
use crate::syntax::token::SyntaxKind;

/// A text in one or three quotes.
pub(super) fn text(input: Input<'_>) -> Parsed<'_> {
    let (mut rest, start) = token(SyntaxKind::StringStart)(input)?;
    let mut pieces = vec![start];
    loop {
        match rest.token().kind {
            SyntaxKind::StringText => pieces.push(Piece::Token),
            SyntaxKind::InterpolationStart => {
                let (next, piece, closed) = interpolation(rest, input)?;
                pieces.push(piece);
                rest = next;
                match closed {
                    true => continue,
                    false => break,
                }
            }
            SyntaxKind::StringEnd => {
                pieces.push(Piece::Token);
                rest = rest.advance();
                break;
            }
            _ => {
                pieces.push(problem::unterminated(input.span(), input.text_at(0)));
                break;
            }
        }
        rest = rest.advance();
    }
    Ok((rest, Piece::node(SyntaxKind::TextExpr, pieces)))
}

type Interpolated<'a> = Result<(Input<'a>, Piece, bool), nom::Err<()>>;

/// `${ value }` of the text that begins at `text`, and whether it is closed.
fn interpolation<'a>(input: Input<'a>, text: Input<'a>) -> Interpolated<'a> {
    let layout = if text.text_at(0) == "\"" { Layout::Lines } else { Layout::Free };
    let open = input.context.open.with(SyntaxKind::InterpolationEnd);
    let context = Context { layout, braces: Braces::Record, open, ..input.context };
    let (rest, value) = expression(input.within(context).advance())?;
    let (rest, end, closed) = end(rest, input)?;
    let piece = Piece::node(SyntaxKind::Interpolation, vec![Piece::Token, value, end]);
    Ok((rest.within(input.context), piece, closed))
}

fn end<'a>(input: Input<'a>, open: Input<'a>) -> Interpolated<'a> {
    if input.token().kind == SyntaxKind::InterpolationEnd {
        return any(input).map(|(rest, piece)| (rest, piece, true));
    }
    let wrong = match input.kind() {
        SyntaxKind::LineEnd | SyntaxKind::End => problem::unclosed(&input, open.span(), "${", "}"),
        _ => problem::expected(&input, "`}`"),
    };
    let (rest, skipped) = if input.breaks() { (input, Piece::Nothing) } else { recovery::statement(input) };
    let closed = rest.token().kind == SyntaxKind::InterpolationEnd;
    let (rest, end) = if closed { any(rest)? } else { (rest, Piece::Nothing) };
    Ok((rest, Piece::Group(vec![wrong, skipped, end]), closed || rest.token().kind == SyntaxKind::StringText))
}

/// A text, or absent.
pub(super) fn plain(input: Input<'_>) -> Parsed<'_> {
    match input.kind() {
        SyntaxKind::StringStart => text(input),
        SyntaxKind::SingleQuoted => node(input, SyntaxKind::LiteralExpr, &[&body::single_quoted]),
        _ => absent(),
    }
}
