//! The tokens at a byte of a tree, found without going through what is before it.

use rowan::{TextRange, TokenAtOffset};

use super::{SyntaxNode, SyntaxToken};

/// The token at a byte, or the two that it is between; none outside of the text.
///
/// The same as `SyntaxNode::token_at_offset`, which makes a node of each child.
pub fn at(root: &SyntaxNode, offset: u32) -> TokenAtOffset<SyntaxToken> {
    let left = offset.checked_sub(1).and_then(|before| over(root, before));
    match (left, over(root, offset)) {
        (Some(left), Some(right)) if left != right => TokenAtOffset::Between(left, right),
        (Some(one), _) | (None, Some(one)) => TokenAtOffset::Single(one),
        (None, None) => TokenAtOffset::None,
    }
}

/// The token that has a byte.
fn over(root: &SyntaxNode, byte: u32) -> Option<SyntaxToken> {
    let range = TextRange::at(byte.into(), 1.into());
    let is_inside = root.text_range().contains_range(range);
    is_inside.then(|| root.covering_element(range).into_token()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::syntax::parse;

    #[test]
    fn tokens_are_those_that_a_walk_finds() {
        for text in ["let a = \"ä ${b}\" // c\n\n\ncomponent x { }\n", "x", "é", "\n# a"] {
            let root = parse(SourceId(0), text).root();
            for offset in 0..=text.len() as u32 {
                let (found, walked) = (at(&root, offset), root.token_at_offset(offset.into()));
                assert_eq!(found.clone().left_biased(), walked.clone().left_biased(), "{offset} of {text:?}");
                assert_eq!(found.right_biased(), walked.right_biased(), "{offset} of {text:?}");
            }
            assert!(at(&root, text.len() as u32 + 2).left_biased().is_none());
        }
        assert!(at(&parse(SourceId(0), "").root(), 0).left_biased().is_none());
    }
}
