//! Texts with interpolations.

use super::expr::Typer;
use crate::check::mismatch;
use crate::check::ty::Ty;
use crate::syntax::ast::{Expr, Text, TextPart};

impl<'p> Typer<'_, 'p> {
    /// The type of a text: a string, and secret if anything in it is.
    pub fn text(&mut self, text: &'p Text) -> Ty {
        if let Some(plain) = text.plain() {
            return Ty::Text(plain);
        }
        let mut secret = false;
        for part in &text.parts {
            if let TextPart::Expr(expr) = part {
                secret |= self.piece(expr);
            }
        }
        if secret { Ty::secret(Ty::String) } else { Ty::String }
    }

    fn piece(&mut self, expr: &'p Expr) -> bool {
        let found = self.check_unplaced(|typer| typer.infer(expr));
        if !found.is_scalar() {
            let diagnostic = mismatch::piece(expr.span, &found);
            self.checker.report(diagnostic);
        }
        found.is_secret()
    }

    /// A text where a path is expected.
    pub fn path_text(&mut self, text: &'p Text, expected: &Ty) -> Ty {
        let found = self.text(text);
        let start = match text.parts.first() {
            Some(TextPart::Text(start)) => start.starts_with('/'),
            Some(TextPart::Expr(_)) => true,
            None => false,
        };
        if !start {
            let diagnostic = mismatch::relative_path(text.span);
            self.checker.report(diagnostic);
            return Ty::Error;
        }
        match found.is_secret() {
            true => self.require(text.span, found, expected),
            false => Ty::Path,
        }
    }
}
