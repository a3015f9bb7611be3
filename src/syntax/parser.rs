//! From tokens to pieces of a tree.
//!
//! In: the tokens of a file. Out: the pieces of its tree, with a problem at each place where the text is not of the
//! language. Every rule is a nom parser over a slice of tokens whose output is a [`Piece`]; problems are pieces too, so
//! a rule that is tried and given up leaves nothing behind. Rules that begin with something particular are *absent*
//! (nom's error) where it is not there; all others take any text and always go on.

use crate::source::SourceId;
use crate::syntax::lexer::Lexeme;

mod body;
mod component;
mod each;
mod expression;
mod file;
mod input;
mod keyword;
mod list;
mod overlay;
mod part;
mod piece;
mod placement;
mod primary;
mod problem;
mod recovery;
mod statement;
mod text;
mod ty;

pub use input::{Input, Token};
pub use piece::Piece;

/// What a rule gives: the input after it and the piece it read, or that it is absent here.
type Parsed<'a> = nom::IResult<Input<'a>, Piece, ()>;

/// The most expressions inside each other, and the longest chain of operators.
///
/// INVARIANT: later phases walk the tree by recursion, so its height has to be bounded here.
pub const MAX_DEPTH: u16 = 128;

/// Reads a file.
pub fn file(source: SourceId, text: &str, lexemes: &[Lexeme]) -> Piece {
    let tokens = input::tokens(text, lexemes);
    file::file(Input::new(source, text, &tokens))
}

/// The words that begin a statement of a file.
pub const STATEMENTS: &[&str] = keyword::STATEMENTS;
/// The words that begin an item of a component.
pub const ITEMS: &[&str] = keyword::ITEMS;
/// The words that begin a change of an overlay.
pub const CHANGES: &[&str] = keyword::CHANGES;
