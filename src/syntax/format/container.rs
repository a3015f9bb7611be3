//! Elements between brackets, and the statements of a file.

use super::INDENT;
use super::entry::{Entries, Entry, EntryPart};
use super::printer::{Broken, Mode, Printer};
use super::row::{self, AlignedRow};
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::{Element, View};

/// Whether a node has brackets with elements in them.
pub(super) fn is_container(kind: SyntaxKind) -> bool {
    use SyntaxKind as K;
    matches!(
        kind,
        K::Body | K::Items | K::Changes | K::UseNames | K::RecordExpr | K::RecordType | K::ListExpr | K::CallExpr
    )
}

/// Whether an element has a `=` to align.
fn has_equals(parts: &[EntryPart<'_>]) -> bool {
    matches!(parts, [EntryPart::Node(node), ..] if matches!(node.kind(), SyntaxKind::Field | SyntaxKind::SetChange))
}

fn opens(element: &Element<'_>) -> bool {
    matches!(element, Element::Token { kind, .. } if kind.opens())
}

/// A container taken apart.
struct Container<'a> {
    kind: SyntaxKind,
    open: SyntaxKind,
    entries: Entries<'a>,
    close: SyntaxKind,
}

impl<'a> Container<'a> {
    fn read(node: View<'a>) -> Option<Self> {
        let elements: Vec<Element> = node.elements().skip_while(|element| !opens(element)).collect();
        let [Element::Token { kind: open, .. }, inner @ .., last] = elements.as_slice() else { return None };
        let Element::Token { kind: close, .. } = last else { return None };
        let entries = Entries::of_brackets(inner.iter().copied());
        Some(Self { kind: node.kind(), open: *open, entries, close: *close })
    }

    /// The only element, if it is a list or a record with something in it.
    fn only(&self) -> Option<(View<'a>, Self)> {
        let [Entry::Element(parts)] = self.entries.list.as_slice() else { return None };
        let [EntryPart::Node(node)] = parts.as_slice() else { return None };
        let inner = matches!(node.kind(), SyntaxKind::ListExpr | SyntaxKind::RecordExpr);
        let inner = inner.then(|| Self::read(*node)).flatten().filter(|inner| !inner.is_empty())?;
        Some((*node, inner)).filter(|_| self.has_commas())
    }

    /// Elements on lines of their own need no commas between braces.
    fn has_commas(&self) -> bool {
        self.open != SyntaxKind::LeftBrace
    }

    fn is_empty(&self) -> bool {
        self.entries.list.is_empty()
    }
}

fn text_of(bracket: SyntaxKind) -> &'static str {
    bracket.describe().trim_matches('`')
}

impl Printer {
    /// All statements of a file.
    pub(super) fn file(mut self, root: View<'_>) -> String {
        let entries = Entries::of_file(root.elements());
        // In this mode nothing can be too long.
        let written = self.lines(&entries, ",", false);
        debug_assert!(written.is_ok(), "only flat text can break");
        let mut out = self.out.trim_start_matches('\n').to_owned();
        if !out.is_empty() {
            out.push('\n');
        }
        out
    }

    /// A node with brackets: what is before them, then the brackets and what is in them.
    pub(super) fn container(&mut self, node: View<'_>) -> Result<(), Broken> {
        self.head(node)?;
        match Container::read(node) {
            Some(container) => self.brackets(&container),
            None => Ok(()),
        }
    }

    /// What is before the brackets.
    fn head(&mut self, node: View<'_>) -> Result<(), Broken> {
        self.elements(node.kind(), node.elements().take_while(|element| !opens(element)))
    }

    fn brackets(&mut self, container: &Container<'_>) -> Result<(), Broken> {
        match (container.entries.lines && !container.is_empty(), self.mode) {
            (true, Mode::Flat) => Err(Broken::Forced),
            (true, Mode::Lines) => self.broken(container),
            (false, Mode::Flat) => self.inline(container),
            (false, Mode::Lines) => self.fitting(container),
        }
    }

    /// On one line if it fits. A list or a call may also hold something of several lines.
    fn fitting(&mut self, container: &Container<'_>) -> Result<(), Broken> {
        self.continue_line();
        match self.flat(|printer| printer.inline(container)) {
            Ok(line) => {
                self.take(&line);
                Ok(())
            }
            Err(Broken::Forced) if container.has_commas() => self.inline(container),
            Err(_) if container.is_empty() => self.inline(container),
            Err(_) => self.wide(container),
        }
    }

    /// One element a line; the brackets of a list or a record that is alone in a list or a call share their lines.
    fn wide(&mut self, container: &Container<'_>) -> Result<(), Broken> {
        let Some((node, inner)) = container.only() else { return self.broken(container) };
        self.token(container.kind, container.open, text_of(container.open))?;
        self.head(node)?;
        self.wide(&inner)?;
        self.token(container.kind, container.close, text_of(container.close))
    }

    fn inline(&mut self, container: &Container<'_>) -> Result<(), Broken> {
        self.token(container.kind, container.open, text_of(container.open))?;
        if container.is_empty() {
            self.glue();
        }
        for (index, parts) in container.entries.elements().enumerate() {
            if index > 0 {
                self.token(container.kind, SyntaxKind::Comma, ",")?;
            }
            self.parts(parts)?;
        }
        self.token(container.kind, container.close, text_of(container.close))
    }

    /// One element a line.
    fn broken(&mut self, container: &Container<'_>) -> Result<(), Broken> {
        self.token(container.kind, container.open, text_of(container.open))?;
        self.indent += INDENT;
        self.lines(&container.entries, if container.has_commas() { "," } else { "" }, true)?;
        self.indent -= INDENT;
        self.line();
        self.token(container.kind, container.close, text_of(container.close))
    }

    /// One entry a line.
    fn lines(&mut self, entries: &Entries<'_>, comma: &str, inside: bool) -> Result<(), Broken> {
        let mut rows: Vec<AlignedRow<'_>> = Vec::new();
        for (index, entry) in entries.list.iter().enumerate() {
            match (entry, rows.last_mut()) {
                (Entry::Trailing(text), None) => self.trailing(text)?,
                (Entry::Trailing(text), Some(row)) => row.comment = Some(text.trim_end()),
                (Entry::Blank, _) => rows.push(AlignedRow::default()),
                (Entry::Comment(text), _) => {
                    rows.push(AlignedRow { text: text.trim_end().to_owned(), ..AlignedRow::default() })
                }
                (Entry::Element(parts), _) => {
                    let comma = if inside && entries.goes_on(index) { comma } else { "" };
                    rows.push(self.row(parts, comma)?);
                }
            }
        }
        row::write(&mut rows, self.indent, &mut self.out);
        Ok(())
    }

    /// What is written for an element.
    fn row<'a>(&mut self, parts: &[EntryPart<'_>], comma: &str) -> Result<AlignedRow<'a>, Broken> {
        let outer = self.equals.take();
        let start = self.out.len();
        self.line();
        let text = self.out.len();
        self.parts(parts)?;
        self.out.push_str(comma);
        let equals = self.equals.filter(|_| has_equals(parts)).map(|at| at - text);
        let row = AlignedRow { text: self.out.split_off(text), equals, ..AlignedRow::default() };
        self.out.truncate(start);
        self.equals = outer;
        Ok(row)
    }
}
