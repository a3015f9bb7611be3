//! Statements.

use super::{Lower, ident, keyword, name};
use crate::syntax::ast::{
    Allow, Check, Cluster, Definition, Ident, Interface, InterfaceField, Let, Machines, Moved, Name, Param,
    StatementKind, Target, Use, UseName,
};
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::View;

impl Lower {
    /// A statement; `None` when what names it could not be read.
    pub(super) fn statement(&mut self, node: View<'_>) -> Option<StatementKind> {
        Some(match node.kind() {
            SyntaxKind::UseStatement => StatementKind::Use(import(node)?),
            SyntaxKind::ParamStatement => StatementKind::Param(self.param(node)?),
            SyntaxKind::LetStatement => StatementKind::Let(self.binding(node)?),
            SyntaxKind::ClusterStatement => StatementKind::Cluster(self.cluster(node)?),
            SyntaxKind::MachinesStatement => StatementKind::Machines(self.machines(node)?),
            SyntaxKind::DeployStatement => self.deploy(node),
            SyntaxKind::RelateStatement => StatementKind::Relate(self.relate(node)?),
            SyntaxKind::MovedStatement => StatementKind::Moved(moved(node)?),
            SyntaxKind::TargetStatement => StatementKind::Target(self.target(node)?),
            SyntaxKind::OverlayStatement => self.overlay(node)?,
            SyntaxKind::CheckStatement => StatementKind::Check(self.check(node)),
            SyntaxKind::AllowStatement => StatementKind::Allow(self.allow(node)?),
            SyntaxKind::InterfaceStatement => StatementKind::Interface(self.interface(node)?),
            SyntaxKind::ComponentStatement => StatementKind::Component(self.component(node)?),
            SyntaxKind::AuthorityStatement => StatementKind::Authority(self.definition(node)?),
            SyntaxKind::KeypairStatement => StatementKind::Keypair(self.definition(node)?),
            SyntaxKind::SecretStatement => StatementKind::Secret(self.definition(node)?),
            _ => return None,
        })
    }

    fn param(&mut self, node: View<'_>) -> Option<Param> {
        Some(Param { name: name(node)?, ty: self.ty(node), default: self.optional(node) })
    }

    pub(super) fn binding(&mut self, node: View<'_>) -> Option<Let> {
        Some(Let { name: name(node)?, ty: self.optional_type(node), value: self.expression(node) })
    }

    fn cluster(&mut self, node: View<'_>) -> Option<Cluster> {
        Some(Cluster { name: name(node)?, body: self.body(node) })
    }

    fn target(&mut self, node: View<'_>) -> Option<Target> {
        Some(Target { name: name(node)?, body: self.body(node) })
    }

    fn machines(&mut self, node: View<'_>) -> Option<Machines> {
        let count = self.inside(node, SyntaxKind::Count);
        Some(Machines { name: name(node)?, count, body: self.body(node) })
    }

    pub(super) fn definition(&mut self, node: View<'_>) -> Option<Definition> {
        Some(Definition { name: name(node)?, body: self.body(node) })
    }

    pub(super) fn check(&mut self, node: View<'_>) -> Check {
        let mut parts = node.nodes().filter(|child| child.kind().is_expression());
        let (condition, message) = (parts.next(), parts.next());
        Check {
            fatal: keyword(node) == "check",
            condition: self.expression_or(condition, node.end()),
            message: message.map(|message| self.value(message)),
            body: self.body(node),
        }
    }

    fn allow(&mut self, node: View<'_>) -> Option<Allow> {
        Some(Allow { code: name(node)?, reason: self.optional(node) })
    }

    fn interface(&mut self, node: View<'_>) -> Option<Interface> {
        let fields = node.child(SyntaxKind::Body).map_or_else(Vec::new, |body| self.interface_fields(body));
        Some(Interface { name: name(node)?, body: self.body(node), fields })
    }

    fn interface_fields(&mut self, body: View<'_>) -> Vec<InterfaceField> {
        self.documented(body, |lower, docs, child| match child.kind() {
            SyntaxKind::InterfaceField => lower.interface_field(docs, child),
            _ => None,
        })
    }

    fn interface_field(&mut self, docs: Option<Name>, node: View<'_>) -> Option<InterfaceField> {
        Some(InterfaceField { docs, name: name(node)?, ty: self.ty(node), default: self.optional(node) })
    }
}

fn moved(node: View<'_>) -> Option<Moved> {
    let mut names = super::names(node);
    Some(Moved { from: names.next()?, to: names.next()? })
}

fn import(node: View<'_>) -> Option<Use> {
    let export = node.tokens(SyntaxKind::Keyword).any(|(word, _)| word == "export");
    let path = dotted(node.child(SyntaxKind::DottedName)?);
    let names = node.child(SyntaxKind::UseNames);
    let names = names.map(|names| names.nodes().filter_map(use_name).collect());
    Some(Use { export, path, names })
}

/// A name of several tokens, as written.
pub(super) fn dotted(node: View<'_>) -> Ident {
    ident(&node.text(), node.span())
}

fn use_name(node: View<'_>) -> Option<UseName> {
    (node.kind() == SyntaxKind::UseName).then_some(())?;
    Some(UseName { name: name(node)?, alias: node.child(SyntaxKind::Alias).and_then(name) })
}
