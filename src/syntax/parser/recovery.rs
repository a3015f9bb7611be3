//! Going on after a problem.

use super::input::Input;
use super::{Parsed, Piece, keyword};
use crate::syntax::token::SyntaxKind;

/// The rest of an element: up to a comma, the end of the line, or a bracket that closes what is around it. Brackets that
/// open here are skipped with what they hold.
pub(super) fn element(input: Input<'_>) -> (Input<'_>, Piece) {
    skip(input, |token| token == SyntaxKind::Comma)
}

/// The rest of a statement: commas do not end it.
pub(super) fn statement(input: Input<'_>) -> (Input<'_>, Piece) {
    skip(input, |_| false)
}

/// The next token alone.
pub(super) fn one(input: Input<'_>) -> Parsed<'_> {
    Ok((input.advance(), Piece::node(SyntaxKind::Error, vec![Piece::Token])))
}

fn skip<'a>(mut input: Input<'a>, stops: fn(SyntaxKind) -> bool) -> (Input<'a>, Piece) {
    let mut pieces = Vec::new();
    let mut inside = Inside::default();
    while !(inside.ends(&input, pieces.is_empty()) || inside.is_nothing() && stops(input.token().kind)) {
        inside.step(input.token().kind);
        pieces.push(Piece::Token);
        input = input.advance();
    }
    (input, Piece::node(SyntaxKind::Error, pieces))
}

/// What has been opened while skipping.
#[derive(Default)]
struct Inside {
    brackets: u32,
    interpolations: u32,
    texts: u32,
}

impl Inside {
    fn is_nothing(&self) -> bool {
        self.brackets == 0 && self.interpolations == 0 && self.texts == 0
    }

    fn ends(&mut self, input: &Input, first: bool) -> bool {
        let kind = input.token().kind;
        if kind == SyntaxKind::End {
            return true;
        }
        if input.new_line() && !first {
            return self.ends_line(input);
        }
        match kind {
            SyntaxKind::InterpolationEnd => self.interpolations == 0 && input.context.open.closes(kind),
            SyntaxKind::StringText | SyntaxKind::StringEnd => self.texts == 0,
            _ => self.brackets == 0 && input.context.open.closes(kind),
        }
    }

    /// A text of one line is over at its end, closed or not.
    fn ends_line(&mut self, input: &Input) -> bool {
        (self.interpolations, self.texts) = (0, 0);
        self.brackets == 0 || keyword::leaves_body(input)
    }

    fn step(&mut self, kind: SyntaxKind) {
        match kind {
            SyntaxKind::InterpolationStart => self.interpolations += 1,
            SyntaxKind::InterpolationEnd => self.interpolations = self.interpolations.saturating_sub(1),
            SyntaxKind::StringStart => self.texts += 1,
            SyntaxKind::StringEnd => self.texts = self.texts.saturating_sub(1),
            kind if kind.opens() => self.brackets += 1,
            kind if kind.closes() => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
    }
}
