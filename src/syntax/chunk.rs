//! A stretch of a file that is read by itself: a statement, or what stands in the place of one.
//!
//! How it reads depends on its own text and on a few tokens behind it. While those stay, it needs not be read again; it
//! may only stand elsewhere, because of what changed above it.

use std::sync::Arc;

use rowan::GreenNode;

use super::ast::Statement;
use super::moved::Move;
use crate::diag::Diagnostic;

/// A stretch as it was read.
#[derive(Debug)]
pub struct Chunk {
    /// The trivia before it and its nodes and tokens, as children of one node.
    pub green: GreenNode,
    pub statements: Vec<Arc<Statement>>,
    /// Problems of the parser.
    pub read: Vec<Diagnostic>,
    /// Problems that only the values show.
    pub lowered: Vec<Diagnostic>,
    /// Where it began when it was read; all places in it are of then.
    pub start: u32,
    /// So many tokens it has, trivia included.
    pub lexemes: usize,
    /// How many bytes of trivia are before its first token.
    pub lead: u32,
    /// So many bytes from its start were looked at to read it; none when the end of the text was seen.
    pub reach: Option<u32>,
}

/// A stretch where it stands now.
#[derive(Clone, Debug)]
pub struct Placed {
    pub chunk: Arc<Chunk>,
    pub start: u32,
    /// Those of the chunk, moved here.
    pub statements: Vec<Arc<Statement>>,
}

impl Placed {
    /// Where it was read.
    pub fn new(chunk: Chunk) -> Self {
        Self { start: chunk.start, statements: chunk.statements.clone(), chunk: Arc::new(chunk) }
    }

    /// The same at another place.
    pub fn moved(&self, start: u32) -> Self {
        if start == self.start {
            return self.clone();
        }
        let by = start.wrapping_sub(self.chunk.start);
        let moved = |statement: &Arc<Statement>| match by {
            0 => statement.clone(),
            _ => Arc::new(statement.as_ref().clone().moved(by)),
        };
        Self { chunk: self.chunk.clone(), start, statements: self.chunk.statements.iter().map(moved).collect() }
    }

    /// Where its first token starts.
    pub fn first(&self) -> u32 {
        self.start + self.chunk.lead
    }

    /// Where it ends, which is where the next one starts.
    pub fn end(&self) -> u32 {
        self.start + u32::from(self.chunk.green.text_len())
    }

    /// Problems of the parser, where they are now.
    pub fn read(&self) -> impl Iterator<Item = Diagnostic> + '_ {
        self.here(&self.chunk.read)
    }

    /// Problems of values, where they are now.
    pub fn lowered(&self) -> impl Iterator<Item = Diagnostic> + '_ {
        self.here(&self.chunk.lowered)
    }

    fn here<'a>(&self, list: &'a [Diagnostic]) -> impl Iterator<Item = Diagnostic> + use<'a> {
        let by = self.start.wrapping_sub(self.chunk.start);
        list.iter().map(move |diagnostic| diagnostic.clone().moved(by))
    }
}
