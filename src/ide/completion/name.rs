//! Names of things that are declared.

use super::{Ask, Item, Sort};
use crate::check::{Program, Symbol, SymbolKind, suggest};
use crate::ide::{app, declaration, version};
use crate::source::Span;
use crate::syntax::ast::{Component, ItemKind, Name, StatementKind};

/// The picture of a symbol.
pub(super) fn sort(kind: SymbolKind) -> Sort {
    match kind {
        SymbolKind::Component => Sort::Component,
        SymbolKind::Interface => Sort::Interface,
        SymbolKind::Machines => Sort::Group,
        _ => Sort::Value,
    }
}

/// Symbols of a kind that the file can see.
pub(super) fn symbols(ask: &Ask<'_>, kind: SymbolKind) -> Vec<Item> {
    let program = &ask.file.analysis.resolved.program;
    let scope = program.module(ask.file.module).scope.iter().filter(|(_, symbol)| symbol.kind == kind);
    scope.map(|(name, symbol)| item(program, name, *symbol)).collect()
}

fn item(program: &Program, name: &Name, symbol: Symbol) -> Item {
    let docs = program.as_read(symbol).docs.as_deref().unwrap_or_default();
    let place = program.module(symbol.module).place.name();
    Item::new(&**name, sort(symbol.kind)).detail(place).docs(docs)
}

/// Components that can be deployed: those in sight first, then the standard library's, which an import brings.
pub(super) fn components(ask: &mut Ask<'_>) -> Vec<Item> {
    let file = ask.file;
    let program = &file.analysis.resolved.program;
    let running = version::kubernetes(&file.analysis);
    let deployed: Vec<Name> = app::apps(&file.analysis).into_iter().map(|app| app.name).collect();
    let mut items = Vec::new();
    for (name, symbol) in program.module(file.module).scope.iter() {
        match symbol.kind {
            SymbolKind::Component => {
                let rank = if deployed.contains(name) { 6 } else { 2 };
                let mut item = item(program, name, *symbol).rank(rank);
                if let StatementKind::Component(component) = &program.as_read(*symbol).kind {
                    fit_version(&mut item, component, running);
                }
                items.push(item);
            }
            SymbolKind::Param => {
                items.push(Item::new(format!("${name}"), Sort::Value).detail("the component in the param"))
            }
            _ => {}
        }
    }
    items.extend(importable(ask, SymbolKind::Component));
    items
}

/// Says so where a component is not for the version that the cluster runs.
fn fit_version(item: &mut Item, component: &Component, running: Option<crate::syntax::ast::Version>) {
    let bounds = component.items.iter().find_map(|item| match &item.kind {
        ItemKind::For(bounds) => Some(bounds),
        _ => None,
    });
    let Some(bounds) = bounds else { return };
    item.detail = format!("for kubernetes {}", version::bounds(bounds));
    if running.is_some_and(|running| !version::fits(bounds, running)) {
        item.rank = 8;
        item.is_deprecated = true;
    }
}

/// Names of the standard library that the file does not see, each with the `use` that brings it.
fn importable(ask: &Ask<'_>, kind: SymbolKind) -> Vec<Item> {
    let resolved = &ask.file.analysis.resolved;
    let scope = &resolved.program.module(ask.file.module).scope;
    let items = suggest::standard().filter(|(name, _)| !scope.contains_key(name)).filter_map(|(name, module)| {
        (suggest::standard_kind(name)? == kind).then_some(())?;
        let import = suggest::import(resolved, ask.file.module, name)?;
        let mut item = Item::new(&**name, sort(kind)).detail(format!("use {module}")).rank(7);
        item.import = Some((import.span, import.text));
        Some(item)
    });
    items.collect()
}

/// Interfaces: those in sight first, then the standard library's, which an import brings.
pub(super) fn interfaces(ask: &Ask<'_>) -> Vec<Item> {
    let seen = symbols(ask, SymbolKind::Interface).into_iter().map(|item| item.rank(2));
    seen.chain(importable(ask, SymbolKind::Interface)).collect()
}

/// Machine groups, and `*`.
pub(super) fn groups(ask: &Ask<'_>) -> Vec<Item> {
    let all = Item::new("*", Sort::Group).detail("every machine").rank(6);
    let sources = &ask.file.analysis.resolved.program.sources;
    let groups = app::groups(&ask.file.analysis);
    let items = groups.iter().map(|(name, machines)| {
        let count = machines.count.as_ref().map_or("1", |count| sources.text(count.span));
        Item::new(&***name, Sort::Group)
            .detail(if count == "1" { "1 machine".to_owned() } else { format!("{count} machines") })
            .rank(2)
    });
    items.chain([all]).collect()
}

/// What an overlay can drop.
pub(super) fn droppable(ask: &Ask<'_>) -> Vec<Item> {
    let analysis = &ask.file.analysis;
    let apps = app::apps(analysis).into_iter().map(|app| Item::new(&*app.name, Sort::App).detail("application"));
    let groups =
        app::groups(analysis).into_iter().map(|(name, _)| Item::new(&**name, Sort::Group).detail("machine group"));
    let modules = analysis.resolved.program.own_modules();
    let targets = modules.flat_map(|(_, module)| &module.file.statements).filter_map(|one| match &one.origin().kind {
        StatementKind::Target(target) => Some(Item::new(&*target.name.name, Sort::Value).detail("target")),
        _ => None,
    });
    apps.chain(groups).chain(targets).collect()
}

/// The documentation of what is declared at a place.
pub(super) fn docs(ask: &Ask<'_>, name: Span) -> String {
    let module = crate::ide::definition::module_of(&ask.file.analysis, name);
    let found = module.and_then(|module| declaration::at(&module.file, name));
    found.and_then(|found| found.docs).map_or_else(String::new, |docs| docs.to_string())
}
