//! Applications and endpoints of a relation: those that fit the other side first.

use super::{Ask, Item, Sort, context};
use crate::check::{Program, Symbol};
use crate::ide::app::{self, App};
use crate::syntax::ast::{Endpoint, EndpointKind};
use crate::syntax::token::SyntaxKind as S;
use crate::syntax::tree::{SyntaxNode, SyntaxToken};

/// What fits at one end of an arrow.
pub(super) fn endpoints(ask: &Ask<'_>, token: &SyntaxToken, parent: &SyntaxNode) -> Vec<Item> {
    let statement = parent.parent();
    let ends: Vec<SyntaxNode> =
        statement.iter().flat_map(|node| node.children()).filter(|child| child.kind() == S::EndpointRef).collect();
    let before_arrow = ends.first().is_none_or(|first| first == parent);
    let other = ends.iter().find(|end| *end != parent).and_then(|end| interface_of(ask, end));
    let dot = context::previous(token).filter(|before| before.kind() == S::Dot);
    match dot {
        Some(dot) => of_app(ask, &word_before(&dot), before_arrow, other),
        None => apps(ask, before_arrow, other),
    }
}

/// Behind a dot that the parser did not expect: endpoints, when an application stands before it.
pub(super) fn after_dot(ask: &Ask<'_>, token: &SyntaxToken) -> Vec<Item> {
    let Some(dot) = context::previous(token) else { return Vec::new() };
    of_app(ask, &word_before(&dot), true, None)
}

fn word_before(dot: &SyntaxToken) -> String {
    context::previous(dot).map_or_else(String::new, |token| token.text().to_owned())
}

fn interface_of(ask: &Ask<'_>, end: &SyntaxNode) -> Option<Symbol> {
    let words: Vec<_> =
        end.children_with_tokens().filter_map(|one| one.into_token()).filter(|one| one.kind() == S::Ident).collect();
    let [app, endpoint] = words.as_slice() else { return None };
    let program = &ask.file.analysis.resolved.program;
    let apps = app::apps(&ask.file.analysis);
    let app = apps.iter().find(|known| *known.name == *app.text())?;
    let (symbol, component) = app.component?;
    let endpoint = app::endpoints(component).find(|known| *known.name.name == *endpoint.text())?;
    app::interface(program, symbol, endpoint)
}

fn fitting<'a>(program: &'a Program, app: &App<'a>, before: bool, other: Option<Symbol>) -> Vec<(&'a Endpoint, bool)> {
    let Some((symbol, component)) = app.component else { return Vec::new() };
    let fits = |endpoint: &&Endpoint| app::fits(endpoint.kind, before);
    let same = |endpoint: &Endpoint| other.is_none_or(|other| app::interface(program, symbol, endpoint) == Some(other));
    app::endpoints(component).filter(fits).map(|endpoint| (endpoint, same(endpoint))).collect()
}

fn apps(ask: &Ask<'_>, before: bool, other: Option<Symbol>) -> Vec<Item> {
    let program = &ask.file.analysis.resolved.program;
    let mut items = Vec::new();
    for app in app::apps(&ask.file.analysis) {
        let endpoints = fitting(program, &app, before, other);
        let matching: Vec<_> = endpoints.iter().filter(|(_, same)| *same).collect();
        // With the other side known, whole endpoints can be offered.
        if other.is_some() {
            items.extend(matching.iter().map(|(endpoint, _)| {
                let label = format!("{}.{}", app.name, endpoint.name.name);
                Item::new(label, Sort::Endpoint).detail(&*endpoint.interface.name).rank(1)
            }));
        }
        let rank = if matching.is_empty() { 7 } else { 3 };
        let list: Vec<_> = endpoints.iter().map(|(endpoint, _)| format!("`{}`", endpoint.name.name)).collect();
        items.push(Item::new(&*app.name, Sort::App).detail("application").docs(list.join(", ")).rank(rank));
    }
    items
}

fn of_app(ask: &Ask<'_>, app: &str, before: bool, other: Option<Symbol>) -> Vec<Item> {
    let program = &ask.file.analysis.resolved.program;
    let apps = app::apps(&ask.file.analysis);
    let known: Vec<_> = apps.iter().filter(|known| app == "*" || *known.name == *app).collect();
    let mut items = Vec::new();
    for app in known {
        for (endpoint, same) in fitting(program, app, before, other) {
            let kind = match endpoint.kind {
                EndpointKind::Provides => "provides",
                EndpointKind::Requires => "requires",
                EndpointKind::Peers => "peers",
            };
            let detail = format!("{kind} {}", endpoint.interface.name);
            let docs = super::name::docs(ask, endpoint.name.span);
            items.push(Item::new(&*endpoint.name.name, Sort::Endpoint).detail(detail).docs(docs).rank(if same {
                1
            } else {
                7
            }));
        }
    }
    items
}
