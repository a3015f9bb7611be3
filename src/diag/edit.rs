//! Edits of texts: which can be applied together, and what comes of them.

use std::collections::BTreeMap;

use super::{Edit, Fix};
use crate::source::{SourceId, Span};

/// Edits of any number of texts, none over another.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    /// By their places.
    list: BTreeMap<Span, String>,
}

impl Edits {
    /// Takes the edits of a fix, all of them or none: none where one would meet an edit that is there already. The same
    /// edit twice is one.
    pub fn take(&mut self, fix: &Fix) -> bool {
        let fits =
            fix.edits.iter().all(|edit| self.has(edit) || !self.list.keys().any(|known| meet(*known, edit.span)));
        if fits {
            self.list.extend(fix.edits.iter().map(|edit| (edit.span, edit.replacement.clone())));
        }
        fits
    }

    fn has(&self, edit: &Edit) -> bool {
        self.list.get(&edit.span) == Some(&edit.replacement)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The texts that change.
    pub fn sources(&self) -> Vec<SourceId> {
        let mut list: Vec<SourceId> = self.list.keys().map(|span| span.source).collect();
        list.dedup();
        list
    }

    /// A text after the edits of it. A place that is not in the text is left alone.
    pub fn apply(&self, source: SourceId, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for (span, replacement) in self.list.iter().filter(|(span, _)| span.source == source) {
            let Some(before) = text.get(done..span.start as usize) else { continue };
            if text.get(span.start as usize..span.end as usize).is_none() {
                continue;
            }
            out.push_str(before);
            out.push_str(replacement);
            done = span.end as usize;
        }
        out.push_str(&text[done..]);
        out
    }
}

/// A text after the edits of one fix.
pub fn after(fix: &Fix, source: SourceId, text: &str) -> String {
    let mut edits = Edits::default();
    edits.take(fix);
    edits.apply(source, text)
}

/// Whether two edits would get in each other's way. Where one only inserts, touching is enough: which comes first would
/// be anybody's guess.
fn meet(a: Span, b: Span) -> bool {
    let inserts = a.start == a.end || b.start == b.end;
    let overlap = a.start < b.end && b.start < a.end;
    let touch = a.start <= b.end && b.start <= a.end;
    a.source == b.source && (overlap || inserts && touch)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: SourceId = SourceId(0);

    fn fix(edits: &[(u32, u32, &str)]) -> Fix {
        let fix = Fix::safe("");
        edits.iter().fold(fix, |fix, (start, end, text)| fix.edit(Span::new(TEXT, *start, *end), *text))
    }

    #[test]
    fn edits_that_meet_wait_for_another_round() {
        let mut edits = Edits::default();
        assert!(edits.take(&fix(&[(0, 3, "one")])));
        assert!(!edits.take(&fix(&[(2, 5, "x")])), "they overlap");
        assert!(!edits.take(&fix(&[(3, 3, "x")])), "an insertion touches");
        assert!(!edits.take(&fix(&[(8, 9, "x"), (1, 2, "y")])), "one of a fix's edits does not fit");
        assert!(edits.take(&fix(&[(0, 3, "one")])), "the same edit again");
        assert!(edits.take(&fix(&[(3, 4, "-"), (8, 8, "!")])));
        assert_eq!(edits.apply(TEXT, "abc defg"), "one-defg!");
        assert_eq!(edits.apply(SourceId(1), "abc defg"), "abc defg");
    }

    #[test]
    fn places_outside_a_text_are_left_alone() {
        assert_eq!(after(&fix(&[(5, 9, "x")]), TEXT, "abc"), "abc");
        assert_eq!(after(&fix(&[(1, 2, "x")]), TEXT, "aé"), "aé", "the middle of a letter");
    }
}
