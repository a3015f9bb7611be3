//! The lossless syntax tree.
//!
//! A rowan tree in which every byte of the text is in some token; a node starts at its first and ends at its last token
//! that is no trivia, so its range is the range to show.

use crate::syntax::token::SyntaxKind;

mod at;
mod build;
mod view;

pub use at::at;
pub use build::{Builder, add, join};
pub use view::{Element, View};

/// The language of the tree, for rowan.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kmodel {}

/// A node with its parents and its place.
pub type SyntaxNode = rowan::SyntaxNode<Kmodel>;
/// A token with its parents and its place.
pub type SyntaxToken = rowan::SyntaxToken<Kmodel>;

impl rowan::Language for Kmodel {
    type Kind = SyntaxKind;

    fn kind_from_raw(raw: rowan::SyntaxKind) -> SyntaxKind {
        from_raw(raw)
    }

    fn kind_to_raw(kind: SyntaxKind) -> rowan::SyntaxKind {
        rowan::SyntaxKind(kind as u16)
    }
}

fn from_raw(raw: rowan::SyntaxKind) -> SyntaxKind {
    SyntaxKind::ALL.get(usize::from(raw.0)).copied().unwrap_or(SyntaxKind::Error)
}
