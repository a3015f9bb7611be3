//! Lines and columns of a text, in the units an editor counts in.

use std::sync::Arc;

/// What a column counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Encoding {
    Utf8,
    /// What every editor knows.
    #[default]
    Utf16,
    Utf32,
}

/// A place: both count from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// A text with the starts of its lines. A line ends with `\n`, `\r\n` or `\r`.
#[derive(Clone, Debug)]
pub struct Lines {
    text: Arc<str>,
    starts: Vec<u32>,
}

impl Encoding {
    /// How many units a character takes.
    fn width(self, c: char) -> u32 {
        match self {
            Encoding::Utf8 => c.len_utf8() as u32,
            Encoding::Utf16 => c.len_utf16() as u32,
            Encoding::Utf32 => 1,
        }
    }
}

impl Lines {
    /// Reads where the lines start.
    pub fn new(text: Arc<str>) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at as u32 + 1)).collect();
        Self { text, starts }
    }

    /// Those of the text with another one in place of a range; only what is near it is read.
    pub fn changed(&self, start: u32, end: u32, text: &str) -> Self {
        let (before, behind) = (&self.text[..start as usize], &self.text[end as usize..]);
        let whole: Arc<str> = [before, text, behind].concat().into();
        let bytes = whole.as_bytes();
        // What follows the end of a line decides whether it is one.
        let is_start = |at: &u32| {
            let at = *at as usize;
            bytes[at - 1] == b'\n' || bytes[at - 1] == b'\r' && bytes.get(at) != Some(&b'\n')
        };
        let kept = self.starts.partition_point(|line| *line < start).max(1);
        let moved = self.starts.partition_point(|line| *line <= end);
        let (new, by) = (start + text.len() as u32, (text.len() as u32).wrapping_sub(end - start));
        let mut starts = Vec::with_capacity(self.starts.len() + 1);
        starts.extend_from_slice(&self.starts[..kept]);
        starts.extend((start.max(1)..=new).filter(is_start));
        starts.extend(self.starts[moved.max(1)..].iter().map(|line| line.wrapping_add(by)));
        Self { text: whole, starts }
    }

    /// The text itself.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// How many lines there are; a text that ends with a newline has an empty last line.
    pub fn count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The bytes of a line without its end; of a line beyond the last, the end of the text.
    pub fn line(&self, line: u32) -> (u32, u32) {
        let length = self.text.len() as u32;
        let Some(start) = self.starts.get(line as usize).copied() else { return (length, length) };
        let next = self.starts.get(line as usize + 1).copied().unwrap_or(length);
        let content = self.text[start as usize..next as usize].trim_end_matches(['\r', '\n']);
        (start, start + content.len() as u32)
    }

    /// The byte at a position. One beyond the end of its line is the end of the line, one beyond the last line the end of
    /// the text; one inside a character is its start.
    pub fn offset(&self, position: Position, encoding: Encoding) -> u32 {
        let (start, end) = self.line(position.line);
        let mut column = 0;
        for (at, c) in self.text[start as usize..end as usize].char_indices() {
            column += encoding.width(c);
            if column > position.column {
                return start + at as u32;
            }
        }
        end
    }

    /// The position of a byte; of one beyond the text, its end.
    pub fn position(&self, offset: u32, encoding: Encoding) -> Position {
        let offset = offset.min(self.text.len() as u32);
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let start = self.starts[line] as usize;
        let before = self.text.get(start..offset as usize).unwrap_or("");
        let column = match encoding {
            Encoding::Utf8 => before.len() as u32,
            _ => before.chars().map(|c| encoding.width(c)).sum(),
        };
        Position { line: line as u32, column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Lines {
        Lines::new(text.into())
    }

    #[test]
    fn columns_count_what_the_editor_counts() {
        let lines = lines("let a = \"a😀é\"\nx");
        let place = |column, encoding| lines.offset(Position { line: 0, column }, encoding);
        assert_eq!(place(14, Encoding::Utf8), 14);
        assert_eq!(place(12, Encoding::Utf16), 14);
        assert_eq!(place(11, Encoding::Utf32), 14);
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            for offset in [0, 9, 10, 14, 16, 18, 19] {
                let position = lines.position(offset, encoding);
                assert_eq!(lines.offset(position, encoding), offset, "{offset} {encoding:?}");
            }
        }
    }

    #[test]
    fn every_line_end_counts() {
        let lines = lines("a\r\nb\rc\nd");
        assert_eq!(lines.count(), 4);
        assert_eq!(lines.line(0), (0, 1));
        assert_eq!(lines.line(1), (3, 4));
        assert_eq!(lines.position(5, Encoding::Utf16), Position { line: 2, column: 0 });
    }

    #[test]
    fn changed_lines_are_those_of_the_new_text() {
        let texts = ["", "\n", "\r", "\r\n", "a", "\ra\n", "b\r"];
        let whole = "\r\na\r\n\n\rb\nc\r";
        for start in 0..=whole.len() {
            for end in start..=whole.len() {
                for text in texts {
                    let changed = lines(whole).changed(start as u32, end as u32, text);
                    let fresh = lines(&[&whole[..start], text, &whole[end..]].concat());
                    assert_eq!(changed.text(), fresh.text());
                    assert_eq!(changed.starts, fresh.starts, "{start} {end} {text:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_out_of_range_is_the_end() {
        let lines = lines("ab\ncd");
        let at = |line, column| lines.offset(Position { line, column }, Encoding::Utf16);
        assert_eq!((at(0, 9), at(7, 0), at(1, u32::MAX)), (2, 5, 5));
        assert_eq!(lines.position(99, Encoding::Utf8), Position { line: 1, column: 2 });
    }
}
