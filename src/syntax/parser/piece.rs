//! What a rule has read.

use crate::diag::Diagnostic;
use crate::syntax::token::SyntaxKind;

/// A part of the tree, not yet built. Its tokens are the next ones in order, so they need no number.
#[derive(Clone, Debug)]
pub enum Piece {
    Nothing,
    /// The next token that is no trivia.
    Token,
    /// The next token, a word that acts as a keyword.
    Keyword,
    /// A problem before the next token.
    Wrong(Box<Diagnostic>),
    Group(Vec<Piece>),
    Node(Box<Node>),
}

/// A node with at least one token.
#[derive(Clone, Debug)]
pub struct Node {
    pub kind: SyntaxKind,
    pub pieces: Vec<Piece>,
    /// The most expressions inside each other.
    pub height: u16,
}

impl Piece {
    /// A node of these pieces, or only the pieces when they have no token: a node without text has no place.
    pub fn node(kind: SyntaxKind, pieces: Vec<Piece>) -> Piece {
        if !pieces.iter().any(Piece::has_token) {
            return Piece::Group(pieces);
        }
        let below = pieces.iter().map(Piece::height).max().unwrap_or(0);
        let height = below + u16::from(kind.is_expression());
        Piece::Node(Box::new(Node { kind, pieces, height }))
    }

    /// A problem.
    pub fn wrong(diagnostic: Diagnostic) -> Piece {
        Piece::Wrong(Box::new(diagnostic))
    }

    /// The most expressions inside each other.
    pub fn height(&self) -> u16 {
        match self {
            Piece::Node(node) => node.height,
            Piece::Group(pieces) => pieces.iter().map(Piece::height).max().unwrap_or(0),
            _ => 0,
        }
    }

    /// The same without the problems at its top.
    pub fn silent(self) -> Piece {
        match self {
            Piece::Wrong(_) => Piece::Nothing,
            Piece::Group(pieces) => Piece::Group(pieces.into_iter().map(Piece::silent).collect()),
            other => other,
        }
    }

    /// Whether there is a problem in it that is in no node of it.
    pub fn is_wrong_at_top(&self) -> bool {
        match self {
            Piece::Wrong(_) => true,
            Piece::Group(pieces) => pieces.iter().any(Piece::is_wrong_at_top),
            _ => false,
        }
    }

    /// Whether there is a problem in it.
    pub fn is_wrong(&self) -> bool {
        match self {
            Piece::Wrong(_) => true,
            Piece::Group(pieces) => pieces.iter().any(Piece::is_wrong),
            Piece::Node(node) => node.pieces.iter().any(Piece::is_wrong),
            _ => false,
        }
    }

    /// Whether it has any text.
    pub fn has_token(&self) -> bool {
        match self {
            Piece::Token | Piece::Keyword | Piece::Node(_) => true,
            Piece::Group(pieces) => pieces.iter().any(Piece::has_token),
            Piece::Nothing | Piece::Wrong(_) => false,
        }
    }
}
