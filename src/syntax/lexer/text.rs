//! Texts: quotes, escapes and interpolation.
//!
//! A text of single quotes ends with its line at the latest, and so does an interpolation in it: one forgotten quote
//! costs one line, not the rest of the file.

use super::Lexer;
use crate::syntax::token::SyntaxKind;

/// What the lexer is inside of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    Text(Quotes),
    /// In `${ }`, with this many braces open.
    Interpolation(u32),
}

/// How a text is quoted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Quotes {
    One,
    Three,
}

impl Lexer<'_> {
    pub(super) fn open_text(&mut self) {
        let (quotes, length) = match self.rest().starts_with("\"\"\"") {
            true => (Quotes::Three, 3),
            false => (Quotes::One, 1),
        };
        self.push(SyntaxKind::StringStart, length);
        self.modes.push(Mode::Text(quotes));
    }

    /// One piece of a text: its end, the start of an interpolation, or characters.
    pub(super) fn text(&mut self, quotes: Quotes) {
        let end = if quotes == Quotes::Three { "\"\"\"" } else { "\"" };
        if self.rest().starts_with(end) {
            self.modes.pop();
            return self.push(SyntaxKind::StringEnd, end.len());
        }
        match (self.byte(0), self.byte(1)) {
            (b'$', b'{') => self.open_interpolation(),
            (b'\n', _) | (b'\r', b'\n') if quotes == Quotes::One => {
                self.modes.pop();
            }
            _ => self.push(SyntaxKind::StringText, characters(self.rest(), quotes)),
        }
    }

    fn open_interpolation(&mut self) {
        self.push(SyntaxKind::InterpolationStart, 2);
        self.modes.push(Mode::Interpolation(0));
    }

    pub(super) fn left_brace(&mut self) {
        if let Some(Mode::Interpolation(braces)) = self.modes.last_mut() {
            *braces += 1;
        }
        self.push(SyntaxKind::LeftBrace, 1);
    }

    pub(super) fn right_brace(&mut self) {
        match self.modes.last_mut() {
            Some(Mode::Interpolation(0)) => {
                self.modes.pop();
                self.push(SyntaxKind::InterpolationEnd, 1);
            }
            Some(Mode::Interpolation(braces)) => {
                *braces -= 1;
                self.push(SyntaxKind::RightBrace, 1);
            }
            _ => self.push(SyntaxKind::RightBrace, 1),
        }
    }

    /// A newline outside of a text: leaves the interpolations of texts that end with their line.
    pub(super) fn end_line(&mut self) {
        while let [.., Mode::Text(Quotes::One), Mode::Interpolation(_)] = self.modes.as_slice() {
            self.modes.truncate(self.modes.len() - 2);
        }
    }

    /// `'text'` on one line, which the language does not have: kept whole so that it can be reported whole.
    pub(super) fn single_quoted(&mut self) {
        let inside = &self.rest()[1..];
        match inside.find(['\'', '\n']) {
            Some(end) if inside.as_bytes()[end] == b'\'' => self.push(SyntaxKind::SingleQuoted, end + 2),
            _ => self.push(SyntaxKind::Unknown, 1),
        }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }
}

/// The length of the characters up to an end, an interpolation or, for single quotes, a newline.
fn characters(text: &str, quotes: Quotes) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() && !stops(&bytes[at..], quotes) {
        at += step(&bytes[at..]);
    }
    at.min(bytes.len())
}

fn stops(bytes: &[u8], quotes: Quotes) -> bool {
    match (bytes[0], quotes) {
        (b'$', _) => bytes.get(1) == Some(&b'{'),
        (b'"', Quotes::One) | (b'\n', Quotes::One) => true,
        (b'\r', Quotes::One) => bytes.get(1) == Some(&b'\n'),
        (b'"', Quotes::Three) => bytes.starts_with(b"\"\"\""),
        _ => false,
    }
}

/// An escaped quote, dollar or backslash does not end anything.
fn step(bytes: &[u8]) -> usize {
    match (bytes[0], bytes.get(1)) {
        (b'\\', Some(b'"' | b'$' | b'\\')) => 2,
        _ => 1,
    }
}
