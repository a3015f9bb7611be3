//! What a file holds, as an outline; and names of the workspace that are looked for.

use super::declaration::{self, Declaration};
use super::project::Project;
use crate::check::index::NameKind;
use crate::check::{Module, ModulePlace};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind, ItemKind, StatementKind};
use crate::syntax::located::Located;
use crate::world::World;

/// One entry of an outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    pub name: String,
    pub detail: String,
    pub picture: Picture,
    pub span: Span,
    pub selection: Span,
    pub children: Vec<Symbol>,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    Declared(NameKind),
    Relation,
    /// A unit, a file, a folder.
    Item,
    Check,
    Import,
}

/// The outline of a file.
pub fn outline(module: &Module, text: &str) -> Vec<Symbol> {
    module.file.statements.iter().flat_map(|statement| of_statement(statement, text)).collect()
}

fn of_statement(statement: &ast::Statement, text: &str) -> Vec<Symbol> {
    let whole = statement.span;
    let written = |span: Span| text.get(span.start as usize..span.end as usize).unwrap_or_default().to_owned();
    let leaf = |name: String, picture, selection| Symbol {
        name,
        detail: String::new(),
        picture,
        span: whole,
        selection,
        children: Vec::new(),
    };
    match &statement.kind {
        StatementKind::Use(item) => vec![leaf(format!("use {}", item.path.name), Picture::Import, item.path.span)],
        StatementKind::Relate(item) => {
            let span = item.from.span.to(item.to.span);
            vec![leaf(written(span), Picture::Relation, span)]
        }
        StatementKind::Moved(item) => {
            let span = item.from.span.to(item.to.span);
            vec![leaf(format!("moved {}", written(span)), Picture::Relation, span)]
        }
        StatementKind::Check(item) => {
            let word = if item.fatal { "check" } else { "warn" };
            vec![leaf(format!("{word} {}", written(item.condition.span)), Picture::Check, item.condition.span)]
        }
        StatementKind::Allow(item) => vec![leaf(format!("allow {}", item.code.name), Picture::Check, item.code.span)],
        StatementKind::Component(component) => {
            let mut symbol =
                leaf(component.name.name.to_string(), Picture::Declared(NameKind::Component), component.name.span);
            symbol.children = component.items.iter().filter_map(|item| of_item(item, &written)).collect();
            vec![symbol]
        }
        StatementKind::Overlay(overlay) => {
            let mut symbol =
                leaf(overlay.name.name.to_string(), Picture::Declared(NameKind::Overlay), overlay.name.span);
            let added = overlay.changes.iter().filter_map(|change| match &change.kind {
                ast::ChangeKind::Add(added) => Some(of_statement(added, text)),
                _ => None,
            });
            symbol.children = added.flatten().collect();
            vec![symbol]
        }
        _ => declared(statement, &written),
    }
}

fn declared(statement: &ast::Statement, written: &dyn Fn(Span) -> String) -> Vec<Symbol> {
    let file = ast::File { statements: vec![Located::new(statement.clone().into(), 0).into()], ..ast::File::default() };
    let mut list: Vec<Symbol> = Vec::new();
    for one in declaration::declarations(&file) {
        match (&one.owner, list.last_mut()) {
            (Some(_), Some(owner)) => owner.children.push(symbol(&one, written)),
            _ => list.push(symbol(&one, written)),
        }
    }
    list
}

fn symbol(one: &Declaration, written: &dyn Fn(Span) -> String) -> Symbol {
    let head = written(one.head);
    let detail = head.lines().next().unwrap_or_default().trim().to_owned();
    let (span, selection) = (one.span, one.name.span);
    Symbol {
        name: one.name.name.to_string(),
        detail,
        picture: Picture::Declared(one.kind),
        span,
        selection,
        children: Vec::new(),
    }
}

fn of_item(item: &ast::Item, written: &dyn Fn(Span) -> String) -> Option<Symbol> {
    let word = |word: &str, path: &ast::Expr| {
        let name = match &path.kind {
            ExprKind::Text(text) => text.plain().map_or_else(|| written(path.span), |text| text.to_string()),
            _ => written(path.span),
        };
        (name, word.to_owned(), Picture::Item, path.span)
    };
    let named = |kind: NameKind, name: &ast::Ident, detail: String| {
        (name.name.to_string(), detail, Picture::Declared(kind), name.span)
    };
    let (name, detail, picture, selection) = match &item.kind {
        ItemKind::Option(option) => named(NameKind::Option, &option.name, written(option.ty.span)),
        ItemKind::Let(binding) => named(NameKind::Let, &binding.name, String::new()),
        ItemKind::Endpoint(endpoint) => named(NameKind::Endpoint, &endpoint.name, endpoint.interface.name.to_string()),
        ItemKind::Cert(cert) => named(NameKind::Cert, &cert.name, "certificate".to_owned()),
        ItemKind::Address(address) => named(NameKind::Address, &address.name, "address".to_owned()),
        ItemKind::Immutable(item) => named(NameKind::Immutable, &item.name, "immutable".to_owned()),
        ItemKind::Manifest(item) => named(NameKind::Manifest, &item.name, "manifest".to_owned()),
        ItemKind::Unit(unit) => word("unit", &unit.path),
        ItemKind::File(file) => word("file", &file.path),
        ItemKind::Dir(dir) => word("folder", &dir.path),
        ItemKind::Kubeconfig(file) => word("kubeconfig", &file.path),
        ItemKind::Listen(listen) => {
            (listen.name.name.to_string(), "listener".to_owned(), Picture::Item, listen.name.span)
        }
        ItemKind::Artifact(one) => (one.name.name.to_string(), "artifact".to_owned(), Picture::Item, one.name.span),
        ItemKind::Image(one) => (one.name.name.to_string(), "image".to_owned(), Picture::Item, one.name.span),
        _ => return None,
    };
    Some(Symbol { name, detail, picture, span: item.span, selection, children: Vec::new() })
}

/// A name of the workspace.
#[derive(Clone, Debug)]
pub struct FoundSymbol {
    pub place: ModulePlace,
    pub declaration: Declaration,
}

/// Declarations whose name has the letters of a query in their order; the shortest names first.
pub fn search(world: &dyn World, project: &mut Project, query: &str) -> Vec<FoundSymbol> {
    const MOST: usize = 500;
    let query = query.to_lowercase();
    let places: Vec<ModulePlace> = project.files().cloned().collect();
    let mut list = Vec::new();
    for place in places {
        let ModulePlace::File(path) = &place else { continue };
        let Ok(text) = world.read(path) else { continue };
        let parsed = project.cache().parsed(&place, &text);
        let found =
            declaration::declarations(&parsed.parse.file).into_iter().filter(|one| matches(&one.name.name, &query));
        list.extend(found.map(|declaration| FoundSymbol { place: place.clone(), declaration }));
    }
    list.sort_by(|a, b| {
        let key = |one: &FoundSymbol| {
            (
                one.declaration.name.name.len(),
                one.declaration.name.name.clone(),
                one.place.clone(),
                one.declaration.name.span.start,
            )
        };
        key(a).cmp(&key(b))
    });
    list.truncate(MOST);
    list
}

fn matches(name: &str, query: &str) -> bool {
    let mut letters = name.chars();
    query.chars().all(|wanted| letters.any(|letter| letter.to_ascii_lowercase() == wanted))
}
