//! A unit of a file that is parsed by itself: a statement, or what stands in the place of one.
//!
//! How it parses depends on its own text and on a few tokens behind it. While those stay, it need not be parsed again; it
//! may only stand elsewhere, because of an edit above it.

use std::sync::Arc;

use rowan::GreenNode;

use crate::diag::Diagnostic;
use crate::source::SourceId;
use crate::syntax::ast::Statement;
use crate::syntax::lexer::Lexeme;
use crate::syntax::located::Located;
use crate::syntax::parser::hash_comments;
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
    /// Comments that are not written as comments are.
    pub comments: Vec<Diagnostic>,
    /// Where it began when it was parsed; all places in it are of then.
    pub start: u32,
    /// Its tokens, trivia included; their ends count from its start.
    pub lexemes: Box<[Lexeme]>,
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
    /// Those of the unit, where they are now.
    pub statements: Arc<[Arc<Located>]>,
}

impl Placed {
    /// Where it was parsed.
    pub(crate) fn new(unit: Unit) -> Self {
        let start = unit.start;
        Self::at(Arc::new(unit), start)
    }

    fn at(unit: Arc<Unit>, start: u32) -> Self {
        let by = start.wrapping_sub(unit.start);
        let located = |statement: &Arc<Statement>| Arc::new(Located::new(statement.clone(), by));
        Self { start, statements: unit.statements.iter().map(located).collect(), unit }
    }

    /// The same at another place.
    pub(crate) fn rebased(&self, start: u32) -> Self {
        if start == self.start { self.clone() } else { Self::at(self.unit.clone(), start) }
    }

    /// The same unit, if it was parsed again to what it was; none where something is wrong with it.
    pub(crate) fn again(&self, now: &Unit) -> Option<Self> {
        let before = &self.unit;
        let is_right = |unit: &Unit| unit.read.is_empty() && unit.lowered.is_empty() && unit.comments.is_empty();
        if before.green != now.green || !is_right(before) || !is_right(now) {
            return None;
        }
        let unit = Unit {
            green: now.green.clone(),
            statements: before.statements.clone(),
            read: Vec::new(),
            lowered: Vec::new(),
            comments: Vec::new(),
            start: before.start,
            lexemes: now.lexemes.clone(),
            lead: now.lead,
            reach: now.reach,
        };
        Some(Self::at(Arc::new(unit), now.start))
    }

    /// Where its first token starts.
    pub(crate) fn first(&self) -> u32 {
        self.start + self.unit.lead
    }

    /// Where it ends, which is where the next one starts.
    pub(crate) fn end(&self) -> u32 {
        self.start + u32::from(self.unit.green.text_len())
    }

    /// Its tokens where they are now.
    pub(crate) fn lexemes(&self) -> impl Iterator<Item = Lexeme> + '_ {
        moved(&self.unit.lexemes, self.start)
    }

    /// Problems of the parser, where they are now.
    pub(crate) fn read(&self) -> impl Iterator<Item = Diagnostic> + '_ {
        self.here(&self.unit.read)
    }

    /// Problems of values, where they are now.
    pub(crate) fn lowered(&self) -> impl Iterator<Item = Diagnostic> + '_ {
        self.here(&self.unit.lowered)
    }

    /// Comments that are not written as comments are, where they are now.
    pub(crate) fn comments(&self) -> impl Iterator<Item = Diagnostic> + '_ {
        self.here(&self.unit.comments)
    }

    fn here<'a>(&self, list: &'a [Diagnostic]) -> impl Iterator<Item = Diagnostic> + use<'a> {
        let by = self.start.wrapping_sub(self.unit.start);
        list.iter().map(move |diagnostic| diagnostic.clone().rebased(by))
    }
}

/// What is behind the last unit: trivia, and what the parser did not reach.
#[derive(Clone, Debug)]
pub(crate) struct Rest {
    pub green: GreenNode,
    /// Their ends count from its start.
    pub lexemes: Arc<[Lexeme]>,
}

impl Rest {
    /// Comments that are not written as comments are, when it starts at a place.
    pub(crate) fn comments(&self, source: SourceId, start: u32) -> Vec<Diagnostic> {
        hash_comments(source, 0, &self.lexemes).map(|diagnostic| diagnostic.rebased(start)).collect()
    }
}

/// Tokens whose ends count from a place.
pub(crate) fn moved(lexemes: &[Lexeme], by: u32) -> impl Iterator<Item = Lexeme> + '_ {
    lexemes.iter().map(move |lexeme| Lexeme { end: lexeme.end.wrapping_add(by), ..*lexeme })
}

/// Tokens with their ends counted from a place.
pub(crate) fn relative<T: FromIterator<Lexeme>>(lexemes: &[Lexeme], start: u32) -> T {
    moved(lexemes, start.wrapping_neg()).collect()
}
