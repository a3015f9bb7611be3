//! A file: statements.

use super::Piece;
use super::input::Input;
use super::list::{self, FIELDS, Shape};
use super::statement::statement;

const STATEMENTS: Shape = Shape { separator: "the end of the line", leaves: |_| false, ..FIELDS };

/// The next statement, or what stands in the place of one, with what ends it; none at the end of the text.
pub fn next(input: Input) -> Option<(Input, Piece)> {
    list::separated(input, STATEMENTS, statement).ok().flatten()
}
