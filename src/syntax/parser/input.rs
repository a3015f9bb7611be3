//! The tokens a rule still has before it.

use std::cell::Cell;

use crate::source::{SourceId, Span};
use crate::syntax::lexer::Lexeme;
use crate::syntax::token::SyntaxKind;

/// A token that is no trivia.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub kind: SyntaxKind,
    pub start: u32,
    pub end: u32,
    pub gap: Gap,
}

/// What is between a token and the one before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gap {
    None,
    Space,
    /// A newline, and the spaces before the token.
    Line(u32),
}

/// The tokens of a text from a place on, without its trivia.
pub fn tokens(lexemes: &[Lexeme], from: u32) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(lexemes.len() / 2 + 1);
    let (mut start, mut gap, mut line) = (from, if from == 0 { Gap::Line(0) } else { Gap::None }, from);
    for lexeme in lexemes {
        if lexeme.kind == SyntaxKind::Newline {
            (gap, line) = (Gap::Line(0), lexeme.end);
        } else if lexeme.kind.is_trivia() {
            gap = if matches!(gap, Gap::Line(_)) { Gap::Line(lexeme.end - line) } else { Gap::Space };
        } else {
            tokens.push(Token { kind: lexeme.kind, start, end: lexeme.end, gap });
            gap = Gap::None;
        }
        start = lexeme.end;
    }
    tokens
}

/// Whether a newline ends what is being read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    Lines,
    /// Inside `( )` and `[ ]`.
    Free,
}

/// Whether `name {` is a set of flags, or a name before the body of a statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Braces {
    Record,
    Body,
}

/// The block that a rule is in, by which a forgotten brace is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Block {
    File,
    Component,
}

/// Where a rule stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    pub depth: u16,
    pub layout: Layout,
    pub braces: Braces,
    pub block: Block,
    pub open: Open,
}

/// Which brackets are open around a rule, so that one that closes nothing is told from one that closes another's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Open {
    pub brace: bool,
    pub bracket: bool,
    pub paren: bool,
    pub interpolation: bool,
}

impl Open {
    /// With the bracket that this token closes.
    pub fn with(mut self, closer: SyntaxKind) -> Self {
        match closer {
            SyntaxKind::RightBrace => self.brace = true,
            SyntaxKind::RightBracket => self.bracket = true,
            SyntaxKind::RightParen => self.paren = true,
            _ => self.interpolation = true,
        }
        self
    }

    /// Whether this token closes one of them.
    pub fn closes(self, token: SyntaxKind) -> bool {
        match token {
            SyntaxKind::RightBrace => self.brace,
            SyntaxKind::RightBracket => self.bracket,
            SyntaxKind::RightParen => self.paren,
            SyntaxKind::InterpolationEnd => self.interpolation,
            _ => false,
        }
    }
}

/// What all rules read.
#[derive(Debug)]
pub struct Tokens<'a> {
    pub source: SourceId,
    pub text: &'a str,
    pub list: Vec<Token>,
    /// One more than the furthest token that a rule has looked at.
    pub seen: Cell<usize>,
}

/// The tokens from a place on, and where the rule stands. It is copied a lot, so it is small.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    tokens: &'a Tokens<'a>,
    at: u32,
    end: u32,
    /// A newline before the next token does not count.
    joined: bool,
    pub context: Context,
}

impl<'a> Input<'a> {
    /// At the token with this number, where a statement of the file may begin.
    pub fn new(tokens: &'a Tokens<'a>, at: usize) -> Self {
        let context = Context {
            depth: 0,
            layout: Layout::Lines,
            braces: Braces::Record,
            block: Block::File,
            open: Open::default(),
        };
        Self { tokens, at: at as u32, end: tokens.list.len() as u32, joined: true, context }
    }

    /// The next token, whatever line it is on; at the end one without text.
    pub fn token(&self) -> Token {
        self.ahead(0)
    }

    /// The number of the next token.
    pub fn number(&self) -> usize {
        self.at as usize
    }

    /// The token `count` after the next.
    pub fn ahead(&self, count: usize) -> Token {
        self.see(count + 1);
        self.list().get(count).copied().unwrap_or_else(|| self.last())
    }

    /// Takes note that a rule knows of so many tokens from here on.
    fn see(&self, count: usize) {
        let seen = &self.tokens.seen;
        seen.set(seen.get().max(self.at as usize + count));
    }

    fn last(&self) -> Token {
        let end = self.tokens.text.len() as u32;
        Token { kind: SyntaxKind::End, start: end, end, gap: Gap::Line(0) }
    }

    fn list(&self) -> &'a [Token] {
        &self.tokens.list[self.at as usize..self.end as usize]
    }

    /// The kind of the next token; `LineEnd` when a newline that counts is before it.
    pub fn kind(&self) -> SyntaxKind {
        let token = self.token();
        match self.breaks() && token.kind != SyntaxKind::End {
            true => SyntaxKind::LineEnd,
            false => token.kind,
        }
    }

    /// Whether a newline that counts is before the next token.
    pub fn breaks(&self) -> bool {
        self.context.layout == Layout::Lines && !self.joined && self.new_line()
    }

    /// Whether any newline is before the next token.
    pub fn new_line(&self) -> bool {
        matches!(self.token().gap, Gap::Line(_))
    }

    /// Whether the next token touches the one before it.
    pub fn touches(&self) -> bool {
        self.token().gap == Gap::None
    }

    /// The text of the next token if it is a word on this line, else nothing.
    pub fn word(&self) -> &'a str {
        if self.kind() == SyntaxKind::Ident { self.text_at(0) } else { "" }
    }

    /// The text of the token `count` after the next.
    pub fn text_at(&self, count: usize) -> &'a str {
        let token = self.ahead(count);
        &self.tokens.text[token.start as usize..token.end as usize]
    }

    /// The place of the next token.
    pub fn span(&self) -> Span {
        let token = self.token();
        Span::new(self.tokens.source, token.start, token.end)
    }

    /// The empty place after the token before.
    pub fn behind(&self) -> Span {
        let before = self.tokens.list[..self.at as usize].last();
        let end = before.map_or(0, |token| token.end);
        Span::new(self.tokens.source, end, end)
    }

    /// After the next token.
    pub fn advance(mut self) -> Self {
        self.see(1);
        self.at = (self.at + 1).min(self.end);
        self.joined = false;
        self
    }

    /// The same place, with no heed to a newline here.
    pub fn join(mut self) -> Self {
        self.joined = true;
        self
    }

    /// The same place, where a newline counts again.
    pub fn part(mut self) -> Self {
        self.joined = false;
        self
    }

    /// Whether any newline is between this place and a later one.
    pub fn is_line_to(&self, later: &Input) -> bool {
        let tokens = self.tokens.list.get(self.at as usize + 1..later.at as usize).unwrap_or_default();
        !tokens.iter().any(|token| matches!(token.gap, Gap::Line(_)))
    }

    /// The same place in another context.
    pub fn within(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// The same place where `name {` is a set of flags or not.
    pub fn braces(self, braces: Braces) -> Self {
        self.within(Context { braces, ..self.context })
    }

    /// One level further in.
    pub fn deeper(self) -> Self {
        self.within(Context { depth: self.context.depth + 1, ..self.context })
    }

    /// Whether the two stand at the same token.
    pub fn is_at(&self, other: &Input) -> bool {
        self.at == other.at
    }
}

impl<'a> nom::Input for Input<'a> {
    type Item = Token;
    type Iter = std::iter::Copied<std::slice::Iter<'a, Token>>;
    type IterIndices = std::iter::Enumerate<Self::Iter>;

    fn input_len(&self) -> usize {
        self.list().len()
    }

    fn take(&self, index: usize) -> Self {
        Self { end: self.at + index as u32, ..*self }
    }

    fn take_from(&self, index: usize) -> Self {
        Self { at: self.at + index as u32, joined: false, ..*self }
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        (self.take_from(index), self.take(index))
    }

    fn position<P: Fn(Token) -> bool>(&self, predicate: P) -> Option<usize> {
        self.iter_elements().position(predicate)
    }

    fn iter_elements(&self) -> Self::Iter {
        self.list().iter().copied()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.iter_elements().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, nom::Needed> {
        match self.input_len() >= count {
            true => Ok(count),
            false => Err(nom::Needed::new(count - self.input_len())),
        }
    }
}
