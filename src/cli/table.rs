//! Tables and lists that fit a width.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::look::Look;

/// A last column with less room than this goes to lines of its own.
const LEAST_ROOM: usize = 24;

/// How a cell is painted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Paint {
    Plain,
    Name,
    Dim,
}

/// A text in a column. Its width is that of the text, whatever its colour.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cell {
    text: String,
    paint: Paint,
}

impl Cell {
    /// A cell without colour.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), paint: Paint::Plain }
    }

    /// A name.
    pub fn name(text: impl Into<String>) -> Self {
        Self { text: text.into(), paint: Paint::Name }
    }

    /// Secondary text.
    pub fn dim(text: impl Into<String>) -> Self {
        Self { text: text.into(), paint: Paint::Dim }
    }

    fn painted(&self, look: &Look) -> String {
        match self.paint {
            Paint::Plain => self.text.clone(),
            Paint::Name => look.name(&self.text),
            Paint::Dim => look.dim(&self.text),
        }
    }
}

/// Writes rows with two spaces between columns. The last column is wrapped at the width, or, when that leaves it too
/// little room, goes to lines of its own below.
pub fn table(out: &mut dyn Write, look: &Look, indent: usize, rows: &[Vec<Cell>]) -> io::Result<()> {
    let widths = widths(rows);
    rows.iter().try_for_each(|row| line(out, look, indent, &widths, row))
}

/// How wide each column is.
pub fn widths(rows: &[Vec<Cell>]) -> Vec<usize> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let wide = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.text.width()).max();
    (0..columns).map(|column| wide(column).unwrap_or(0)).collect()
}

/// Writes one row of a table whose columns are this wide.
pub fn line(out: &mut dyn Write, look: &Look, indent: usize, widths: &[usize], row: &[Cell]) -> io::Result<()> {
    let Some((last, before)) = row.split_last() else { return Ok(()) };
    // Padding is written before a cell and not after one, so that no line ends in spaces.
    let (mut column, mut padding) = (indent, indent);
    for (cell, width) in before.iter().zip(widths).filter(|(_, width)| **width > 0) {
        write!(out, "{:padding$}{}", "", cell.painted(look))?;
        padding = width - cell.text.width() + 2;
        column += width + 2;
    }
    let room = look.width.saturating_sub(column);
    if last.text.is_empty() {
        writeln!(out)
    } else if last.text.width() > room && room < LEAST_ROOM {
        writeln!(out)?;
        hanging(out, look, (indent + 4, indent + 4), last)
    } else {
        hanging(out, look, (padding, column), last)
    }
}

/// Writes a cell and wraps it; the first line stands after `padding` more spaces, the others in `column`.
fn hanging(out: &mut dyn Write, look: &Look, (padding, column): (usize, usize), cell: &Cell) -> io::Result<()> {
    for (index, text) in wrap(&cell.text, look.width.saturating_sub(column)).into_iter().enumerate() {
        let indent = if index == 0 { padding } else { column };
        writeln!(out, "{:indent$}{}", "", Cell { text, paint: cell.paint }.painted(look))?;
    }
    Ok(())
}

/// A text after a label, wrapped under itself: `runs  a, b,` and `      c`.
pub fn labelled(out: &mut dyn Write, look: &Look, indent: usize, label: &str, text: &str) -> io::Result<()> {
    let column = indent + label.width() + 1;
    let mut lines = wrap(text, look.width.saturating_sub(column)).into_iter();
    writeln!(out, "{:indent$}{} {}", "", look.dim(label), lines.next().unwrap_or_default())?;
    lines.try_for_each(|line| writeln!(out, "{:column$}{line}", ""))
}

/// Breaks a text at spaces so that each line fits; a word that is too long stands alone. What is in backticks stays together
/// if a line can hold it.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words(text, width) {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The words of a text; those between two backticks are one, if they fit on a line.
fn words(text: &str, width: usize) -> Vec<&str> {
    let (mut list, mut start, mut inside) = (Vec::new(), 0, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '`' => inside = !inside && is_short(&text[at + 1..], width),
            ' ' if !inside => {
                list.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    list.push(&text[start..]);
    list.retain(|word| !word.is_empty());
    list
}

/// Whether a line can hold what a backtick begins.
fn is_short(rest: &str, width: usize) -> bool {
    rest.find('`').is_some_and(|end| rest[..end].width() + 2 <= width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_not_broken() {
        assert_eq!(wrap("write `a = b` or so", 11), ["write", "`a = b` or", "so"]);
        assert_eq!(wrap("see `a b c d e f`", 9), ["see `a b", "c d e f`"]);
        assert_eq!(wrap("a ` b c", 3), ["a `", "b c"]);
    }

    #[test]
    fn words_go_on_the_next_line_when_they_do_not_fit() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("unbreakable x", 4), ["unbreakable", "x"]);
        assert!(wrap("", 4).is_empty());
    }

    #[test]
    fn the_last_column_wraps_under_itself() {
        let look = Look { width: 40, colour: false, unicode: true };
        let mut out = Vec::new();
        let row = vec![Cell::name("ab"), Cell::plain("one two three four five six seven eight nine")];
        table(&mut out, &look, 2, &[row]).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "  ab  one two three four five six seven\n      eight nine\n");
    }
}
