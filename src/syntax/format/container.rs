//! Elements between brackets, and the statements of a file.

use super::INDENT;
use super::entry::{Entries, Entry};
use super::printer::{Broken, Mode, Printer};
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::{Element, View};

/// Whether a node has brackets with elements in them.
pub fn is_container(kind: SyntaxKind) -> bool {
    use SyntaxKind as K;
    matches!(
        kind,
        K::Body | K::Items | K::Changes | K::UseNames | K::RecordExpr | K::RecordType | K::ListExpr | K::CallExpr
    )
}

/// A container taken apart.
struct Container<'a> {
    kind: SyntaxKind,
    open: SyntaxKind,
    entries: Entries<'a>,
    close: SyntaxKind,
}

impl Container<'_> {
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
    pub fn file(mut self, root: View<'_>) -> String {
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
    pub fn container(&mut self, node: View<'_>) -> Result<(), Broken> {
        let elements: Vec<Element> = node.elements().collect();
        let opens = |element: &Element| matches!(element, Element::Token { kind, .. } if kind.opens());
        let at = elements.iter().position(opens).unwrap_or(elements.len());
        elements[..at].iter().try_for_each(|&element| self.element(node.kind(), element))?;
        let Some(Element::Token { kind: open, .. }) = elements.get(at).copied() else { return Ok(()) };
        let close = match elements.last() {
            Some(Element::Token { kind, .. }) => *kind,
            _ => open,
        };
        let inner = elements[at + 1..elements.len().max(at + 2) - 1].iter().copied();
        self.brackets(&Container { kind: node.kind(), open, entries: Entries::of_brackets(inner), close })
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
        self.settle();
        match self.flat(|printer| printer.inline(container)) {
            Ok(line) => self.take(&line),
            Err(Broken::Forced) if container.has_commas() => self.inline(container),
            Err(_) => self.broken(container),
        }
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

    fn lines(&mut self, entries: &Entries<'_>, comma: &str, inside: bool) -> Result<(), Broken> {
        for (index, entry) in entries.list.iter().enumerate() {
            match entry {
                Entry::Blank => self.out.push('\n'),
                Entry::Trailing(text) => self.trailing(text)?,
                Entry::Comment(text) => {
                    self.line();
                    self.trailing(text)?;
                }
                Entry::Element(parts) => {
                    self.line();
                    self.parts(parts)?;
                    if inside && entries.goes_on(index) {
                        self.out.push_str(comma);
                    }
                }
            }
        }
        Ok(())
    }
}
