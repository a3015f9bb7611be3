//! From text to the typed syntax tree.
//!
//! In: any text. Out: a lossless tree that prints back to the same text, the typed tree, and the problems found.
//! Never fails.

pub mod ast;

/// A parsed text.
pub struct Parse {
    pub file: ast::File,
    pub diagnostics: Vec<crate::diag::Diagnostic>,
}

/// Parses a text.
pub fn parse(_source: crate::source::SourceId, _text: &str) -> Parse {
    Parse { file: ast::File::default(), diagnostics: Vec::new() }
}
