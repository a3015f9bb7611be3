//! Components and their items.

use super::expression::operator;
use super::statement::dotted;
use super::{Lower, keyword, name, names};
use crate::syntax::ast::{
    BinaryOp, Cardinality, Component, Endpoint, EndpointKind, Expr, ExprKind, ForVersion, Item, ItemKind, Needs,
    NeedsKind, OptionItem, PathItem, Text, TextPart,
};
use crate::syntax::token::SyntaxKind;
use crate::syntax::tree::{Element, View};

impl Lower {
    pub(super) fn component(&mut self, node: View<'_>) -> Option<Component> {
        let items = node.child(SyntaxKind::Items).map_or_else(Vec::new, |items| self.items(items));
        Some(Component { name: name(node)?, items })
    }

    fn items(&mut self, node: View<'_>) -> Vec<Item> {
        self.documented(node, |lower, docs, child| {
            let kind = lower.item(child)?;
            Some(Item { docs, span: child.span(), kind })
        })
    }

    fn item(&mut self, node: View<'_>) -> Option<ItemKind> {
        Some(match node.kind() {
            SyntaxKind::ForItem => ItemKind::For(self.versions(node)?),
            SyntaxKind::OptionItem => ItemKind::Option(self.option(node)?),
            SyntaxKind::LetStatement => ItemKind::Let(self.binding(node)?),
            SyntaxKind::EndpointItem => ItemKind::Endpoint(self.endpoint(node)?),
            SyntaxKind::CertItem => ItemKind::Cert(self.definition(node)?),
            SyntaxKind::KubeconfigItem => ItemKind::Kubeconfig(self.at_path(node)),
            SyntaxKind::HoldsItem => ItemKind::Holds(name(node)?),
            SyntaxKind::UnitItem => ItemKind::Unit(self.unit(node)),
            SyntaxKind::FileItem => ItemKind::File(self.at_path(node)),
            SyntaxKind::DirItem => ItemKind::Dir(self.at_path(node)),
            SyntaxKind::NeedsItem => ItemKind::Needs(self.needs(node)?),
            SyntaxKind::ArtifactItem => ItemKind::Artifact(self.definition(node)?),
            SyntaxKind::ManifestItem => ItemKind::Manifest(self.definition(node)?),
            SyntaxKind::ImageItem => ItemKind::Image(self.definition(node)?),
            SyntaxKind::ListenItem => ItemKind::Listen(self.definition(node)?),
            SyntaxKind::AddressItem => ItemKind::Address(self.definition(node)?),
            SyntaxKind::RangeItem => ItemKind::Range(self.definition(node)?),
            SyntaxKind::ImmutableItem => ItemKind::Immutable(self.definition(node)?),
            SyntaxKind::FirewallItem => ItemKind::Firewall(self.at_path(node)),
            SyntaxKind::CheckStatement => ItemKind::Check(self.check(node)),
            _ => return None,
        })
    }

    fn versions(&mut self, node: View<'_>) -> Option<ForVersion> {
        let bounds = node.nodes().filter(|child| child.kind() == SyntaxKind::Bound);
        let bounds = bounds.filter_map(|bound| Some((bound_operator(bound)?, self.expression(bound)))).collect();
        Some(ForVersion { subject: name(node)?, bounds })
    }

    fn option(&mut self, node: View<'_>) -> Option<OptionItem> {
        Some(OptionItem { name: name(node)?, ty: self.ty(node), default: self.optional(node) })
    }

    fn endpoint(&mut self, node: View<'_>) -> Option<Endpoint> {
        let mut names = names(node);
        Some(Endpoint {
            kind: endpoint_kind(node),
            name: names.next()?,
            cardinality: cardinality(node),
            interface: names.next()?,
            body: self.body(node),
        })
    }

    fn at_path(&mut self, node: View<'_>) -> PathItem {
        let each = node.child(SyntaxKind::Each).and_then(|each| self.each(each));
        PathItem { path: self.expression(node), each, body: self.body(node) }
    }

    /// A unit: its name is a text, whether in quotes or not.
    fn unit(&mut self, node: View<'_>) -> PathItem {
        let path = match node.child(SyntaxKind::DottedName) {
            Some(name) => plain_text(name),
            None => self.expression(node),
        };
        PathItem { path, each: None, body: self.body(node) }
    }

    fn needs(&mut self, node: View<'_>) -> Option<Needs> {
        let kind = node.tokens(SyntaxKind::Keyword).nth(1).map_or("", |(word, _)| word);
        let kind = match kind {
            "module" => NeedsKind::Module(name(node)?),
            "sysctl" => NeedsKind::Sysctl(dotted(node.child(SyntaxKind::DottedName)?), self.expression(node)),
            "package" => NeedsKind::Package(self.expression(node)),
            "device" => NeedsKind::Device(self.expression(node)),
            "mount" => NeedsKind::Mount(self.expression(node)),
            "command" => NeedsKind::Command(self.expression(node)),
            "cores" => NeedsKind::Cores(self.expression(node)),
            "memory" => NeedsKind::Memory(self.expression(node)),
            "disk" => NeedsKind::Disk(self.expression(node)),
            _ => return None,
        };
        Some(Needs { kind, condition: self.inside(node, SyntaxKind::Condition) })
    }
}

fn plain_text(node: View<'_>) -> Expr {
    let parts = vec![TextPart::Text(node.text().into())];
    Expr { span: node.span(), kind: ExprKind::Text(Text { parts, span: node.span() }) }
}

fn bound_operator(node: View<'_>) -> Option<BinaryOp> {
    node.elements().find_map(|element| match element {
        Element::Token { kind, text, .. } => operator(kind, text),
        Element::Node(_) => None,
    })
}

fn endpoint_kind(node: View<'_>) -> EndpointKind {
    match keyword(node) {
        "requires" => EndpointKind::Requires,
        "peers" => EndpointKind::Peers,
        _ => EndpointKind::Provides,
    }
}

fn cardinality(node: View<'_>) -> Cardinality {
    match (node.has(SyntaxKind::Question), node.has(SyntaxKind::Star)) {
        (true, _) => Cardinality::Optional,
        (_, true) => Cardinality::Many,
        _ => Cardinality::One,
    }
}
