//! From text to the typed syntax tree.
//!
//! In: any text. Out: a lossless tree that prints back to the same text, the typed tree, and the problems found.
//! Never fails. Of a text that was edited only the statements are parsed that the edit touches.

pub mod ast;
mod format;
pub mod lexer;
pub mod located;
pub mod lower;
pub mod parser;
pub mod rebase;
mod reparse;
pub mod token;
pub mod tree;

pub use format::format;
use std::sync::Arc;

use rowan::GreenNode;

use crate::diag::Diagnostic;
use crate::source::SourceId;
use reparse::parse::{self as units, Before, Parsed};
use reparse::unit::Placed;

/// What a text says.
#[derive(Clone, Debug)]
pub struct Parse {
    /// The typed tree, without what could not be read.
    pub file: Arc<ast::File>,
    /// Every problem found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The lossless tree; its text is the text parsed.
    pub tree: GreenNode,
    source: SourceId,
    parsed: Parsed,
}

impl Parse {
    /// The lossless tree with places and parents.
    pub fn root(&self) -> tree::SyntaxNode {
        tree::SyntaxNode::new_root(self.tree.clone())
    }

    /// Parses a text of which this is what it was `before`, in time that mostly depends on what is different. Gives the same
    /// as [`parse`].
    pub fn changed(&self, before: &str, text: &str) -> Parse {
        Parse::of(self.source, units::reparse(self.source, text, Before { text: before, parsed: &self.parsed }))
    }

    fn of(source: SourceId, (parsed, tree): (Parsed, GreenNode)) -> Parse {
        let mut diagnostics = Vec::new();
        parsed.units.iter().for_each(|placed| tree::add(&mut diagnostics, placed.read()));
        diagnostics.extend(parsed.units.iter().flat_map(Placed::lowered));
        diagnostics.extend(parsed.units.iter().flat_map(Placed::comments));
        diagnostics.extend(parsed.rest.comments(source, parsed.end()));
        diagnostics.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| label.span.start));
        let file = ast::File {
            docs: lower::docs(tree::View::root(&tree, source)),
            statements: parsed.units.iter().flat_map(|placed| placed.statements.iter()).cloned().collect(),
        };
        Parse { file: Arc::new(file), diagnostics, tree, source, parsed }
    }
}

/// Parses any text of less than 4 GiB, in time linear in its length.
pub fn parse(source: SourceId, text: &str) -> Parse {
    Parse::of(source, units::all(source, text))
}
