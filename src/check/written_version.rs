//! The versions that a model writes, wherever they are.

use crate::facts::Range;
use crate::facts::lifespan::parse;
use crate::syntax::ast::{ExprKind, Literal, Version};
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::SyntaxNode;

use super::Program;

/// Whether one of them may be of what a table is about, and later than it covers.
pub(super) fn is_beyond(program: &Program, range: &Range) -> bool {
    let through = range.known_through;
    let is_later = |version: Version| version.major == through.major && version.minor > through.minor;
    let of_files = program.own_modules().flat_map(|(_, module)| {
        let root = SyntaxNode::new_root(module.tree.clone());
        let tokens = root.descendants_with_tokens().filter_map(|element| element.into_token());
        // `1.34` may be a number or a version.
        let versions = tokens.filter(|token| matches!(token.kind(), SyntaxKind::Version | SyntaxKind::Decimal));
        versions.filter_map(|token| parse(token.text())).collect::<Vec<_>>()
    });
    let given = program.overrides.iter().filter_map(|(_, expr)| match &expr.kind {
        ExprKind::Literal(Literal::Version(version)) => Some(*version),
        ExprKind::Literal(Literal::Decimal(text)) => parse(text),
        _ => None,
    });
    of_files.chain(given).any(is_later)
}
