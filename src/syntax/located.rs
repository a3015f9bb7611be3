//! A statement where it is now.
//!
//! An edit moves all statements behind it. They are kept as they were first read, with how far they have moved; their places
//! are computed when one of them is looked at.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::ast::{Statement, StatementKind};
use super::rebase::Rebase;
use crate::source::Span;

/// A statement as it was first read, and by how much it has moved since.
pub struct Located {
    origin: Arc<Statement>,
    by: u32,
    here: OnceLock<Box<Statement>>,
}

impl Located {
    /// A statement that moved by so many bytes, modulo 2^32.
    pub fn new(origin: Arc<Statement>, by: u32) -> Self {
        Self { origin, by, here: OnceLock::new() }
    }

    /// As it was first read: the same one as long as nothing in it changes. Its places are of then.
    pub fn origin(&self) -> &Arc<Statement> {
        &self.origin
    }

    /// Where it is, without the places in it.
    pub fn span(&self) -> Span {
        self.origin.span.rebased(self.by)
    }

    /// A place that was in it when it was first read, now.
    pub fn now(&self, then: Span) -> Span {
        then.rebased(self.by)
    }

    /// What it is, without where.
    pub fn is(&self, wanted: impl FnOnce(&StatementKind) -> bool) -> bool {
        wanted(&self.origin.kind)
    }
}

impl Deref for Located {
    type Target = Statement;

    fn deref(&self) -> &Statement {
        match self.by {
            0 => &self.origin,
            by => self.here.get_or_init(|| Box::new(self.origin.as_ref().clone().rebased(by))),
        }
    }
}

impl fmt::Debug for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.deref().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use crate::syntax::parse;

    #[test]
    fn places_are_those_of_now() {
        let first = "let z = 1\nlet a = [1, b]\n";
        let second = "// One line more.\nlet z = 1\nlet a = [1, b]\n";
        let before = parse(SourceId(0), first);
        let after = before.changed(first, second);
        let (moved, fresh) = (&after.file.statements[1], parse(SourceId(0), second));
        assert!(Arc::ptr_eq(moved.origin(), before.file.statements[1].origin()));
        assert_eq!(moved.span(), fresh.file.statements[1].span());
        assert_eq!(format!("{moved:?}"), format!("{:?}", fresh.file.statements[1]));
        assert_eq!(moved.now(moved.origin().span), moved.span());
    }
}
