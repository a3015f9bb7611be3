//! Parsing a file, or what an edit of it touched.
//!
//! A unit before the edit is kept when a whole line is between what was looked at to parse it and the edit; one behind it
//! is kept when the parser arrives at its first token and the tokens on both sides of that are as they were. Between the two
//! only a window of the text is read; it is widened when the parser looks beyond it.

use std::cell::Cell;

use super::edit::Edit;
use super::unit::{Placed, Rest, Unit, relative};
use super::window::Window;
use crate::source::SourceId;
use crate::syntax::parser::{self, At, Piece, Tokens, hash_comments};
use crate::syntax::tree::{Builder, View};
use crate::syntax::{lower, tree};

/// So many units behind an edit are in the first window.
const NEAR: usize = 2;

/// A window that was too narrow is followed by one with so many times the units.
const WIDER: usize = 8;

/// What was parsed of a file.
#[derive(Clone, Debug)]
pub(crate) struct Parsed {
    pub units: Vec<Placed>,
    pub rest: Rest,
}

impl Parsed {
    /// Where the last unit ends.
    pub(crate) fn end(&self) -> u32 {
        self.units.last().map_or(0, Placed::end)
    }
}

/// A text before it was edited, and what was parsed of it.
#[derive(Clone, Copy)]
pub(crate) struct Before<'a> {
    pub text: &'a str,
    pub parsed: &'a Parsed,
}

/// Parses a text that is new.
pub(crate) fn all(source: SourceId, text: &str) -> (Parsed, rowan::GreenNode) {
    let window = Window::all(text);
    let parser = Parser { source, text, window: &window, behind: None };
    finish(parser.parse(&[]).expect("the window is the whole text"))
}

/// Parses what is not as it was.
pub(crate) fn reparse(source: SourceId, text: &str, before: Before<'_>) -> (Parsed, rowan::GreenNode) {
    let edit = Edit::between(before.text, text);
    let prefix = prefix(before, edit);
    let mut more = NEAR;
    loop {
        let window = Window::around(text, before.parsed, edit, prefix, more);
        let behind = window.same.map(|from| Behind { before: before.parsed, from, edit });
        let parser = Parser { source, text, window: &window, behind };
        if let Some(parsed) = parser.parse(prefix) {
            return finish(parsed);
        }
        more = more.saturating_mul(WIDER);
    }
}

fn finish(parsed: Parsed) -> (Parsed, rowan::GreenNode) {
    let parts: Vec<_> = parsed.units.iter().map(|placed| &placed.unit.green).chain([&parsed.rest.green]).collect();
    let tree = tree::join(&parts);
    (parsed, tree)
}

/// The units at the start of a file that an edit does not touch.
fn prefix<'a>(before: Before<'a>, edit: Edit) -> &'a [Placed] {
    let units = &before.parsed.units;
    let stays = |placed: &&Placed| {
        let Some(reach) = placed.unit.reach else { return false };
        let between = before.text.as_bytes().get((placed.start + reach) as usize..edit.start as usize);
        between.is_some_and(|between| between.contains(&b'\n'))
    };
    let mut count = units.iter().take_while(stays).count();
    // The lexer can begin only where nothing is open.
    while count > 0 && units[count - 1].unit.lexemes.last().is_none_or(|lexeme| !lexeme.outside) {
        count -= 1;
    }
    &units[..count]
}

/// The units that were there before, and from which byte on the text is as it was.
struct Behind<'a> {
    before: &'a Parsed,
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
        self.before.units.binary_search_by_key(&first, Placed::first).ok()
    }

    /// The unit that stood where the next token is, however that parses now.
    fn known(&self, input: At<'_>) -> Option<&Placed> {
        let start = input.span().start;
        let first = match () {
            () if start < self.edit.start => start,
            () if start >= self.edit.new => start.wrapping_sub(self.edit.by()),
            () => return None,
        };
        let place = self.before.units.binary_search_by_key(&first, Placed::first).ok()?;
        self.before.units.get(place)
    }

    /// The units from one on, and what is behind them, where they are now.
    fn follow(&self, number: usize, mut units: Vec<Placed>) -> Parsed {
        let by = self.edit.by();
        let moved = |placed: &Placed| placed.rebased(placed.start.wrapping_add(by));
        units.extend(self.before.units[number..].iter().map(moved));
        Parsed { units, rest: self.before.rest.clone() }
    }
}

struct Parser<'a> {
    source: SourceId,
    text: &'a str,
    window: &'a Window,
    behind: Option<Behind<'a>>,
}

impl Parser<'_> {
    /// All units, after those that stay; none when the window is too narrow.
    fn parse(&self, prefix: &[Placed]) -> Option<Parsed> {
        let (start, from) = (prefix.last().map_or(0, Placed::end), prefix.last().map_or(0, |last| last.start));
        let list = parser::tokens(&self.window.lexemes, from);
        let first = list.partition_point(|token| token.start < start);
        let tokens = Tokens { source: self.source, text: self.text, list, seen: Cell::new(0) };
        let mut builder = Builder::new(self.text, &self.window.lexemes, self.window.known);
        let mut units = prefix.to_vec();
        let mut input = At::new(&tokens, first);
        loop {
            if let Some((behind, number)) = self.behind.as_ref().and_then(|behind| Some((behind, behind.at(input)?))) {
                return Some(behind.follow(number, units));
            }
            tokens.seen.set(input.number());
            let Some((rest, piece)) = parser::next(input) else { break };
            let lead = input.span().start - builder.start as u32;
            let unit = self.unit(&mut builder, piece, lead, &tokens)?;
            // What was read again because it is beside the edit is still the same.
            let known = self.behind.as_ref().and_then(|behind| behind.known(input));
            units.push(known.and_then(|known| known.again(&unit)).unwrap_or_else(|| Placed::new(unit)));
            input = rest;
        }
        let lexemes = self.window.from(builder.at);
        self.window.is_whole.then(|| Parsed { units, rest: Rest { green: builder.rest(), lexemes } })
    }

    /// A unit; none when it would have to be looked at beyond the window.
    fn unit(&self, builder: &mut Builder<'_>, piece: Piece, lead: u32, tokens: &Tokens<'_>) -> Option<Unit> {
        let seen = tokens.seen.get().checked_sub(1).and_then(|last| tokens.list.get(last));
        if seen.is_none() && !self.window.is_whole {
            return None;
        }
        let (start, at) = (builder.start as u32, builder.at);
        let (green, read) = builder.piece(piece);
        let (statements, lowered) = lower::statements(View::at(&green, self.source, start));
        let lexemes = &self.window.lexemes[at..builder.at];
        Some(Unit {
            green,
            statements: statements.into_iter().map(Into::into).collect(),
            read,
            lowered,
            comments: hash_comments(self.source, start, lexemes).collect(),
            start,
            lexemes: relative(lexemes, start),
            lead,
            reach: seen.map(|token| token.end - start),
        })
    }
}
