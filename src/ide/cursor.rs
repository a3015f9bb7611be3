//! What of the syntax tree is at a place.

use rowan::TokenAtOffset;

use super::project::File;
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::{SyntaxNode, SyntaxToken, at};

/// The lossless tree of a file.
pub fn root(file: &File) -> SyntaxNode {
    let program = &file.analysis.resolved.program;
    SyntaxNode::new_root(program.module(file.module).tree.clone())
}

/// The token at a place; between two, the one that says more.
pub fn token(file: &File, offset: u32) -> Option<SyntaxToken> {
    token_in(&root(file), offset)
}

/// The same in a tree.
pub fn token_in(root: &SyntaxNode, offset: u32) -> Option<SyntaxToken> {
    match at(root, offset) {
        TokenAtOffset::None => None,
        TokenAtOffset::Single(token) => Some(token),
        TokenAtOffset::Between(left, right) => Some(if rank(left.kind()) >= rank(right.kind()) { left } else { right }),
    }
}

fn rank(kind: SyntaxKind) -> u8 {
    match kind {
        SyntaxKind::Ident | SyntaxKind::ParamName => 4,
        kind if kind.is_literal() => 3,
        SyntaxKind::Keyword | SyntaxKind::StringText => 2,
        kind if kind.is_trivia() => 0,
        _ => 1,
    }
}
