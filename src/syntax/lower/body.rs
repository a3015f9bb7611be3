//! Bodies, fields and loops.

use super::{Lower, name, names};
use crate::source::Span;
use crate::syntax::ast::{Body, Each, Expr, ExprKind, Field, Key, Name};
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::View;

impl Lower {
    /// The body of a statement; an absent one stands at the end of the head.
    pub(super) fn body(&mut self, parent: View<'_>) -> Body {
        match parent.child(SyntaxKind::Body) {
            Some(node) => Body { fields: self.fields(node), span: node.span() },
            None => Body { fields: Vec::new(), span: parent.end() },
        }
    }

    /// The fields between braces.
    pub(super) fn fields(&mut self, node: View<'_>) -> Vec<Field> {
        self.documented(node, |lower, docs, child| match child.kind() {
            SyntaxKind::Field => lower.field(docs, child),
            _ => None,
        })
    }

    fn field(&mut self, docs: Option<Name>, node: View<'_>) -> Option<Field> {
        let key = self.key(node)?;
        let value = node.nodes().find(|child| child.kind().is_expression() && child.span() != key.span());
        Some(Field {
            docs,
            key,
            optional: node.has(SyntaxKind::Question),
            value: self.expression_or(value, node.end()),
            span: node.span(),
        })
    }

    fn key(&mut self, node: View<'_>) -> Option<Key> {
        if let Some(ident) = name(node) {
            return Some(Key::Name(ident));
        }
        let first = node.nodes().next().filter(|first| first.kind() == SyntaxKind::TextExpr)?;
        Some(Key::Text(self.text(first)))
    }

    /// `for key, name in list`.
    pub(super) fn each(&mut self, node: View<'_>) -> Option<Each> {
        let mut names = names(node);
        let (first, second) = (names.next()?, names.next());
        let list = self.expression(node);
        Some(match second {
            Some(name) => Each { key: Some(first), name, list },
            None => Each { key: None, name: first, list },
        })
    }

    /// The expression in a node, or an error at its end.
    pub(super) fn expression(&mut self, parent: View<'_>) -> Expr {
        self.expression_or(parent.expression(), parent.end())
    }

    /// The expression in a node, if there is one.
    pub(super) fn optional(&mut self, parent: View<'_>) -> Option<Expr> {
        parent.expression().map(|node| self.value(node))
    }

    /// The expression in a child of this kind, if there is one.
    pub(super) fn inside(&mut self, parent: View<'_>, kind: SyntaxKind) -> Option<Expr> {
        parent.child(kind).map(|child| self.expression(child))
    }

    pub(super) fn expression_or(&mut self, node: Option<View<'_>>, place: Span) -> Expr {
        match node {
            Some(node) => self.value(node),
            None => Expr { span: place, kind: ExprKind::Error },
        }
    }
}
