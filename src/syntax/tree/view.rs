//! A place in the tree, read without allocating.
//!
//! rowan's own nodes carry their parents, which costs an allocation each; lowering only ever goes down.

use rowan::{GreenNodeData, GreenTokenData, NodeOrToken};

use crate::source::{SourceId, Span};
use crate::syntax::token::SyntaxKind;

/// A node and where it stands.
#[derive(Clone, Copy)]
pub struct View<'a> {
    node: &'a GreenNodeData,
    source: SourceId,
    start: u32,
}

/// A child of a node.
#[derive(Clone, Copy)]
pub enum Element<'a> {
    Node(View<'a>),
    Token { kind: SyntaxKind, text: &'a str, span: Span },
}

impl<'a> View<'a> {
    /// The root of a tree.
    pub fn root(node: &'a GreenNodeData, source: SourceId) -> Self {
        Self::at(node, source, 0)
    }

    /// A node that stands at a byte of its file.
    pub fn at(node: &'a GreenNodeData, source: SourceId, start: u32) -> Self {
        Self { node, source, start }
    }

    /// What the node is.
    pub fn kind(self) -> SyntaxKind {
        super::from_raw(self.node.kind())
    }

    /// From its first to its last token.
    pub fn span(self) -> Span {
        Span::new(self.source, self.start, self.start + u32::from(self.node.text_len()))
    }

    /// The empty place after its last token.
    pub fn end(self) -> Span {
        let end = self.span().end;
        Span::new(self.source, end, end)
    }

    /// Its children in the order of the text, trivia included.
    pub fn elements(self) -> impl Iterator<Item = Element<'a>> {
        let mut start = self.start;
        self.node.children().map(move |child| {
            let at = start;
            start += match child {
                NodeOrToken::Node(node) => u32::from(node.text_len()),
                NodeOrToken::Token(token) => u32::from(token.text_len()),
            };
            self.element(child, at)
        })
    }

    fn element(self, child: NodeOrToken<&'a GreenNodeData, &'a GreenTokenData>, start: u32) -> Element<'a> {
        match child {
            NodeOrToken::Node(node) => Element::Node(View { node, source: self.source, start }),
            NodeOrToken::Token(token) => Element::Token {
                kind: super::from_raw(token.kind()),
                text: token.text(),
                span: Span::new(self.source, start, start + u32::from(token.text_len())),
            },
        }
    }

    /// Its child nodes.
    pub fn nodes(self) -> impl Iterator<Item = View<'a>> {
        self.elements().filter_map(|element| match element {
            Element::Node(node) => Some(node),
            Element::Token { .. } => None,
        })
    }

    /// Its first child of this kind.
    pub fn child(self, kind: SyntaxKind) -> Option<View<'a>> {
        self.nodes().find(|node| node.kind() == kind)
    }

    /// Its own tokens of this kind.
    pub fn tokens(self, wanted: SyntaxKind) -> impl Iterator<Item = (&'a str, Span)> {
        self.elements().filter_map(move |element| match element {
            Element::Token { kind, text, span } if kind == wanted => Some((text, span)),
            _ => None,
        })
    }

    /// All of its text.
    pub fn text(self) -> String {
        self.node.to_string()
    }

    /// Whether it has a token of this kind.
    pub fn has(self, kind: SyntaxKind) -> bool {
        self.tokens(kind).next().is_some()
    }

    /// Its first expression.
    pub fn expression(self) -> Option<View<'a>> {
        self.nodes().find(|node| node.kind().is_expression())
    }
}
