//! Reading a file, or what a change to it touched.
//!
//! In: a text, and perhaps what was read of the text before it. Out: its stretches, the same that reading all of it would
//! give. A stretch before the change is kept when a whole line is between what was looked at to read it and the change;
//! one behind it is kept when the parser arrives at its first token and the tokens on both sides of that are as they were.

use std::cell::Cell;

use super::change::Change;
use super::chunk::{Chunk, Placed};
use super::lexer::{self, Lexeme};
use super::parser::{self, At, Piece, Tokens};
use super::token::SyntaxKind;
use super::tree::{Builder, View};
use super::{lower, tree};
use crate::source::SourceId;

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Read {
    pub lexemes: Vec<Lexeme>,
    pub chunks: Vec<Placed>,
}

/// What is known of a text before it was changed.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    pub text: &'a str,
    pub read: &'a Read,
}

/// Reads a text that is new.
pub fn all(source: SourceId, text: &str) -> (Read, rowan::GreenNode) {
    let lexemes = lexer::lex(text);
    let kept = Kept { chunks: Vec::new(), lexemes: 0 };
    Reading { source, text, lexemes: &lexemes, behind: None }.read(kept).finish(lexemes)
}

/// Reads what is not as it was.
pub fn again(source: SourceId, text: &str, known: Known<'_>) -> (Read, rowan::GreenNode) {
    let change = Change::between(known.text, text);
    let kept = Kept::before(known, change);
    let (lexemes, same) = lex(text, known, change, kept.lexemes);
    let behind = same.map(|from| Behind { known: &known.read.chunks, from, change });
    Reading { source, text, lexemes: &lexemes, behind }.read(kept).finish(lexemes)
}

/// The stretches at the start of a file that a change does not touch.
struct Kept {
    chunks: Vec<Placed>,
    /// How many tokens they have.
    lexemes: usize,
}

impl Kept {
    fn before(known: Known<'_>, change: Change) -> Self {
        let stays = |placed: &&Placed| {
            let Some(reach) = placed.chunk.reach else { return false };
            let between = known.text.as_bytes().get((placed.start + reach) as usize..change.start as usize);
            between.is_some_and(|between| between.contains(&b'\n'))
        };
        let mut chunks: Vec<Placed> = known.read.chunks.iter().take_while(stays).cloned().collect();
        let mut lexemes: usize = chunks.iter().map(|placed| placed.chunk.lexemes).sum();
        // The lexer can begin only where nothing is open.
        while lexemes > 0 && !known.read.lexemes[lexemes - 1].outside {
            lexemes -= chunks.pop().map_or(lexemes, |placed| placed.chunk.lexemes);
        }
        Self { chunks, lexemes }
    }
}

/// The tokens of a text of which the first are known; and from which byte on they are those that were there before.
fn lex(text: &str, known: Known<'_>, change: Change, kept: usize) -> (Vec<Lexeme>, Option<u32>) {
    let old = &known.read.lexemes;
    let mut same = None;
    let mut first = Vec::with_capacity(old.len() + 64);
    first.extend_from_slice(&old[..kept]);
    // After a line that ends behind the change nothing is looked at that was before it.
    let mut lexemes = lexer::lex_on(text, first, |lexeme| {
        if lexeme.kind != SyntaxKind::Newline || lexeme.end <= change.new || !lexeme.outside {
            return false;
        }
        let end = lexeme.end.wrapping_sub(change.by());
        let place = old.binary_search_by_key(&end, |lexeme| lexeme.end).ok();
        same = place.filter(|place| old[*place].outside && old[*place].kind == SyntaxKind::Newline);
        same.is_some()
    });
    let Some(place) = same else { return (lexemes, None) };
    let from = lexemes.last().map_or(0, |lexeme| lexeme.end);
    let by = change.by();
    lexemes.extend(old[place + 1..].iter().map(|lexeme| Lexeme { end: lexeme.end.wrapping_add(by), ..*lexeme }));
    (lexemes, Some(from))
}

/// The stretches that were there before, and from which byte on the text is as it was.
struct Behind<'a> {
    known: &'a [Placed],
    from: u32,
    change: Change,
}

impl Behind<'_> {
    /// The number of the stretch that stood where the next token is, if it reads as it did.
    fn at(&self, input: At<'_>) -> Option<usize> {
        let (before, next) = (input.behind(), input.span());
        // The token before has to be as it was too, and so has what is between them.
        if before.end <= self.from {
            return None;
        }
        let first = next.start.wrapping_sub(self.change.by());
        self.known.binary_search_by_key(&first, Placed::first).ok()
    }
}

struct Reading<'a> {
    source: SourceId,
    text: &'a str,
    lexemes: &'a [Lexeme],
    behind: Option<Behind<'a>>,
}

/// All stretches, and what is behind the last one.
struct Done {
    chunks: Vec<Placed>,
    rest: rowan::GreenNode,
}

impl Reading<'_> {
    fn read(&self, kept: Kept) -> Done {
        let Kept { mut chunks, lexemes: at } = kept;
        // The tokens of the stretch before are there to be looked back at.
        let before = chunks.last().map_or((0, 0), |last| (last.chunk.lexemes, last.start));
        let list = parser::tokens(&self.lexemes[at - before.0..], before.1);
        let start = chunks.last().map_or(0, Placed::end);
        let first = list.partition_point(|token| token.start < start);
        let tokens = Tokens { source: self.source, text: self.text, list, seen: Cell::new(0) };
        let mut builder = Builder::new(self.text, self.lexemes, at);
        let mut input = At::new(&tokens, first);
        loop {
            if let Some((behind, number)) = self.behind.as_ref().and_then(|behind| Some((behind, behind.at(input)?))) {
                let by = behind.change.by();
                let moved = behind.known[number..].iter().map(|placed| placed.moved(placed.start.wrapping_add(by)));
                chunks.extend(moved);
                break;
            }
            tokens.seen.set(input.number());
            let Some((rest, piece)) = parser::next(input) else { break };
            let lead = input.span().start - builder.start as u32;
            chunks.push(Placed::new(self.chunk(&mut builder, piece, lead, &tokens)));
            input = rest;
        }
        let end = chunks.iter().map(|placed| placed.chunk.lexemes).sum();
        Done { rest: Builder::new(self.text, self.lexemes, end).rest(), chunks }
    }

    fn chunk(&self, builder: &mut Builder<'_>, piece: Piece, lead: u32, tokens: &Tokens<'_>) -> Chunk {
        let (start, at) = (builder.start as u32, builder.at);
        let (green, read) = builder.piece(piece);
        let (statements, lowered) = lower::statements(View::at(&green, self.source, start));
        let seen = tokens.seen.get().checked_sub(1).and_then(|last| tokens.list.get(last));
        Chunk {
            green,
            statements: statements.into_iter().map(Into::into).collect(),
            read,
            lowered,
            start,
            lexemes: builder.at - at,
            lead,
            reach: seen.map(|token| token.end - start),
        }
    }
}

impl Done {
    fn finish(self, lexemes: Vec<Lexeme>) -> (Read, rowan::GreenNode) {
        let parts: Vec<_> = self.chunks.iter().map(|placed| &placed.chunk.green).chain([&self.rest]).collect();
        let tree = tree::join(&parts);
        (Read { lexemes, chunks: self.chunks }, tree)
    }
}
