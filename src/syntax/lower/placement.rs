//! `deploy` with its selectors, `relate` with its endpoints.

use super::{Lower, ident, name};
use crate::syntax::ast::{Deploy, DeployName, EndpointRef, Expr, Ident, Relate, Selector, SelectorKind, StatementKind};
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::{Element, View};

impl Lower {
    pub(super) fn deploy(&mut self, node: View<'_>) -> StatementKind {
        let components = node.nodes().filter(|child| child.kind() == SyntaxKind::DeployName).filter_map(deployed);
        StatementKind::Deploy(Deploy {
            components: components.collect(),
            alias: node.child(SyntaxKind::Alias).and_then(name),
            on: node.child(SyntaxKind::On).map_or_else(Vec::new, |on| self.selectors(on)),
            condition: self.inside(node, SyntaxKind::Where),
            body: self.body(node),
        })
    }

    fn selectors(&mut self, node: View<'_>) -> Vec<Selector> {
        node.nodes().filter_map(|child| Some(Selector { span: child.span(), kind: self.selector(child)? })).collect()
    }

    fn selector(&mut self, node: View<'_>) -> Option<SelectorKind> {
        let Some(group) = name(node) else {
            return node.has(SyntaxKind::Star).then_some(SelectorKind::All);
        };
        if !node.has(SyntaxKind::LeftBracket) {
            return Some(SelectorKind::Group(group));
        }
        if node.has(SyntaxKind::DotDot) {
            return Some(self.range(group, node));
        }
        Some(SelectorKind::Index(group, self.expression(node)))
    }

    fn range(&mut self, group: Ident, node: View<'_>) -> SelectorKind {
        let (mut start, mut end): (Option<Expr>, Option<Expr>) = (None, None);
        let mut after = false;
        for element in node.elements() {
            match element {
                Element::Token { kind: SyntaxKind::DotDot, .. } => after = true,
                Element::Node(child) if child.kind().is_expression() && after => end = Some(self.value(child)),
                Element::Node(child) if child.kind().is_expression() => start = Some(self.value(child)),
                _ => {}
            }
        }
        SelectorKind::Range(group, start, end)
    }

    pub(super) fn relate(&mut self, node: View<'_>) -> Option<Relate> {
        let mut ends = node.nodes().filter(|child| child.kind() == SyntaxKind::EndpointRef).map(endpoint);
        Some(Relate { from: ends.next()??, to: ends.next()??, body: self.body(node) })
    }
}

fn deployed(node: View<'_>) -> Option<DeployName> {
    let param = node.tokens(SyntaxKind::ParamName).next();
    match param {
        Some((text, span)) => Some(DeployName { param: true, name: ident(text.trim_start_matches('$'), span) }),
        None => Some(DeployName { param: false, name: name(node)? }),
    }
}

/// `app.endpoint` or `*.endpoint`.
fn endpoint(node: View<'_>) -> Option<EndpointRef> {
    let mut names = super::names(node);
    let app = if node.has(SyntaxKind::Star) { None } else { Some(names.next()?) };
    Some(EndpointRef { app, endpoint: names.next()?, span: node.span() })
}
