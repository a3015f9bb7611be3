//! Parsing a file, or what an edit of it touched.
//!
//! A unit before the edit is kept when a whole line is between what was looked at to parse it and the edit; one behind it
//! is kept when the parser arrives at its first token and the tokens on both sides of that are as they were.

use std::cell::Cell;

use rayon::prelude::*;

use super::edit::Edit;
use super::unit::{Placed, Unit};
use crate::source::SourceId;
use crate::syntax::lexer::{self, Lexeme};
use crate::syntax::parser::{self, At, Piece, Tokens};
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::{Builder, View};
use crate::syntax::{lower, tree};

/// So many units are moved by one thread at a time: a few are moved at once.
const TOGETHER: usize = 64;

/// What was parsed of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parsed {
    pub lexemes: Vec<Lexeme>,
    pub units: Vec<Placed>,
}

/// A text before it was edited, and what was parsed of it.
#[derive(Clone, Copy)]
pub(crate) struct Before<'a> {
    pub text: &'a str,
    pub parsed: &'a Parsed,
}

/// Parses a text that is new.
pub(crate) fn all(source: SourceId, text: &str) -> (Parsed, rowan::GreenNode) {
    let lexemes = lexer::lex(text);
    let prefix = Prefix { units: Vec::new(), lexemes: 0 };
    Parser { source, text, lexemes: &lexemes, behind: None }.parse(prefix).finish(lexemes)
}

/// Parses what is not as it was.
pub(crate) fn reparse(source: SourceId, text: &str, before: Before<'_>) -> (Parsed, rowan::GreenNode) {
    let edit = Edit::between(before.text, text);
    let prefix = Prefix::before(before, edit);
    let (lexemes, same) = lex(text, before, edit, prefix.lexemes);
    let behind = same.map(|from| Behind { before: &before.parsed.units, from, edit });
    Parser { source, text, lexemes: &lexemes, behind }.parse(prefix).finish(lexemes)
}

/// The units at the start of a file that an edit does not touch.
struct Prefix {
    units: Vec<Placed>,
    /// How many tokens they have.
    lexemes: usize,
}

impl Prefix {
    fn before(before: Before<'_>, edit: Edit) -> Self {
        let stays = |placed: &&Placed| {
            let Some(reach) = placed.unit.reach else { return false };
            let between = before.text.as_bytes().get((placed.start + reach) as usize..edit.start as usize);
            between.is_some_and(|between| between.contains(&b'\n'))
        };
        let mut units: Vec<Placed> = before.parsed.units.iter().take_while(stays).cloned().collect();
        let mut lexemes: usize = units.iter().map(|placed| placed.unit.lexemes).sum();
        // The lexer can begin only where nothing is open.
        while lexemes > 0 && !before.parsed.lexemes[lexemes - 1].outside {
            lexemes -= units.pop().map_or(lexemes, |placed| placed.unit.lexemes);
        }
        Self { units, lexemes }
    }
}

/// The tokens of a text of which the first are known; and from which byte on they are those that were there before.
fn lex(text: &str, before: Before<'_>, edit: Edit, prefix: usize) -> (Vec<Lexeme>, Option<u32>) {
    let old = &before.parsed.lexemes;
    let mut same = None;
    let mut first = Vec::with_capacity(old.len() + 64);
    first.extend_from_slice(&old[..prefix]);
    // After a line that ends behind the edit nothing is looked at that was before it.
    let mut lexemes = lexer::lex_on(text, first, |lexeme| {
        if lexeme.kind != SyntaxKind::Newline || lexeme.end <= edit.new || !lexeme.outside {
            return false;
        }
        let end = lexeme.end.wrapping_sub(edit.by());
        let place = old.binary_search_by_key(&end, |lexeme| lexeme.end).ok();
        same = place.filter(|place| old[*place].outside && old[*place].kind == SyntaxKind::Newline);
        same.is_some()
    });
    let Some(place) = same else { return (lexemes, None) };
    let from = lexemes.last().map_or(0, |lexeme| lexeme.end);
    let by = edit.by();
    lexemes.extend(old[place + 1..].iter().map(|lexeme| Lexeme { end: lexeme.end.wrapping_add(by), ..*lexeme }));
    (lexemes, Some(from))
}

/// The units that were there before, and from which byte on the text is as it was.
struct Behind<'a> {
    before: &'a [Placed],
    from: u32,
    edit: Edit,
}

impl Behind<'_> {
    /// The number of the unit that stood where the next token is, if it parses as it did.
    fn at(&self, input: At<'_>) -> Option<usize> {
        let (before, next) = (input.behind(), input.span());
        // The token before has to be as it was too, and so has what is between them.
        if before.end <= self.from {
            return None;
        }
        let first = next.start.wrapping_sub(self.edit.by());
        self.before.binary_search_by_key(&first, Placed::first).ok()
    }
}

struct Parser<'a> {
    source: SourceId,
    text: &'a str,
    lexemes: &'a [Lexeme],
    behind: Option<Behind<'a>>,
}

/// All units, and what is behind the last one.
struct Done {
    units: Vec<Placed>,
    rest: rowan::GreenNode,
}

impl Parser<'_> {
    fn parse(&self, prefix: Prefix) -> Done {
        let Prefix { mut units, lexemes: at } = prefix;
        // The tokens of the unit before are there to be looked back at.
        let before = units.last().map_or((0, 0), |last| (last.unit.lexemes, last.start));
        let list = parser::tokens(&self.lexemes[at - before.0..], before.1);
        let start = units.last().map_or(0, Placed::end);
        let first = list.partition_point(|token| token.start < start);
        let tokens = Tokens { source: self.source, text: self.text, list, seen: Cell::new(0) };
        let mut builder = Builder::new(self.text, self.lexemes, at);
        let mut input = At::new(&tokens, first);
        loop {
            if let Some((behind, number)) = self.behind.as_ref().and_then(|behind| Some((behind, behind.at(input)?))) {
                let by = behind.edit.by();
                let moved = |placed: &Placed| placed.rebased(placed.start.wrapping_add(by));
                let rest = &behind.before[number..];
                if rest.len() < TOGETHER {
                    units.extend(rest.iter().map(moved));
                } else {
                    units.par_extend(rest.par_iter().with_min_len(TOGETHER).map(moved));
                }
                break;
            }
            tokens.seen.set(input.number());
            let Some((rest, piece)) = parser::next(input) else { break };
            let lead = input.span().start - builder.start as u32;
            units.push(Placed::new(self.unit(&mut builder, piece, lead, &tokens)));
            input = rest;
        }
        let end = units.iter().map(|placed| placed.unit.lexemes).sum();
        Done { rest: Builder::new(self.text, self.lexemes, end).rest(), units }
    }

    fn unit(&self, builder: &mut Builder<'_>, piece: Piece, lead: u32, tokens: &Tokens<'_>) -> Unit {
        let (start, at) = (builder.start as u32, builder.at);
        let (green, read) = builder.piece(piece);
        let (statements, lowered) = lower::statements(View::at(&green, self.source, start));
        let seen = tokens.seen.get().checked_sub(1).and_then(|last| tokens.list.get(last));
        Unit {
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
    fn finish(self, lexemes: Vec<Lexeme>) -> (Parsed, rowan::GreenNode) {
        let parts: Vec<_> = self.units.iter().map(|placed| &placed.unit.green).chain([&self.rest]).collect();
        let tree = tree::join(&parts);
        (Parsed { lexemes, units: self.units }, tree)
    }
}
