//! Where no space is written between two tokens.

use crate::syntax::token::SyntaxKind;

/// Whether a token touches the one before it.
pub(super) fn glues_before(parent: SyntaxKind, kind: SyntaxKind) -> bool {
    use SyntaxKind as K;
    match kind {
        K::Comma | K::RightParen | K::RightBracket | K::Dot | K::QuestionDot | K::DotDot | K::Colon | K::Question => {
            true
        }
        K::LeftParen => parent == K::CallExpr,
        K::LeftBracket => matches!(parent, K::IndexExpr | K::Count | K::Selector),
        K::Less | K::Greater => parent == K::GenericType,
        K::Star => parent == K::EndpointItem,
        K::Path => parent == K::DottedName,
        _ => false,
    }
}

/// Whether the token after this one touches it.
pub(super) fn glues_after(parent: SyntaxKind, kind: SyntaxKind) -> bool {
    use SyntaxKind as K;
    match kind {
        K::LeftParen | K::LeftBracket | K::Dot | K::QuestionDot | K::DotDot | K::Bang => true,
        K::Minus => parent == K::UnaryExpr,
        K::Less => parent == K::GenericType,
        _ => false,
    }
}

/// Whether two tokens would be one: `/etc .x` is not the path `/etc.x`, and `.. /etc` not the relative path `../etc`.
pub(super) fn merges(last: Option<SyntaxKind>, kind: SyntaxKind) -> bool {
    match (last, kind) {
        (Some(last), SyntaxKind::Dot | SyntaxKind::DotDot) => last.is_literal() && last != SyntaxKind::Int,
        (last, SyntaxKind::Path) => last == Some(SyntaxKind::DotDot),
        _ => false,
    }
}
