//! Text for a terminal: a control character of a model, a file or a server is shown, not obeyed.

use std::fmt::Display;
use std::io::{self, BufWriter, Write, stderr};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether kmodel styles what it writes; if not, every escape sequence comes from elsewhere.
static STYLED: AtomicBool = AtomicBool::new(false);

/// Lets the styles of kmodel itself through from now on.
pub(super) fn styled() {
    STYLED.store(true, Ordering::Relaxed);
}

/// Writes a line to stderr. There is nowhere left to say that it cannot be written.
pub(super) fn say(text: impl Display) {
    let mut out = Visible(BufWriter::new(stderr().lock()));
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    let _ = out.0.into_parts();
}

/// A writer that shows control characters as escapes that JSON has too, such as `\u001b`. Newlines and tabs stay.
#[derive(Debug)]
pub struct Visible<W>(pub W);

impl<W: Write> Write for Visible<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.text(text),
            Err(_) => self.text(&String::from_utf8_lossy(bytes)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> Visible<W> {
    fn text(&mut self, mut text: &str) -> io::Result<()> {
        while let Some(at) = text.find(is_obeyed) {
            let (plain, rest) = text.split_at(at);
            self.0.write_all(plain.as_bytes())?;
            let style = if STYLED.load(Ordering::Relaxed) { style(rest) } else { 0 };
            let taken = match style {
                0 => rest.chars().next().map_or(0, char::len_utf8),
                length => length,
            };
            let (obeyed, rest) = rest.split_at(taken);
            match (style, obeyed.chars().next()) {
                (0, Some(obeyed)) => write!(self.0, "\\u{:04x}", u32::from(obeyed))?,
                _ => self.0.write_all(obeyed.as_bytes())?,
            }
            text = rest;
        }
        self.0.write_all(text.as_bytes())
    }
}

/// A text with its control characters shown.
pub(super) fn shown(text: &str) -> String {
    let mut out = Visible(Vec::new());
    // A list of bytes takes all of them.
    let _ = out.text(text);
    String::from_utf8_lossy(&out.0).into_owned()
}

/// Whether a terminal does something else with a character than to show it: controls, and what turns the direction of text.
fn is_obeyed(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || c.is_control() && c != '\n' && c != '\t'
}

/// The length of the style that a text begins with: `ESC [ 1 ; 31 m`; 0 if it does not. None of these hides text.
fn style(text: &str) -> usize {
    let Some((numbers, _)) = text.strip_prefix("\u{1b}[").and_then(|rest| rest.split_once('m')) else { return 0 };
    let known =
        |number: &str| matches!(number.parse(), Ok(0..=4 | 22..=24 | 31..=37 | 39 | 91..=97_u8)) || number.is_empty();
    if numbers.split(';').all(known) { numbers.len() + 3 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_obeyed_but_a_style() {
        assert_eq!(shown("a\u{1b}]0;x\u{7}\tb\n"), "a\\u001b]0;x\\u0007\tb\n");
        assert_eq!(shown("é\u{9b}2J\r\u{202e}\0"), "é\\u009b2J\\u000d\\u202e\\u0000");
        assert_eq!(style("\u{1b}[1;31mx"), 7);
        for text in ["\u{1b}[8m", "\u{1b}[2J", "\u{1b}[30m", "x", "\u{1b}"] {
            assert_eq!(style(text), 0, "{text:?}");
        }
    }
}
