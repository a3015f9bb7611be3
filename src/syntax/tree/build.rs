//! From tokens and pieces to the tree.
//!
//! In: the tokens of the lexer and the pieces of the parser. Out: the tree, and the problems the parser met, of several at
//! one place only the first, since the others follow from it.

use rowan::{GreenNode, GreenNodeBuilder, NodeCache};

use crate::diag::Diagnostic;
use crate::syntax::lexer::Lexeme;
use crate::syntax::parser::Piece;
use crate::syntax::token::SyntaxKind;

/// Builds the tree of a file, piece by piece.
pub struct Builder<'a> {
    text: &'a str,
    lexemes: &'a [Lexeme],
    /// The next token.
    pub at: usize,
    /// Where it starts.
    pub start: usize,
    /// What was built already, to be shared.
    cache: NodeCache,
}

impl<'a> Builder<'a> {
    /// From a token on, which starts where the one before it ends.
    pub fn new(text: &'a str, lexemes: &'a [Lexeme], at: usize) -> Self {
        let start = at.checked_sub(1).map_or(0, |before| lexemes[before].end as usize);
        Self { text, lexemes, at, start, cache: NodeCache::default() }
    }

    /// A node with the trivia before a piece, and what the piece is made of.
    pub fn piece(&mut self, piece: Piece) -> (GreenNode, Vec<Diagnostic>) {
        self.build(Some(piece))
    }

    /// A node with whatever the parser did not reach, so that nothing is ever lost.
    pub fn rest(&mut self) -> GreenNode {
        self.build(None).0
    }

    fn build(&mut self, piece: Option<Piece>) -> (GreenNode, Vec<Diagnostic>) {
        let mut green = GreenNodeBuilder::with_cache(&mut self.cache);
        green.start_node(raw(SyntaxKind::File));
        let (text, lexemes, at, start) = (self.text, self.lexemes, self.at, self.start);
        let mut building = Building { text, lexemes, at, start, green, diagnostics: Vec::new() };
        match piece {
            Some(piece) => building.piece(piece),
            None => building.rest(),
        }
        building.green.finish_node();
        (self.at, self.start) = (building.at, building.start);
        (building.green.finish(), building.diagnostics)
    }
}

/// A file of what the nodes hold.
pub fn join(parts: &[&GreenNode]) -> GreenNode {
    let children: Vec<_> = parts.iter().flat_map(|part| part.children()).map(|child| child.to_owned()).collect();
    GreenNode::new(raw(SyntaxKind::File), children)
}

/// Adds problems to those before, of several at one place only the first.
pub fn add(list: &mut Vec<Diagnostic>, more: impl IntoIterator<Item = Diagnostic>) {
    let place = |diagnostic: &Diagnostic| diagnostic.labels.last().map(|label| label.span);
    for diagnostic in more {
        if list.last().is_none_or(|last| place(last) != place(&diagnostic)) {
            list.push(diagnostic);
        }
    }
}

fn raw(kind: SyntaxKind) -> rowan::SyntaxKind {
    rowan::SyntaxKind(kind as u16)
}

struct Building<'b> {
    text: &'b str,
    lexemes: &'b [Lexeme],
    at: usize,
    start: usize,
    green: GreenNodeBuilder<'b>,
    diagnostics: Vec<Diagnostic>,
}

impl Building<'_> {
    fn piece(&mut self, piece: Piece) {
        match piece {
            Piece::Nothing => {}
            Piece::Token => self.token(None),
            Piece::Keyword => self.token(Some(SyntaxKind::Keyword)),
            Piece::Wrong(diagnostic) => add(&mut self.diagnostics, [*diagnostic]),
            Piece::Group(pieces) => pieces.into_iter().for_each(|piece| self.piece(piece)),
            Piece::Node(node) => self.node(node.kind, node.pieces),
        }
    }

    fn node(&mut self, kind: SyntaxKind, pieces: Vec<Piece>) {
        self.trivia();
        self.green.start_node(raw(kind));
        pieces.into_iter().for_each(|piece| self.piece(piece));
        self.green.finish_node();
    }

    fn token(&mut self, kind: Option<SyntaxKind>) {
        self.trivia();
        self.lexeme(kind);
    }

    fn trivia(&mut self) {
        while self.lexemes.get(self.at).is_some_and(|lexeme| lexeme.kind.is_trivia()) {
            self.lexeme(None);
        }
    }

    fn rest(&mut self) {
        while self.at < self.lexemes.len() {
            self.lexeme(None);
        }
    }

    /// Copies one token into the tree.
    fn lexeme(&mut self, kind: Option<SyntaxKind>) {
        let Some(lexeme) = self.lexemes.get(self.at) else { return };
        let end = lexeme.end as usize;
        self.green.token(raw(kind.unwrap_or(lexeme.kind)), &self.text[self.start..end]);
        self.start = end;
        self.at += 1;
    }
}
