//! Versions that are known of what a field is about, and the names of releases.
//!
//! Which release an option's version is of, the component itself says: `artifact x { release = "etcd", version = option.version }`.

use super::{Ask, Item, Sort};
use crate::check::SymbolKind;
use crate::facts::release;
use crate::ide::app;
use crate::syntax::ast::{self, Body, Component, ExprKind, ItemKind, StatementKind};
use crate::syntax::token::SyntaxKind as S;
use crate::syntax::tree::{SyntaxNode, SyntaxToken};

/// What Kubernetes itself is released as.
const KUBERNETES: &str = "kubernetes-server";

/// Versions that can be written at the mark, the newest first.
pub(super) fn versions(ask: &Ask<'_>, token: &SyntaxToken) -> Vec<Item> {
    let Some(of) = subject(ask, token) else { return Vec::new() };
    let versions = release::versions(&of).into_iter().rev().filter(|version| version.starts_with(&ask.marked.typed));
    let item = |(place, version): (usize, String)| {
        Item::new(version, Sort::Value).detail(format!("version of {of}")).rank(1).at(place)
    };
    versions.enumerate().map(item).collect()
}

/// The names of releases, as `write` puts them.
pub(super) fn names(write: impl Fn(&str) -> String) -> Vec<Item> {
    release::names().map(|name| Item::new(write(name), Sort::Value).detail("release").rank(1)).collect()
}

/// Whether the mark is the value of `release` of an artifact.
pub(super) fn is_name(token: &SyntaxToken) -> bool {
    let field = token.parent_ancestors().find(|node| node.kind() == S::Field);
    let of_artifact = |node: &SyntaxNode| node.ancestors().nth(2).is_some_and(|node| node.kind() == S::ArtifactItem);
    field.is_some_and(|field| key(&field) == "release" && of_artifact(&field))
}

/// The first word of a field.
pub(super) fn key(field: &SyntaxNode) -> String {
    field.first_token().map_or_else(String::new, |token| token.text().to_owned())
}

/// The release that the value at the mark is a version of.
fn subject(ask: &Ask<'_>, token: &SyntaxToken) -> Option<String> {
    let owner = token.parent_ancestors().find(|node| {
        matches!(node.kind(), S::DeployStatement | S::SetChange | S::ArtifactItem | S::OptionItem | S::ClusterStatement)
    });
    let Some(owner) = owner else { return Some(KUBERNETES.to_owned()) };
    let field = token.parent_ancestors().find(|node| node.kind() == S::Field).map(|field| key(&field));
    match owner.kind() {
        S::DeployStatement => {
            let name = owner.children().find(|child| child.kind() == S::DeployName)?;
            released(component(ask, name.text().to_string().trim())?, &field?)
        }
        S::SetChange => {
            let path = owner.children().find(|child| child.kind() == S::DottedName)?.text().to_string();
            match path.trim().split_once('.')? {
                ("cluster", _) => Some(KUBERNETES.to_owned()),
                (app, option) => {
                    let apps = app::apps(&ask.file.analysis);
                    let (_, component) = apps.iter().find(|known| *known.name == *app)?.component?;
                    released(component, option)
                }
            }
        }
        S::ArtifactItem => item_at(ask, |item| match item {
            ItemKind::Artifact(artifact) => release_of(&artifact.body),
            _ => None,
        }),
        S::OptionItem => {
            let component = component_at(ask)?;
            let name = item_at(ask, |item| match item {
                ItemKind::Option(option) => Some(option.name.name.to_string()),
                _ => None,
            })?;
            released(component, &name)
        }
        _ => Some(KUBERNETES.to_owned()),
    }
}

fn component<'a>(ask: &'a Ask<'_>, name: &str) -> Option<&'a Component> {
    let program = &ask.file.analysis.resolved.program;
    let symbol = program
        .lookup(ask.file.module, name, SymbolKind::Component)
        .filter(|symbol| symbol.kind == SymbolKind::Component)?;
    program.component(symbol)
}

/// The component around the mark, as it is written with the mark in it.
fn component_at<'a>(ask: &'a Ask<'_>) -> Option<&'a Component> {
    let mark = ask.marked.mark;
    let statements = &ask.marked.parsed.parse.file.statements;
    let around = statements.iter().find(|one| one.span().start <= mark.start && mark.end <= one.span().end)?;
    match &around.kind {
        StatementKind::Component(component) => Some(component),
        _ => None,
    }
}

fn item_at(ask: &Ask<'_>, read: impl Fn(&ItemKind) -> Option<String>) -> Option<String> {
    let mark = ask.marked.mark;
    let items = &component_at(ask)?.items;
    read(&items.iter().find(|item| item.span.start <= mark.start && mark.end <= item.span.end)?.kind)
}

/// The release whose version an option of a component decides.
fn released(component: &Component, option: &str) -> Option<String> {
    component.items.iter().find_map(|item| match &item.kind {
        ItemKind::Artifact(artifact) if names_option(&artifact.body.field("version")?.value, option) => {
            release_of(&artifact.body)
        }
        _ => None,
    })
}

fn names_option(value: &ast::Expr, option: &str) -> bool {
    match &value.kind {
        ExprKind::Field { value, field, .. } => {
            *field.name == *option && matches!(&value.kind, ExprKind::Name(name) if &*name.name == "option")
        }
        ExprKind::Paren(inner) => names_option(inner, option),
        _ => false,
    }
}

fn release_of(body: &Body) -> Option<String> {
    match &body.field("release")?.value.kind {
        ExprKind::Text(text) => text.plain().map(|name| name.to_string()),
        _ => None,
    }
}
