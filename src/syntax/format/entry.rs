//! What stands between two brackets: elements, comments, and blank lines.

use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::{Element, View};

/// A part of an element.
#[derive(Clone, Copy)]
pub(super) enum EntryPart<'a> {
    Node(View<'a>),
    Comment(&'a str),
    Newline,
}

/// One thing between brackets.
pub(super) enum Entry<'a> {
    Element(Vec<EntryPart<'a>>),
    /// A comment on the line of what is before it.
    Trailing(&'a str),
    /// A comment on its own line.
    Comment(&'a str),
    Blank,
}

/// The entries of a container or a file, and whether they are on several lines.
#[derive(Default)]
pub(super) struct Entries<'a> {
    pub list: Vec<Entry<'a>>,
    pub lines: bool,
    newlines: usize,
}

impl<'a> Entries<'a> {
    /// Reads the elements of a file, whose first line is a line like the others.
    pub(super) fn of_file(elements: impl Iterator<Item = Element<'a>>) -> Self {
        Self { newlines: 1, ..Self::default() }.read(elements)
    }

    /// Reads elements up to the closing bracket.
    pub(super) fn of_brackets(elements: impl Iterator<Item = Element<'a>>) -> Self {
        Self::default().read(elements)
    }

    fn read(self, elements: impl Iterator<Item = Element<'a>>) -> Self {
        let mut entries = self;
        for element in elements {
            entries.add(element);
        }
        entries
    }

    fn add(&mut self, element: Element<'a>) {
        match element {
            Element::Node(node) if matches!(node.kind(), SyntaxKind::Each | SyntaxKind::Condition) => self.extend(node),
            Element::Node(node) => self.push(Entry::Element(vec![EntryPart::Node(node)])),
            Element::Token { kind: SyntaxKind::Newline, .. } => {
                self.newlines += 1;
                self.lines = true;
            }
            Element::Token { kind, text, .. } if kind.is_comment() => self.comment(text),
            Element::Token { .. } => {}
        }
    }

    fn push(&mut self, entry: Entry<'a>) {
        if self.newlines > 1 && !self.list.is_empty() {
            self.list.push(Entry::Blank);
        }
        self.newlines = 0;
        self.list.push(entry);
    }

    fn comment(&mut self, text: &'a str) {
        self.lines = true;
        match self.newlines {
            0 => self.push(Entry::Trailing(text)),
            _ => self.push(Entry::Comment(text)),
        }
    }

    /// A loop belongs to the element before it, and so do the comments between the two.
    fn extend(&mut self, node: View<'a>) {
        let start = self.list.iter().rposition(|entry| matches!(entry, Entry::Element(_))).unwrap_or(self.list.len());
        let between = self.list.split_off((start + 1).min(self.list.len()));
        let Some(Entry::Element(parts)) = self.list.last_mut() else { return };
        for entry in between {
            match entry {
                Entry::Trailing(text) => parts.push(EntryPart::Comment(text)),
                Entry::Comment(text) => parts.extend([EntryPart::Newline, EntryPart::Comment(text)]),
                Entry::Element(_) | Entry::Blank => {}
            }
        }
        if std::mem::take(&mut self.newlines) > 0 {
            parts.push(EntryPart::Newline);
        }
        parts.push(EntryPart::Node(node));
    }

    /// Whether an element follows this one.
    pub(super) fn goes_on(&self, index: usize) -> bool {
        self.list[index + 1..].iter().any(|entry| matches!(entry, Entry::Element(_)))
    }

    /// The elements alone.
    pub(super) fn elements(&self) -> impl Iterator<Item = &[EntryPart<'a>]> {
        self.list.iter().filter_map(|entry| match entry {
            Entry::Element(parts) => Some(parts.as_slice()),
            _ => None,
        })
    }
}
