//! Texts: escapes undone, indentation removed.

use super::Lower;
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Text, TextPart};
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::{Element, View};

impl Lower {
    /// A text with its parts.
    pub(super) fn text(&mut self, node: View<'_>) -> Text {
        let three = node.tokens(SyntaxKind::StringStart).next().is_some_and(|(quotes, _)| quotes.len() == 3);
        let indent = if three { indentation(node) } else { 0 };
        let mut parts = Vec::new();
        let mut line = Line { three, indent, first: three, start: three };
        for element in node.elements() {
            match element {
                Element::Token { kind: SyntaxKind::StringText, text, span } => {
                    let last = span.end == end_of_text(node);
                    let raw = line.strip(text, last);
                    self.piece(&raw, text, span, &mut parts);
                }
                Element::Node(node) => {
                    parts.push(TextPart::Expr(self.expression(node)));
                    (line.first, line.start) = (false, false);
                }
                Element::Token { .. } => {}
            }
        }
        Text { parts, span: node.span() }
    }

    fn piece(&mut self, raw: &str, source: &str, span: Span, parts: &mut Vec<TextPart>) {
        self.report_escapes(source, span);
        if !raw.is_empty() {
            parts.push(TextPart::Text(unescape(raw).into()));
        }
    }

    fn report_escapes(&mut self, text: &str, span: Span) {
        let mut at = 0;
        while let Some(found) = text[at..].find('\\') {
            at += found;
            let (length, value) = escape(&text[at..]);
            if value.is_none() {
                let start = span.start + at as u32;
                let place = Span::new(span.source, start, start + length as u32);
                self.diagnostics.push(unknown_escape(&text[at..at + length], place));
            }
            at += length;
        }
    }
}

fn unknown_escape(text: &str, place: Span) -> Diagnostic {
    Diagnostic::new(Code::InvalidEscape, place, format!("`{text}` is not an escape"))
        .help("escapes are `\\n`, `\\t`, `\\r`, `\\\\`, `\\\"`, `\\$` and `\\u{1F600}`; a backslash is written `\\\\`")
}

/// Where the last piece of characters ends.
fn end_of_text(node: View<'_>) -> u32 {
    let end = node.tokens(SyntaxKind::StringEnd).last();
    end.map_or(node.span().end, |(_, span)| span.start)
}

/// The characters with their escapes undone; one that is none stays as it is.
fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let (length, value) = escape(&rest[at..]);
        match value {
            Some(character) => text.push(character),
            None => text.push_str(&rest[at..at + length]),
        }
        rest = &rest[at + length..];
    }
    text + rest
}

/// The length of the escape at the start, a backslash, and the character it stands for.
fn escape(text: &str) -> (usize, Option<char>) {
    let Some(next) = text[1..].chars().next() else { return (1, None) };
    let character = match next {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '\\' | '"' | '$' => next,
        'u' => return unicode(text),
        _ => return (1 + next.len_utf8(), None),
    };
    (2, Some(character))
}

/// `\u{1F600}`.
fn unicode(text: &str) -> (usize, Option<char>) {
    let Some(digits) = text[2..].strip_prefix('{') else { return (2, None) };
    let count = digits.bytes().take_while(u8::is_ascii_hexdigit).count();
    if count == 0 || count > 6 || digits.as_bytes().get(count) != Some(&b'}') {
        return (3, None);
    }
    let number = u32::from_str_radix(&digits[..count], 16).ok();
    (count + 4, number.and_then(char::from_u32))
}

/// The indentation of the least indented line of a text in three quotes; lines of nothing but space do not count.
fn indentation(node: View<'_>) -> usize {
    let mut least = usize::MAX;
    let mut spaces = None;
    for element in node.elements() {
        match element {
            Element::Token { kind: SyntaxKind::StringText, text, .. } => measure(text, &mut spaces, &mut least),
            Element::Node(_) => least = least.min(spaces.take().unwrap_or(usize::MAX)),
            Element::Token { .. } => {}
        }
    }
    if least == usize::MAX { 0 } else { least }
}

/// Measures the lines of a piece. `spaces` is the space so far of a line that has had nothing else.
fn measure(text: &str, spaces: &mut Option<usize>, least: &mut usize) {
    for character in text.chars() {
        match (character, &mut *spaces) {
            ('\n', _) => *spaces = Some(0),
            ('\r', _) | (' ' | '\t', None) => {}
            (' ' | '\t', Some(count)) => *count += 1,
            (_, _) => *least = (*least).min(spaces.take().unwrap_or(usize::MAX)),
        }
    }
}

/// Where removing the indentation has got to.
struct Line {
    three: bool,
    indent: usize,
    /// Still on the line of the opening quotes.
    first: bool,
    /// At the start of a line.
    start: bool,
}

impl Line {
    /// The piece without indentation, carriage returns, the newline after the opening quotes, and the space before the
    /// closing ones.
    fn strip(&mut self, text: &str, last: bool) -> String {
        if !self.three {
            return text.to_owned();
        }
        let text = text.replace("\r\n", "\n");
        let mut rest = text.as_str();
        if std::mem::take(&mut self.first) {
            let blank = rest.trim_start_matches([' ', '\t']);
            rest = blank.strip_prefix('\n').unwrap_or(rest);
            self.start = blank.starts_with('\n');
        }
        let mut stripped = String::with_capacity(rest.len());
        for (index, line) in rest.split('\n').enumerate() {
            if index > 0 {
                stripped.push('\n');
            }
            let at_start = index > 0 || self.start;
            stripped.push_str(if at_start { without_indent(line, self.indent) } else { line });
        }
        self.start = rest.ends_with('\n');
        if last { without_last_spaces(stripped) } else { stripped }
    }
}

fn without_indent(line: &str, indent: usize) -> &str {
    let spaces = line.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count();
    &line[spaces.min(indent)..]
}

/// The line of the closing quotes counts for nothing when it is only space.
fn without_last_spaces(mut text: String) -> String {
    let kept = text.trim_end_matches([' ', '\t']).len();
    if text[..kept].ends_with('\n') {
        text.truncate(kept);
    }
    text
}
