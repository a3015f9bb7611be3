//! Where the problems of one check go.

use std::collections::HashMap;

use super::program::StatementId;
use crate::diag::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::Name;

/// How many suggestions are looked for: each takes long, and hundreds are of no use.
const SUGGESTIONS: usize = 100;

/// What was found so far.
#[derive(Debug, Default)]
pub struct Sink {
    pub diagnostics: Vec<Diagnostic>,
    /// Where a component first mentions what only a machine has.
    pub mentions: HashMap<StatementId, (Span, Name)>,
    /// How often a name was not known.
    pub unknown: usize,
    suggested: usize,
}

impl Sink {
    /// Adds a problem.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Whether a name that may have been meant is still looked for.
    pub fn suggests(&self) -> bool {
        self.suggested < SUGGESTIONS
    }

    /// Takes note that a name is looked for; false when that was done often enough.
    pub fn suggest(&mut self) -> bool {
        let suggests = self.suggests();
        self.suggested += 1;
        suggests
    }
}
