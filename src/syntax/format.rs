//! One way to write a file.
//!
//! In: a text without syntax errors. Out: the same with two spaces of indentation, single spaces, at most one blank line,
//! and no comma where a newline ends an element. On adjacent lines `=` and the comments at the ends stand below each
//! other. Comments stay where they are, texts stay as they are. What was written on one line stays there while it fits;
//! what was not gets a line for each element.

use crate::diag::{Diagnostic, any_error};
use crate::source::{SourceId, Span};
use crate::syntax::tree::View;

mod container;
mod entry;
mod printer;
mod row;
mod space;
mod wrap;

use printer::Printer;

/// The columns that a line should not pass.
const WIDTH: usize = 120;

/// The spaces of one level.
const INDENT: usize = 2;

/// Formats a text. Formatting twice is formatting once. A text with syntax errors is not touched: they are returned.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let parse = super::parse(SourceId::default(), text);
    if any_error(&parse.diagnostics) {
        return Err(parse.diagnostics);
    }
    let root = View::root(&parse.tree, Span::default().source);
    Ok(Printer::default().file(root))
}
