//! The tokens around an edit, read anew as far as they may differ.

use super::edit::Edit;
use super::parse::Parsed;
use super::unit::{Placed, moved, relative};
use crate::syntax::lexer::{self, Lexeme};
use crate::syntax::token::SyntaxKind;

/// A stretch of a text's tokens.
pub(super) struct Window {
    /// Where they are now; those of the unit before come first, to be looked back at.
    pub lexemes: Vec<Lexeme>,
    /// How many are of the unit before.
    pub known: usize,
    /// From which byte on the text is as it was; none when nothing of what was there before is met again.
    pub same: Option<u32>,
    /// Whether they go on to the end of the text.
    pub is_whole: bool,
}

impl Window {
    /// All tokens of a new text.
    pub(super) fn all(text: &str) -> Self {
        Self { lexemes: lexer::lex(text), known: 0, same: None, is_whole: true }
    }

    /// The tokens behind some units that stay, up to so many units behind the one where the text is as it was.
    pub(super) fn around(text: &str, before: &Parsed, edit: Edit, prefix: &[Placed], more: usize) -> Self {
        let first: Vec<Lexeme> = prefix.last().into_iter().flat_map(Placed::lexemes).collect();
        let (known, mut met) = (first.len(), None);
        // After a line that ends behind the edit nothing is looked at that was before it.
        let mut lexemes = lexer::lex_on(text, first, |lexeme| {
            if lexeme.kind == SyntaxKind::Newline && lexeme.end > edit.new && lexeme.outside {
                met = Met::at(before, lexeme.end.wrapping_sub(edit.by()));
            }
            met.is_some()
        });
        let Some(met) = met else { return Self { lexemes, known, same: None, is_whole: true } };
        let same = lexemes.last().map_or(0, |lexeme| lexeme.end);
        let is_whole = met.follow(before, edit.by(), more, &mut lexemes);
        Self { lexemes, known, same: Some(same), is_whole }
    }

    /// Its tokens from one on, their ends counted from where that starts.
    pub(super) fn from<T: FromIterator<Lexeme>>(&self, at: usize) -> T {
        let start = at.checked_sub(1).map_or(0, |before| self.lexemes[before].end);
        relative(&self.lexemes[at..], start)
    }
}

/// A token that was there before: the number of its unit, that of what is behind all units for the rest, and its own.
struct Met {
    unit: usize,
    lexeme: usize,
}

impl Met {
    /// The end of a line outside of all texts that ends at a byte.
    fn at(before: &Parsed, end: u32) -> Option<Self> {
        let unit = before.units.partition_point(|placed| placed.end() < end);
        let (lexemes, start) = list(before, unit);
        let lexeme = lexemes.binary_search_by_key(&end, |lexeme| lexeme.end.wrapping_add(start)).ok()?;
        let found = lexemes[lexeme];
        (found.outside && found.kind == SyntaxKind::Newline).then_some(Self { unit, lexeme })
    }

    /// Adds what is behind it in its unit and so many units more; whether that is all of the text.
    fn follow(&self, before: &Parsed, by: u32, more: usize, out: &mut Vec<Lexeme>) -> bool {
        let last = before.units.len();
        let end = self.unit.saturating_add(more).min(last);
        for unit in self.unit..=end {
            let (lexemes, start) = list(before, unit);
            let from = if unit == self.unit { self.lexeme + 1 } else { 0 };
            out.extend(moved(&lexemes[from..], start.wrapping_add(by)));
        }
        end == last
    }
}

/// The tokens of a unit, or of what is behind all units, and where they start.
fn list(before: &Parsed, unit: usize) -> (&[Lexeme], u32) {
    match before.units.get(unit) {
        Some(placed) => (&placed.unit.lexemes, placed.start),
        None => (&before.rest.lexemes, before.end()),
    }
}
