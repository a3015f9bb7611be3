//! The texts that one problem points into, as one.
//!
//! miette shows labels of one source only. Here the files lie behind each other in one row of offsets, in the order in
//! which the labels name them, so that each snippet is shown under the name of its own file.

use std::borrow::Cow;

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::diag::{Diagnostic, Label};
use crate::source::{Source, SourceId, Sources};

use super::is_place;
use super::mask::Mask;

/// Files and where each starts.
#[derive(Debug)]
pub(super) struct Texts<'a>(Vec<Placed<'a>>);

#[derive(Debug)]
struct Placed<'a> {
    id: SourceId,
    source: &'a Source,
    /// What is shown of it.
    text: Cow<'a, str>,
    start: usize,
}

impl<'a> Texts<'a> {
    /// The files that a problem's labels are in.
    pub(super) fn new(sources: &'a Sources, mask: &Mask, problem: &Diagnostic) -> Self {
        let mut list: Vec<Placed<'a>> = Vec::new();
        let mut start = 0;
        for label in problem.labels.iter().filter(|label| is_place(label.span)) {
            let id = label.span.source;
            if list.iter().all(|placed| placed.id != id) {
                let source = sources.get(id);
                let text = mask.text(source).map_or(Cow::Borrowed(&*source.text), Cow::Owned);
                list.push(Placed { id, source, text, start });
                // A gap, so that the end of one is not the start of the next.
                start += source.text.len() + 2;
            }
        }
        Self(list)
    }

    /// Whether a line that would be shown is too wide to be: miette ends the program at column 65,536.
    pub(super) fn is_too_wide(&self, problem: &Diagnostic) -> bool {
        let labels = problem.labels.iter().filter(|label| is_place(label.span));
        labels.into_iter().any(|label| {
            let placed = self.0.iter().find(|placed| placed.id == label.span.source);
            placed.is_some_and(|placed| is_wide(&placed.source.text, label))
        })
    }

    /// A label with its place in the row. The place to look is the one that the snippet's head names.
    pub(super) fn label(&self, label: &Label, primary: bool) -> LabeledSpan {
        let start = self.0.iter().find(|placed| placed.id == label.span.source).map_or(0, |placed| placed.start);
        let length = label.span.end.saturating_sub(label.span.start) as usize;
        let text = Some(label.text.clone()).filter(|text| !text.is_empty());
        let span = SourceSpan::from((start + label.span.start as usize, length));
        if primary { LabeledSpan::new_primary_with_span(text, span) } else { LabeledSpan::new_with_span(text, span) }
    }
}

/// Whether one of the lines of a label, or the one before or after them, is wider than anybody reads.
fn is_wide(text: &str, label: &Label) -> bool {
    const WIDEST: usize = 4_000;
    let (start, end) = (label.span.start as usize, label.span.end as usize);
    let before = text.get(..start).unwrap_or(text).rsplit('\n').take(2).map(str::len).sum::<usize>();
    let after = text.get(end..).unwrap_or_default().split('\n').take(2).map(str::len).sum::<usize>();
    let inside = text.get(start..end).unwrap_or_default().split('\n').map(str::len).max().unwrap_or(0);
    before.max(after).max(inside) > WIDEST
}

impl SourceCode for Texts<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let found = self.0.iter().rev().find(|placed| placed.start <= span.offset()).ok_or(MietteError::OutOfBounds)?;
        let own = SourceSpan::from((span.offset() - found.start, span.len()));
        let text: &str = &found.text;
        let contents = text.read_span(&own, before, after)?;
        let shifted = SourceSpan::from((contents.span().offset() + found.start, contents.span().len()));
        Ok(Box::new(MietteSpanContents::new_named(
            found.source.name.to_string(),
            contents.data(),
            shifted,
            contents.line(),
            contents.column(),
            // That of `contents` counts from the start of the text, which joins snippets that are far apart.
            1 + contents.data().iter().filter(|byte| **byte == b'\n').count(),
        )))
    }
}
