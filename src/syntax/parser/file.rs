//! A file: statements.

use super::Piece;
use super::input::Input;
use super::list::{self, FIELDS, Shape};
use super::statement::statement;

const STATEMENTS: Shape = Shape { separator: "the end of the line", leaves: |_| false, ..FIELDS };

/// All statements; reads the input to its end.
pub fn file(input: Input) -> Piece {
    list::elements(input, STATEMENTS, statement).map_or(Piece::Nothing, |(_, piece)| piece)
}
