//! A time as the language writes it: `8h`, `30d`.

use crate::syntax::ast::Literal;
use crate::syntax::lexer::lex;
use crate::syntax::lower::literal;
use crate::syntax::token::SyntaxKind;

/// Seconds of an argument.
///
/// # Errors
/// What would be one.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    let wrong = || "expected a duration, as in `8h`, `30d` or `1h30m`".to_owned();
    let tokens = lex(text);
    let [token] = &tokens[..] else { return Err(wrong()) };
    match Some(token.kind).filter(|kind| *kind == SyntaxKind::Duration).map(|kind| literal(kind, text)) {
        Some(Ok(Literal::Duration(milliseconds))) => Ok(milliseconds / 1000),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_read_as_in_a_model() {
        assert_eq!(seconds("8h"), Ok(28_800));
        assert_eq!(seconds("1h30m"), Ok(5_400));
        for wrong in ["", "8", "8x", "h", "1m1h", "8h ", "8h 1m", "99999999999999999999d", "-1h"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
