//! Where what a name stands for is declared, and what is of its type.

use super::declaration;
use super::project::File;
use crate::check::index::{NameKind, Target, Use};
use crate::check::{Analysis, Module, SymbolKind};
use crate::source::Span;
use crate::syntax::ast::{self, StatementKind};

/// A place to go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    /// The name there.
    pub name: Span,
    /// All of what is declared there.
    pub whole: Span,
    /// The name that was asked about.
    pub origin: Span,
}

/// What the names at a place stand for, the smallest first. A declaration stands for itself.
pub fn uses(file: &File, offset: u32) -> Vec<Use> {
    let place = file.place(offset);
    let mut found: Vec<Use> = file.analysis.index.at(place).cloned().collect();
    found.sort_by_key(|one| one.span.end - one.span.start);
    found.dedup();
    found.extend(declared(file, offset));
    found
}

/// The declarations whose own name is at a place.
fn declared(file: &File, offset: u32) -> Vec<Use> {
    let module = file.analysis.resolved.program.module(file.module);
    let here = |span: &Span| span.start <= offset && offset <= span.end;
    let list = declaration::around(&module.file, offset).into_iter().filter(|one| here(&one.name.span));
    list.map(|one| Use { span: one.name.span, target: Target::Declared(one.kind, one.name.span) }).collect()
}

/// The file that a span is in.
pub fn module_of(analysis: &Analysis, span: Span) -> Option<&Module> {
    analysis.resolved.program.modules.iter().find(|module| module.source == span.source)
}

/// Where what stands at a place is declared.
pub fn definition(file: &File, offset: u32) -> Vec<Goal> {
    let mut goals: Vec<Goal> = Vec::new();
    for one in uses(file, offset) {
        if let Some(goal) = goal(&file.analysis, &one)
            && !goals.iter().any(|known| known.name == goal.name)
        {
            goals.push(goal);
        }
    }
    // A `deploy` both names a component and declares an application: the component is what is looked for.
    if goals.len() > 1 {
        goals.retain(|goal| goal.name != goal.origin);
    }
    goals
}

fn goal(analysis: &Analysis, one: &Use) -> Option<Goal> {
    match &one.target {
        Target::Declared(_, name) => {
            let module = module_of(analysis, *name)?;
            let whole = declaration::at(&module.file, *name).map_or(*name, |declaration| declaration.span);
            Some(Goal { name: *name, whole, origin: one.span })
        }
        Target::File(module) => {
            let source = analysis.resolved.program.module(*module).source;
            let start = Span::new(source, 0, 0);
            Some(Goal { name: start, whole: start, origin: one.span })
        }
        Target::Given(of, name) => {
            let span = given(analysis, of, name)?;
            Some(Goal { name: span, whole: span, origin: one.span })
        }
        _ => None,
    }
}

/// Where the model says what the language brings: `cluster.pods` is a field of the `cluster` statement.
fn given(analysis: &Analysis, of: &str, name: &str) -> Option<Span> {
    let modules = analysis.resolved.program.own_modules();
    let is_cluster = |kind: &StatementKind| matches!(kind, StatementKind::Cluster(_));
    let statements = modules.flat_map(|(_, module)| module.file.of_kind(is_cluster));
    let mut clusters = statements.filter_map(|(_, statement)| match &statement.kind {
        StatementKind::Cluster(cluster) => Some(cluster),
        _ => None,
    });
    let cluster = clusters.next()?;
    match (of, name) {
        ("", "cluster") | ("cluster", "name") => Some(cluster.name.span),
        ("cluster", "pod-ranges") => Some(cluster.body.field("pods")?.key.span()),
        ("cluster", "service-ranges") => Some(cluster.body.field("services")?.key.span()),
        ("cluster", field) => Some(cluster.body.field(field)?.key.span()),
        _ => None,
    }
}

/// What is of the type of what stands at a place: the component of an application, the interface of an endpoint.
pub fn type_definition(file: &File, offset: u32) -> Vec<Goal> {
    let found = uses(file, offset).into_iter().filter_map(|one| {
        let name = type_of(&file.analysis, &one.target)?;
        let module = module_of(&file.analysis, name)?;
        let whole = declaration::at(&module.file, name).map_or(name, |declaration| declaration.span);
        Some(Goal { name, whole, origin: one.span })
    });
    let mut goals: Vec<Goal> = found.collect();
    goals.dedup_by_key(|goal| goal.name);
    goals
}

fn type_of(analysis: &Analysis, target: &Target) -> Option<Span> {
    let Target::Declared(kind, name) = target else { return None };
    let program = &analysis.resolved.program;
    let (id, module) = program.modules.iter().enumerate().find(|(_, module)| module.source == name.source)?;
    let statement =
        module.file.statements.iter().find(|one| one.span().start <= name.start && name.end <= one.span().end)?;
    let lookup = |name: &ast::Ident, kind| {
        let symbol = program.lookup(crate::check::ModuleId(id as u32), &name.name, kind);
        symbol.filter(|symbol| symbol.kind == kind).map(|symbol| symbol.span)
    };
    match (kind, &statement.kind) {
        (NameKind::Endpoint, StatementKind::Component(component)) => {
            let endpoint = component.items.iter().find_map(|item| match &item.kind {
                ast::ItemKind::Endpoint(endpoint) if endpoint.name.span == *name => Some(endpoint),
                _ => None,
            })?;
            lookup(&endpoint.interface, SymbolKind::Interface)
        }
        (NameKind::Cert, StatementKind::Component(component)) => {
            let cert = component.items.iter().find_map(|item| match &item.kind {
                ast::ItemKind::Cert(cert) if cert.name.span == *name => Some(cert),
                _ => None,
            })?;
            match &cert.body.field("authority")?.value.kind {
                ast::ExprKind::Name(authority) => lookup(authority, SymbolKind::Authority),
                _ => None,
            }
        }
        (NameKind::App, StatementKind::Deploy(deploy)) => {
            let deployed = match &deploy.alias {
                Some(_) => deploy.components.first(),
                None => deploy.components.iter().find(|one| one.name.span == *name),
            };
            let deployed = &deployed?.name;
            lookup(deployed, SymbolKind::Component).or_else(|| lookup(deployed, SymbolKind::Param))
        }
        (NameKind::Param, StatementKind::Param(param)) => match &param.ty.kind {
            ast::TypeKind::Component(Some(interface)) => lookup(interface, SymbolKind::Interface),
            _ => None,
        },
        (NameKind::Component | NameKind::Interface | NameKind::Authority, _) => Some(*name),
        _ => None,
    }
}
