//! From tokens to pieces of a tree.
//!
//! In: the tokens of a file. Out: the pieces of its tree, with a problem at each place where the text is not of the
//! language. Every rule is a nom parser over a slice of tokens whose output is a [`Piece`]; problems are pieces too, so
//! a rule that is tried and given up leaves nothing behind. Rules that begin with something particular are *absent*
//! (nom's error) where it is not there; all others take any text and always go on.

use crate::diag::Diagnostic;
use crate::source::{SourceId, Span};
use crate::syntax::lexer::Lexeme;
use crate::syntax::token::SyntaxKind;

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

pub use file::next;
use input::Input;
pub use input::{Input as At, Tokens, tokens};
pub use piece::Piece;

/// What a rule gives: the input after it and the piece it read, or that it is absent here.
type Parsed<'a> = nom::IResult<Input<'a>, Piece, ()>;

/// The most expressions inside each other.
///
/// INVARIANT: this and all later phases walk the tree by recursion, so its height has to be bounded here. A level takes up
/// to 18 KiB of stack in an unoptimised build, and a thread has 2 MiB.
pub const MAX_DEPTH: u16 = 64;

/// The longest chain of operators, which makes the tree as high as brackets would.
pub const MAX_CHAIN: u16 = 100;

/// A problem for each comment written with `#` in tokens of which the first starts at a place.
pub fn hash_comments(source: SourceId, from: u32, lexemes: &[Lexeme]) -> impl Iterator<Item = Diagnostic> {
    let ends = std::iter::once(from).chain(lexemes.iter().map(|lexeme| lexeme.end));
    let comments = ends.zip(lexemes).filter(|(_, lexeme)| lexeme.kind == SyntaxKind::HashComment);
    comments.map(move |(start, _)| problem::hash_comment(Span::new(source, start, start + 1)))
}

/// Every word that is somewhere a keyword.
pub fn words() -> impl Iterator<Item = &'static str> {
    let lists =
        [keyword::STATEMENTS, keyword::ITEMS, keyword::CHANGES, keyword::RESERVED, keyword::NEEDS, keyword::CLAUSES];
    lists.into_iter().flatten().copied()
}

/// The words that begin a statement of a file.
pub const STATEMENTS: &[&str] = keyword::STATEMENTS;
/// The words that begin an item of a component.
pub const ITEMS: &[&str] = keyword::ITEMS;
/// The words that begin a change of an overlay.
pub const CHANGES: &[&str] = keyword::CHANGES;
/// What a machine may need.
pub const NEEDS: &[&str] = keyword::NEEDS;
