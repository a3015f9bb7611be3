//! A unit of a file that is parsed by itself: a statement, or what stands in the place of one.
//!
//! How it parses depends on its own text and on a few tokens behind it. While those stay, it need not be parsed again; it
//! may only stand elsewhere, because of an edit above it.

use std::sync::Arc;

use rowan::GreenNode;

use crate::diag::Diagnostic;
use crate::syntax::ast::Statement;
use crate::syntax::rebase::Rebase;

/// A unit as it was parsed.
#[derive(Debug)]
pub(crate) struct Unit {
    /// The trivia before it and its nodes and tokens, as children of one node.
    pub green: GreenNode,
    pub statements: Vec<Arc<Statement>>,
    /// Problems of the parser.
    pub read: Vec<Diagnostic>,
    /// Problems that only the values show.
    pub lowered: Vec<Diagnostic>,
    /// Where it began when it was parsed; all places in it are of then.
    pub start: u32,
    /// So many tokens it has, trivia included.
    pub lexemes: usize,
    /// How many bytes of trivia are before its first token.
    pub lead: u32,
    /// So many bytes from its start were looked at to parse it; none when the end of the text was seen.
    pub reach: Option<u32>,
}

/// A unit where it stands now.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub unit: Arc<Unit>,
    pub start: u32,
    /// Those of the unit, rebased to here.
    pub statements: Vec<Arc<Statement>>,
}

impl Placed {
    /// Where it was parsed.
    pub(crate) fn new(unit: Unit) -> Self {
        Self { start: unit.start, statements: unit.statements.clone(), unit: Arc::new(unit) }
    }

    /// The same at another place.
    pub(crate) fn rebased(&self, start: u32) -> Self {
        if start == self.start {
            return self.clone();
        }
        let by = start.wrapping_sub(self.unit.start);
        let rebased = |statement: &Arc<Statement>| match by {
            0 => statement.clone(),
            _ => Arc::new(statement.as_ref().clone().rebased(by)),
        };
        Self { unit: self.unit.clone(), start, statements: self.unit.statements.iter().map(rebased).collect() }
    }

    /// Where its first token starts.
    pub(crate) fn first(&self) -> u32 {
        self.start + self.unit.lead
    }

    /// Where it ends, which is where the next one starts.
    pub(crate) fn end(&self) -> u32 {
        self.start + u32::from(self.unit.green.text_len())
    }

    /// Problems of the parser, where they are now.
    pub(crate) fn read(&self) -> impl Iterator<Item = Diagnostic> + '_ {
        self.here(&self.unit.read)
    }

    /// Problems of values, where they are now.
    pub(crate) fn lowered(&self) -> impl Iterator<Item = Diagnostic> + '_ {
        self.here(&self.unit.lowered)
    }

    fn here<'a>(&self, list: &'a [Diagnostic]) -> impl Iterator<Item = Diagnostic> + use<'a> {
        let by = self.start.wrapping_sub(self.unit.start);
        list.iter().map(move |diagnostic| diagnostic.clone().rebased(by))
    }
}
