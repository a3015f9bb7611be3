//! From pieces to the tree.
//!
//! In: the tokens of the lexer and the pieces of the parser. Out: the tree, and the problems the parser met, of several at
//! one place only the first, since the others follow from it.

use rowan::{GreenNode, GreenNodeBuilder};

use crate::diag::Diagnostic;
use crate::source::Span;
use crate::syntax::lexer::Lexeme;
use crate::syntax::parser::Piece;
use crate::syntax::token::SyntaxKind;

/// Builds the tree of a file.
pub fn build(text: &str, lexemes: &[Lexeme], piece: Piece) -> (GreenNode, Vec<Diagnostic>) {
    let mut builder =
        Builder { text, lexemes, at: 0, start: 0, green: GreenNodeBuilder::new(), diagnostics: Vec::new(), last: None };
    builder.green.start_node(raw(SyntaxKind::File));
    builder.piece(piece);
    builder.rest();
    builder.green.finish_node();
    (builder.green.finish(), builder.diagnostics)
}

fn raw(kind: SyntaxKind) -> rowan::SyntaxKind {
    rowan::SyntaxKind(kind as u16)
}

struct Builder<'a> {
    text: &'a str,
    lexemes: &'a [Lexeme],
    at: usize,
    start: usize,
    green: GreenNodeBuilder<'static>,
    diagnostics: Vec<Diagnostic>,
    /// Where the last problem was found.
    last: Option<Span>,
}

impl Builder<'_> {
    fn piece(&mut self, piece: Piece) {
        match piece {
            Piece::Nothing => {}
            Piece::Token => self.token(None),
            Piece::Keyword => self.token(Some(SyntaxKind::Keyword)),
            Piece::Wrong(diagnostic) => self.wrong(*diagnostic),
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

    fn wrong(&mut self, diagnostic: Diagnostic) {
        let place = diagnostic.labels.last().map(|label| label.span);
        if self.last != place {
            self.last = place;
            self.diagnostics.push(diagnostic);
        }
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

    /// Whatever the parser did not reach, so that nothing is ever lost.
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
