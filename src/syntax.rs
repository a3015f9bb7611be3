//! From text to the typed syntax tree.
//!
//! In: any text. Out: a lossless tree that prints back to the same text, the typed tree, and the problems found.
//! Never fails.

pub mod ast;
mod format;
pub mod lexer;
pub mod lower;
pub mod parser;
pub mod token;
pub mod tree;

pub use format::format;
use std::sync::Arc;

use rowan::GreenNode;

use crate::diag::Diagnostic;
use crate::source::SourceId;

/// What a text says.
#[derive(Clone, Debug)]
pub struct Parse {
    /// The typed tree, without what could not be read.
    pub file: Arc<ast::File>,
    /// Every problem found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The lossless tree; its text is the text parsed.
    pub tree: GreenNode,
}

impl Parse {
    /// The lossless tree with places and parents.
    pub fn root(&self) -> tree::SyntaxNode {
        tree::SyntaxNode::new_root(self.tree.clone())
    }
}

/// Parses any text of less than 4 GiB, in time linear in its length.
pub fn parse(source: SourceId, text: &str) -> Parse {
    let lexemes = lexer::lex(text);
    let pieces = parser::file(source, text, &lexemes);
    let (tree, mut diagnostics) = tree::build(text, &lexemes, pieces);
    let (file, more) = lower::file(source, &tree);
    diagnostics.extend(more);
    diagnostics.extend(parser::hash_comments(source, &lexemes));
    diagnostics.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| label.span.start));
    Parse { file: Arc::new(file), diagnostics, tree }
}
