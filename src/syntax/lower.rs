//! From the lossless tree to the typed one.
//!
//! In: the tree of a file. Out: its statements with literals read, escapes undone and trivia gone, and the problems that
//! only the values show (`10.0.0.0/33`). What could not be read is absent or `ExprKind::Error`.

use crate::diag::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Ident, Name, Statement};
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::{Element, View};

mod body;
mod component;
mod docs;
mod expression;
mod literal;
mod overlay;
mod placement;
mod statement;
mod text;
mod ty;

pub use literal::read as literal;

/// Lowers the statements among the children of a node.
pub fn statements(parent: View<'_>) -> (Vec<Statement>, Vec<Diagnostic>) {
    let mut lower = Lower { diagnostics: Vec::new() };
    let statements = lower.documented(parent, |lower, docs, node| {
        let kind = lower.statement(node)?;
        Some(Statement { docs, span: node.span(), kind })
    });
    (statements, lower.diagnostics)
}

/// The documentation of a file.
pub fn docs(root: View<'_>) -> Option<Name> {
    docs::file(root)
}

/// Lowering as it goes on.
struct Lower {
    diagnostics: Vec<Diagnostic>,
}

impl Lower {
    /// Each child node with the documentation before it; what the closure cannot lower is left out.
    fn documented<T>(
        &mut self,
        parent: View<'_>,
        mut each: impl FnMut(&mut Self, Option<Name>, View<'_>) -> Option<T>,
    ) -> Vec<T> {
        let mut docs = docs::Docs::default();
        let mut list = Vec::new();
        for element in parent.elements() {
            match element {
                Element::Token { kind, text, .. } => docs.token(kind, text),
                Element::Node(node) => list.extend(each(self, docs.take(), node)),
            }
        }
        list
    }
}

/// The first name among a node's own tokens.
fn name(node: View<'_>) -> Option<Ident> {
    names(node).next()
}

/// The names among a node's own tokens.
fn names(node: View<'_>) -> impl Iterator<Item = Ident> {
    node.tokens(SyntaxKind::Ident).map(|(text, span)| ident(text, span))
}

fn ident(text: &str, span: Span) -> Ident {
    Ident { name: text.into(), span }
}

/// The word a node begins with.
fn keyword(node: View<'_>) -> &str {
    node.tokens(SyntaxKind::Keyword).next().map_or("", |(text, _)| text)
}
