//! Source files and places in them.
//!
//! Every text that takes part in a compile has a `SourceId`; a `Span` is a range of bytes in one of them. Lines and
//! columns are computed only when something is shown.

use std::sync::Arc;

/// The number of a text within one [`Sources`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct SourceId(pub u32);

/// A range of bytes, half-open, in one source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span {
    pub source: SourceId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// The range `start..end` of bytes in `source`.
    pub const fn new(source: SourceId, start: u32, end: u32) -> Self {
        Self { source, start, end }
    }

    /// The smallest span that covers both; both are of one source.
    pub fn to(self, other: Span) -> Span {
        debug_assert_eq!(self.source, other.source);
        Span::new(self.source, self.start.min(other.start), self.end.max(other.end))
    }
}

/// Where a text comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SourceKind {
    /// A file of the model's own.
    File,
    /// A file of the standard library, which is inside the program.
    Library,
    /// The value of an option, such as `--set`.
    CommandLine(&'static str),
}

/// One text: its name as shown to people (a path, `std/etcd` for the standard library, an option) and its content.
#[derive(Clone, Debug)]
pub struct Source {
    pub kind: SourceKind,
    pub name: Arc<str>,
    pub text: Arc<str>,
}

/// All texts of one compile, in the order they were first read.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    list: Vec<Source>,
}

impl Sources {
    /// Adds a text and returns its number.
    pub fn add(&mut self, kind: SourceKind, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> SourceId {
        let id = u32::try_from(self.list.len()).expect("a compile has fewer than 2^32 files");
        self.list.push(Source { kind, name: name.into(), text: text.into() });
        SourceId(id)
    }

    /// Gives a number another text.
    pub fn replace(&mut self, id: SourceId, text: Arc<str>) {
        self.list[id.0 as usize].text = text;
    }

    /// The text with this number.
    pub fn get(&self, id: SourceId) -> &Source {
        &self.list[id.0 as usize]
    }

    /// All texts with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.list.iter().enumerate().map(|(i, s)| (SourceId(i as u32), s))
    }

    /// The text that a span covers.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source).text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Line and column of a span's start, both from 1; the column counts characters.
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let text = &self.get(span.source).text;
        let before = text.get(..span.start as usize).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// From the start of a span to the end of that line, without spaces at its end.
    pub fn line_end(&self, span: Span) -> Span {
        let rest = self.get(span.source).text.get(span.start as usize..).unwrap_or("");
        let line = rest.lines().next().unwrap_or("");
        Span::new(span.source, span.start, span.start + line.trim_end().len() as u32)
    }

    /// `name:line:column` of a span's start.
    pub fn place(&self, span: Span) -> String {
        let (line, column) = self.line_column(span);
        format!("{}:{line}:{column}", self.get(span.source).name)
    }
}
