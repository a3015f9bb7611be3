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
        let rest = self.after_quotes(&text);
        let mut stripped = self.dedented(rest);
        self.start = rest.ends_with('\n');
        if last {
            trim_last_line(&mut stripped);
        }
        stripped
    }

    /// Without the newline after the opening quotes, if nothing but space is before it.
    fn after_quotes<'t>(&mut self, text: &'t str) -> &'t str {
        if !std::mem::take(&mut self.first) {
            return text;
        }
        let rest = text.trim_start_matches([' ', '\t']).strip_prefix('\n');
        self.start = rest.is_some();
        rest.unwrap_or(text)
    }

    fn dedented(&self, text: &str) -> String {
        let mut dedented = String::with_capacity(text.len());
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                dedented.push('\n');
            }
            let at_start = index > 0 || self.start;
            dedented.push_str(if at_start { without_indent(line, self.indent) } else { line });
        }
        dedented
    }
}

fn without_indent(line: &str, indent: usize) -> &str {
    let spaces = line.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count();
    &line[spaces.min(indent)..]
}

/// The line of the closing quotes counts for nothing when it is only space.
fn trim_last_line(text: &mut String) {
    let kept = text.trim_end_matches([' ', '\t']).len();
    if text[..kept].ends_with('\n') {
        text.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use crate::source::SourceId;
    use crate::syntax::ast::{ExprKind, StatementKind, TextPart};
    use crate::syntax::parse;

    /// The value of a text, with `<>` for what it interpolates.
    fn value(text: &str) -> String {
        let file = parse(SourceId(0), &format!("let a = {text}\n")).file;
        let Some(StatementKind::Let(binding)) = file.statements.first().map(|statement| &statement.kind) else {
            panic!("{text} is a text");
        };
        let ExprKind::Text(text) = &binding.value.kind else { panic!("{text} is a text") };
        let parts = text.parts.iter().map(|part| match part {
            TextPart::Text(text) => text.to_string(),
            TextPart::Expr(_) => "<>".to_owned(),
        });
        parts.collect()
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(value(r#""a\n\t\r\\\"\$\u{1F600}b""#), "a\n\t\r\\\"$\u{1F600}b");
        assert_eq!(value(r#""\${x} $x $""#), "${x} $x $");
        assert_eq!(value(r#""a ${f("b ${c}")} d""#), "a <> d");
        assert_eq!(value(r#""""#), "");
    }

    #[test]
    fn indentation_is_removed() {
        assert_eq!(value("\"\"\"\n    a\n      b\n\n    c\n    \"\"\""), "a\n  b\n\nc\n");
        assert_eq!(value("\"\"\"\n    a\n  \"\"\""), "a\n");
        assert_eq!(value("\"\"\"\n  ${x}\n    b ${y}\n  c\"\"\""), "<>\n  b <>\nc");
        assert_eq!(value("\"\"\"one line\"\"\""), "one line");
        assert_eq!(value("\"\"\"first\n  second\n\"\"\""), "first\nsecond\n");
        assert_eq!(value("\"\"\"\r\n  a\r\n  b\r\n\"\"\""), "a\nb\n");
        assert_eq!(value("\"\"\"\n  say \"hi\"\n  \\n\n\"\"\""), "say \"hi\"\n\n\n");
    }
}
