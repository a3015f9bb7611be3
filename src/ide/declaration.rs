//! What a file declares, with the text of each head.

use crate::check::index::NameKind;
use crate::source::Span;
use crate::syntax::ast::{self, Ident, ItemKind, Name, StatementKind};

/// Something that is declared.
#[derive(Clone, Debug)]
pub struct Declaration {
    pub kind: NameKind,
    pub name: Ident,
    /// All of its statement or item.
    pub span: Span,
    /// Up to its body, or all of it where there is none.
    pub head: Span,
    pub docs: Option<Name>,
    /// The component or interface it belongs to.
    pub owner: Option<Name>,
}

/// Everything that a file declares, in the order of the text; what belongs to something comes right after it.
pub fn declarations(file: &ast::File) -> Vec<Declaration> {
    let mut list = Vec::new();
    file.statements.iter().for_each(|statement| of_statement(statement, &mut list));
    list
}

/// Everything that is declared in the statements around a place.
pub fn around(file: &ast::File, offset: u32) -> Vec<Declaration> {
    let mut list = Vec::new();
    let is_around = |span: Span| span.start <= offset && offset <= span.end;
    let statements = file.statements.iter().filter(|statement| is_around(statement.span()));
    statements.for_each(|statement| of_statement(statement, &mut list));
    list
}

/// What declares the name at a place.
pub fn at(file: &ast::File, name: Span) -> Option<Declaration> {
    let statement = file.statements.partition_point(|statement| statement.span().end < name.start);
    let mut list = Vec::new();
    file.statements.iter().skip(statement).take(1).for_each(|statement| of_statement(statement, &mut list));
    let is_app = |declaration: &Declaration| declaration.kind == NameKind::App;
    let found = list.iter().find(|declaration| declaration.name.span == name && !is_app(declaration));
    found.or_else(|| list.iter().find(|declaration| declaration.name.span == name)).cloned()
}

fn of_statement(statement: &ast::Statement, list: &mut Vec<Declaration>) {
    let mut add = |kind, name: &Ident, body: Option<Span>| {
        let docs = statement.docs.clone();
        list.push(Declaration {
            kind,
            name: name.clone(),
            span: statement.span,
            head: head(statement.span, body),
            docs,
            owner: None,
        });
    };
    match &statement.kind {
        StatementKind::Param(item) => add(NameKind::Param, &item.name, None),
        StatementKind::Let(item) => add(NameKind::Let, &item.name, None),
        StatementKind::Cluster(item) => add(NameKind::Cluster, &item.name, Some(item.body.span)),
        StatementKind::Machines(item) => add(NameKind::Machines, &item.name, Some(item.body.span)),
        StatementKind::Target(item) => add(NameKind::Target, &item.name, Some(item.body.span)),
        StatementKind::Authority(item) => add(NameKind::Authority, &item.name, Some(item.body.span)),
        StatementKind::Keypair(item) => add(NameKind::Keypair, &item.name, Some(item.body.span)),
        StatementKind::Secret(item) => add(NameKind::Secret, &item.name, Some(item.body.span)),
        StatementKind::Deploy(deploy) => {
            for name in &deploy.components {
                add(NameKind::App, deploy.alias.as_ref().unwrap_or(&name.name), Some(deploy.body.span));
            }
        }
        StatementKind::Overlay(overlay) => {
            add(NameKind::Overlay, &overlay.name, None);
            for change in &overlay.changes {
                if let ast::ChangeKind::Add(added) = &change.kind {
                    of_statement(added, list);
                }
            }
        }
        StatementKind::Interface(item) => {
            add(NameKind::Interface, &item.name, Some(item.body.span));
            list.extend(item.fields.iter().map(|field| of_field(&item.name.name, field)));
        }
        StatementKind::Component(item) => {
            add(NameKind::Component, &item.name, Some(Span { start: item.name.span.end, ..statement.span }));
            list.extend(item.items.iter().filter_map(|inner| of_item(&item.name.name, inner)));
        }
        _ => {}
    }
}

fn of_field(owner: &Name, field: &ast::InterfaceField) -> Declaration {
    let end = field.default.as_ref().map_or(field.ty.span, |default| default.span);
    let span = field.name.span.to(end);
    let (docs, owner) = (field.docs.clone(), Some(owner.clone()));
    Declaration { kind: NameKind::InterfaceField, name: field.name.clone(), span, head: span, docs, owner }
}

fn of_item(owner: &Name, item: &ast::Item) -> Option<Declaration> {
    let (kind, name, body) = match &item.kind {
        ItemKind::Option(option) => (NameKind::Option, &option.name, None),
        ItemKind::Let(binding) => (NameKind::Let, &binding.name, None),
        ItemKind::Endpoint(endpoint) => (NameKind::Endpoint, &endpoint.name, Some(endpoint.body.span)),
        ItemKind::Cert(cert) => (NameKind::Cert, &cert.name, Some(cert.body.span)),
        ItemKind::Address(address) => (NameKind::Address, &address.name, Some(address.body.span)),
        ItemKind::Manifest(item) => (NameKind::Manifest, &item.name, Some(item.body.span)),
        ItemKind::Immutable(item) => (NameKind::Immutable, &item.name, Some(item.body.span)),
        _ => return None,
    };
    let (docs, owner) = (item.docs.clone(), Some(owner.clone()));
    Some(Declaration { kind, name: name.clone(), span: item.span, head: head(item.span, body), docs, owner })
}

fn head(span: Span, body: Option<Span>) -> Span {
    body.map_or(span, |body| Span { end: body.start.max(span.start).min(span.end), ..span })
}

impl NameKind {
    /// How it is called, without an article.
    pub fn noun(self) -> &'static str {
        match self {
            NameKind::Param => "param",
            NameKind::Let => "let",
            NameKind::Machines => "machine group",
            NameKind::Component => "component",
            NameKind::Interface => "interface",
            NameKind::Authority => "authority",
            NameKind::Keypair => "key pair",
            NameKind::Secret => "secret",
            NameKind::Cluster => "cluster",
            NameKind::Target => "target",
            NameKind::Overlay => "overlay",
            NameKind::App => "application",
            NameKind::Option => "option",
            NameKind::Endpoint => "endpoint",
            NameKind::Cert => "certificate",
            NameKind::Address => "address",
            NameKind::Immutable => "immutable",
            NameKind::Manifest => "manifest",
            NameKind::InterfaceField => "field of an interface",
            NameKind::Local => "name bound by `for`",
        }
    }
}
