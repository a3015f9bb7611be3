//! Overlays.

use super::{Lower, name, names};
use crate::syntax::ast::{Change, ChangeKind, Ident, Overlay, Statement, StatementKind};
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::View;

impl Lower {
    pub(super) fn overlay(&mut self, node: View<'_>) -> Option<StatementKind> {
        let changes = node.child(SyntaxKind::Changes).map_or_else(Vec::new, |changes| self.changes(changes));
        Some(StatementKind::Overlay(Overlay { name: name(node)?, changes }))
    }

    fn changes(&mut self, node: View<'_>) -> Vec<Change> {
        self.documented(node, |lower, docs, child| {
            let kind = match child.kind() {
                SyntaxKind::SetChange => lower.set(child),
                SyntaxKind::AddChange => lower.add(docs, child),
                SyntaxKind::DropChange => path(child).map(ChangeKind::Drop),
                SyntaxKind::DropRelation => lower.relate(child).map(ChangeKind::DropRelation),
                _ => None,
            };
            Some(Change { span: child.span(), kind: kind? })
        })
    }

    fn set(&mut self, node: View<'_>) -> Option<ChangeKind> {
        Some(ChangeKind::Set { path: path(node)?, value: self.expression(node) })
    }

    fn add(&mut self, docs: Option<crate::syntax::ast::Name>, node: View<'_>) -> Option<ChangeKind> {
        let statement = node.nodes().next()?;
        let kind = self.statement(statement)?;
        Some(ChangeKind::Add(Box::new(Statement { docs, span: statement.span(), kind })))
    }
}

fn path(node: View<'_>) -> Option<Vec<Ident>> {
    node.child(SyntaxKind::DottedName).map(|path| names(path).collect())
}
