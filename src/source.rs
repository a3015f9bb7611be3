//! Source files and places in them.
//!
//! Every text that takes part in a compile has a `SourceId`; a `Span` is a range of bytes in one of them. Lines and
//! columns are computed only when something is shown.

use std::sync::{Arc, OnceLock};

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
    /// Where its lines start; found when a line is first asked for.
    lines: OnceLock<Arc<[u32]>>,
}

impl Source {
    fn new(kind: SourceKind, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { kind, name: name.into(), text: text.into(), lines: OnceLock::new() }
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    fn line_column(&self, at: u32) -> (usize, usize) {
        let at = if self.text.is_char_boundary(at as usize) { at as usize } else { self.text.len() };
        let starts = self.lines.get_or_init(|| line_starts(&self.text));
        let line = starts.partition_point(|start| *start as usize <= at);
        let start = starts[line - 1] as usize;
        (line, self.text[start..at].chars().count() + 1)
    }
}

fn line_starts(text: &str) -> Arc<[u32]> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(end, _)| end as u32 + 1)).collect()
}

/// All texts of one compile, in the order they were first read.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    list: Vec<Source>,
    pasted: Pasted,
}

/// The bit that the numbers of pasted texts have.
const PASTED: u32 = 1 << 31;

/// Files that are no part of the language and that a model pastes with `read`; kept so that a problem can be shown in them.
/// They are added while a model is verified, when the other texts are shared.
#[derive(Debug, Default)]
struct Pasted(OnceLock<Box<(Source, Span, Pasted)>>);

/// Another compile reads them anew.
impl Clone for Pasted {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Pasted {
    fn iter(&self) -> impl Iterator<Item = (&Source, Span)> {
        fn first(of: &Pasted) -> Option<&(Source, Span, Pasted)> {
            of.0.get().map(|link| &**link)
        }
        std::iter::successors(first(self), |(_, _, rest)| first(rest)).map(|(source, by, _)| (source, *by))
    }

    fn add(&self, source: Source, by: Span) {
        let mut link = Box::new((source, by, Pasted::default()));
        let mut at = self;
        while let Err(back) = at.0.set(link) {
            link = back;
            let Some(next) = at.0.get() else { continue };
            at = &next.2;
        }
    }
}

impl Sources {
    /// Adds a text and returns its number.
    pub fn add(&mut self, kind: SourceKind, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> SourceId {
        let id = u32::try_from(self.list.len()).expect("a compile has fewer than 2^32 files");
        self.list.push(Source::new(kind, name, text));
        SourceId(id)
    }

    /// Gives a number another text.
    pub fn replace(&mut self, id: SourceId, text: Arc<str>) {
        let source = &mut self.list[id.0 as usize];
        *source = Source::new(source.kind, Arc::clone(&source.name), text);
    }

    /// The text with this number.
    pub fn get(&self, id: SourceId) -> &Source {
        let pasted = || self.pasted.iter().nth((id.0 & !PASTED) as usize).map(|(source, _)| source);
        match id.0 & PASTED {
            0 => &self.list[id.0 as usize],
            _ => pasted().expect("a number is given when its text is added"),
        }
    }

    /// The whole of a file that is pasted by an expression of another text; once for each content.
    pub fn paste(&self, kind: SourceKind, name: &str, text: &str, by: Span) -> Span {
        self.pasted_before(name, text).unwrap_or_else(|| {
            self.pasted.add(Source::new(kind, name, text), by);
            self.pasted_before(name, text).expect("it was added")
        })
    }

    /// The whole of a file that was pasted before.
    pub fn pasted_before(&self, name: &str, text: &str) -> Option<Span> {
        let place = self.pasted.iter().position(|(known, _)| (&*known.name, &*known.text) == (name, text))?;
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Some(Span::new(SourceId(PASTED | place as u32), 0, length))
    }

    /// The expression that pastes the text of a span, if one does.
    pub fn pasted_by(&self, span: Span) -> Option<Span> {
        let place = (span.source.0 & PASTED != 0).then_some((span.source.0 & !PASTED) as usize)?;
        self.pasted.iter().nth(place).map(|(_, by)| by)
    }

    /// All texts with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.list.iter().enumerate().map(|(i, s)| (SourceId(i as u32), s))
    }

    /// All files that expressions paste.
    pub fn pasted(&self) -> impl Iterator<Item = &Source> {
        self.pasted.iter().map(|(source, _)| source)
    }

    /// The text that a span covers.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source).text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Line and column of a span's start, both from 1; the column counts characters.
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        self.get(span.source).line_column(span.start)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_and_a_column_are_found_in_any_text() {
        for text in ["", "a", "\n", "a\n", "a\nä ö\n\nb\r\nc", "ää\n"] {
            let mut sources = Sources::default();
            let id = sources.add(SourceKind::File, "a.km", text);
            for at in 0..=text.len() as u32 + 2 {
                let before = text.get(..at as usize).unwrap_or(text);
                let line = before.rsplit('\n').next().unwrap_or_default();
                let place = (before.matches('\n').count() + 1, line.chars().count() + 1);
                assert_eq!(sources.line_column(Span::new(id, at, at)), place, "{at} of {text:?}");
            }
        }
    }

    #[test]
    fn another_text_has_lines_of_its_own() {
        let mut sources = Sources::default();
        let id = sources.add(SourceKind::File, "a.km", "a\nb");
        let place = |sources: &Sources| sources.place(Span::new(id, 2, 2));
        assert_eq!(place(&sources), "a.km:2:1");
        sources.replace(id, "abc".into());
        assert_eq!(place(&sources), "a.km:1:3");
    }
}
