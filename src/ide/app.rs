//! The applications of a model as its text says: names, components, endpoints.

use crate::check::{Analysis, Module, ModuleId, ModulePlace, Program, Symbol, SymbolKind, is_part};
use crate::source::Span;
use crate::syntax::ast::{self, Component, Deploy, Endpoint, EndpointKind, ItemKind, Name, StatementKind};

/// An application.
#[derive(Clone, Debug)]
pub struct App<'p> {
    pub name: Name,
    /// Where its name stands.
    pub span: Span,
    pub deploy: &'p Deploy,
    /// `None` for one that is deployed through a param, or not to be found.
    pub component: Option<(Symbol, &'p Component)>,
}

/// All applications, in the order of the files.
pub fn apps(analysis: &Analysis) -> Vec<App<'_>> {
    let program = &analysis.resolved.program;
    let mut list = Vec::new();
    for (id, module) in program.own_modules() {
        for statement in parts(module) {
            if let StatementKind::Deploy(deploy) = &statement.kind {
                list.extend(deployed(program, id, deploy));
            }
        }
    }
    list
}

/// The applications of one `deploy`.
pub fn deployed<'p>(program: &'p Program, module: ModuleId, deploy: &'p Deploy) -> Vec<App<'p>> {
    let app = |one: &'p ast::DeployName| {
        let called = deploy.alias.as_ref().unwrap_or(&one.name);
        let symbol = program.lookup(module, &one.name.name, SymbolKind::Component);
        let symbol = symbol.filter(|symbol| symbol.kind == SymbolKind::Component && !one.param);
        let component = symbol.and_then(|symbol| Some((symbol, program.component(symbol)?)));
        App { name: called.name.clone(), span: called.span, deploy, component }
    };
    deploy.components.iter().map(app).collect()
}

/// The statements of a file that are a part of the model, and those that its overlays add.
pub fn parts(module: &Module) -> impl Iterator<Item = &ast::Statement> {
    module.file.of_kind(is_part).flat_map(|(_, statement)| with_added(statement))
}

/// The statements in a part of a file, and those that overlays there add.
pub fn statements(module: &Module, part: Span) -> impl Iterator<Item = &ast::Statement> {
    let near = move |span: Span| span.start <= part.end && span.end >= part.start;
    let here = module.file.statements.iter().filter(move |one| near(one.span()));
    here.flat_map(|one| with_added(one)).filter(move |one| near(one.span))
}

fn with_added(statement: &ast::Statement) -> impl Iterator<Item = &ast::Statement> {
    let changes = match &statement.kind {
        StatementKind::Overlay(overlay) => overlay.changes.as_slice(),
        _ => &[],
    };
    let added = changes.iter().filter_map(|change| match &change.kind {
        ast::ChangeKind::Add(added) => Some(&**added),
        _ => None,
    });
    std::iter::once(statement).chain(added)
}

/// The machine groups of a model, with the place of each name.
pub fn groups(analysis: &Analysis) -> Vec<(&Name, &ast::Machines)> {
    let modules = analysis.resolved.program.own_modules();
    let all = modules.flat_map(|(_, module)| parts(module));
    let groups = all.filter_map(|statement| match &statement.kind {
        StatementKind::Machines(machines) => Some((&machines.name.name, machines)),
        _ => None,
    });
    groups.collect()
}

/// The endpoints of a component.
pub fn endpoints(component: &Component) -> impl Iterator<Item = &Endpoint> {
    component.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Endpoint(endpoint) => Some(endpoint),
        _ => None,
    })
}

/// The options of a component.
pub fn options(component: &Component) -> impl Iterator<Item = (&ast::Item, &ast::OptionItem)> {
    component.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Option(option) => Some((item, option)),
        _ => None,
    })
}

/// The interface of an endpoint of a component.
pub fn interface(program: &Program, component: Symbol, endpoint: &Endpoint) -> Option<Symbol> {
    let symbol = program.lookup(component.module, &endpoint.interface.name, SymbolKind::Interface)?;
    (symbol.kind == SymbolKind::Interface).then_some(symbol)
}

/// Whether an endpoint may stand before the arrow, or after it.
pub fn fits(kind: EndpointKind, before: bool) -> bool {
    match kind {
        EndpointKind::Requires => before,
        EndpointKind::Provides => !before,
        EndpointKind::Peers => false,
    }
}

/// Whether a module is of the standard library.
pub fn is_standard(module: &Module) -> bool {
    matches!(module.place, ModulePlace::Standard(_))
}
