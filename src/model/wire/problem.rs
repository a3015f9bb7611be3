//! Problems of an endpoint that cannot be wired automatically: it has no provider, or several.

use crate::check::SymbolKind;
use crate::diag::{Code, Diagnostic, Fix};
use crate::model::{App, AppId, EndpointId, UnitId, Wired};
use crate::source::Span;
use crate::syntax::ast::{EndpointKind, ExprKind, Literal, StatementKind};
use crate::text::List;

use super::endpoints;

/// The place of the first statement of the model that fits, without those that an overlay adds.
pub(super) fn statement(model: &Wired<'_>, fits: impl Fn(&StatementKind) -> bool) -> Option<Span> {
    let mut statements = model.program.own_modules().flat_map(|(_, module)| &module.file.statements);
    statements.find(|statement| fits(&statement.kind)).map(|statement| statement.span)
}

/// A place for a statement behind the one that deploys an application.
pub(super) fn behind_deployment(model: &Wired<'_>, app: AppId) -> Option<Span> {
    let deployment = model.layers.deployments.iter().find(|deployment| deployment.name == model.app(app).name)?;
    let place =
        statement(model, |kind| matches!(kind, StatementKind::Deploy(deploy) if std::ptr::eq(deploy, deployment.ast)))?;
    Some(Span { start: place.end, ..place })
}

pub(super) fn no_provider(model: &Wired<'_>, id: EndpointId) -> Diagnostic {
    let info = model.endpoint_info(id);
    let interface = &info.ast.interface.name;
    let from = model.endpoint_name(id);
    let provider = endpoints(model).find(|other| {
        let provider = model.endpoint_info(*other);
        other.app != id.app && provider.is_provider() && provider.interface == info.interface
    });
    let (message, help) = match provider.map(|provider| model.app(provider.app)) {
        Some(other) if other.units.is_empty() => (
            format!("`{from}` requires a provider of `{interface}`, and `{}` is not on any machine", other.name),
            format!("place `{}` on a machine", other.name),
        ),
        Some(other) if info.same_machine => (
            format!("`{from}` dials only its own machine, and {}", not_there(model, id.app, other)),
            on_the_same(other),
        ),
        _ => (
            format!("`{from}` requires a provider of `{interface}`, and none is deployed"),
            format!("deploy a component that provides `{interface}`{}", known_providers(model, interface)),
        ),
    };
    let mut problem = Diagnostic::new(Code::NoProvider, model.app(id.app).span, message)
        .here("deployed here")
        .label(info.ast.name.span, "required here");
    if let Some(provider) = provider {
        let app = model.app(provider.app);
        problem = problem.label(app.span, format!("`{}` is deployed here", app.name));
    }
    let fixes = if provider.is_none() { deploying(model, id, interface) } else { Vec::new() };
    fixes.into_iter().fold(problem.help(help), Diagnostic::with_fix)
}

/// Ways to bring a provider: each component in sight that provides the interface, on the machines of who wants it.
pub(super) fn deploying(model: &Wired<'_>, id: EndpointId, interface: &str) -> Vec<Fix> {
    let Some(place) = behind_deployment(model, id.app) else { return Vec::new() };
    let Some(deployment) = model.layers.deployments.iter().find(|d| d.name == model.app(id.app).name) else {
        return Vec::new();
    };
    let (Some(first), Some(last)) = (deployment.ast.on.first(), deployment.ast.on.last()) else { return Vec::new() };
    let on = model.program.sources.text(first.span.to(last.span));
    let seen = |name: &&str| model.program.lookup(deployment.module, name, SymbolKind::Component).is_some();
    let fix = |name: &str| Fix::guess(format!("deploy `{name}`")).edit(place, format!("\ndeploy {name} on {on}"));
    let is_new = |name: &&str| !model.layers.dropped.iter().any(|dropped| **dropped == **name);
    providing(model, interface).into_iter().filter(seen).filter(is_new).map(fix).collect()
}

/// `` `a` is not on `cp-0`, `cp-1` ``.
pub(super) fn not_there(model: &Wired<'_>, client: AppId, provider: &App) -> String {
    let machines = model.units_of(client).filter_map(|unit| model.unit(unit).machine);
    let without: Vec<_> = machines
        .filter(|machine| !provider.units.clone().any(|unit| model.unit(UnitId(unit)).machine == Some(*machine)))
        .collect();
    let names = List::ticked(without.iter().take(3).map(|machine| &*model.machine(*machine).name));
    match without.len() {
        0 => format!("`{}` is on no machine", model.app(client).name),
        1..=3 => format!("`{}` is not on {names}", provider.name),
        more => format!("`{}` is not on {names} and {} more", provider.name, more - 3),
    }
}

pub(super) fn on_the_same(provider: &App) -> String {
    format!("deploy `{}` on the same machines", provider.name)
}

/// `: `etcd`` for the components of any loaded file that provide an interface.
pub(super) fn known_providers(model: &Wired<'_>, interface: &str) -> String {
    let names = providing(model, interface);
    if names.is_empty() { String::new() } else { format!(": {}", List::ticked(names)) }
}

/// The components of any loaded file that provide an interface.
pub(super) fn providing<'p>(model: &Wired<'p>, interface: &str) -> Vec<&'p str> {
    let statements = model.program.modules.iter().flat_map(|module| &module.file.statements);
    statements
        .filter_map(|statement| match &statement.kind {
            StatementKind::Component(component) => Some(component),
            _ => None,
        })
        .filter(|component| {
            component.items.iter().any(|item| match &item.kind {
                crate::syntax::ast::ItemKind::Endpoint(e) => {
                    e.kind == EndpointKind::Provides && &*e.interface.name == interface
                }
                _ => false,
            })
        })
        .map(|component| &*component.name.name)
        .collect()
}

/// Whether a machine may have one provider of the interface at most.
pub(super) fn one_per_machine(model: &Wired<'_>, id: EndpointId) -> bool {
    let interface = model.endpoint_info(id).interface.and_then(|symbol| model.program.interface(symbol));
    let field = interface.and_then(|interface| interface.body.field("one-per-machine"));
    field.is_some_and(|field| matches!(field.value.kind, ExprKind::Literal(Literal::Bool(true))))
}

pub(super) fn ambiguous(model: &Wired<'_>, id: EndpointId, list: &[EndpointId]) -> Diagnostic {
    let from = model.endpoint_name(id);
    let names: Vec<String> = list.iter().map(|provider| model.endpoint_name(*provider)).collect();
    let message =
        format!("`{from}` has several possible providers: {}", List::ticked(names.iter().map(String::as_str)));
    let one = one_per_machine(model, id);
    let help = match one {
        true => "deploy only one of them on a machine".to_owned(),
        false => format!("choose one: `relate {from} -> {}`", names.join(&format!("` or `relate {from} -> "))),
    };
    let mut problem =
        Diagnostic::new(Code::AmbiguousProvider, model.app(id.app).span, message).here("deployed here").help(help);
    for provider in list {
        problem = problem.label(model.app(provider.app).span, format!("`{}`", model.endpoint_name(*provider)));
        // A relation would choose one of them, and the other one would still be there.
        if let Some(place) = behind_deployment(model, id.app).filter(|_| !one) {
            let relate = format!("relate {from} -> {}", model.endpoint_name(*provider));
            problem = problem.fix(place, format!("\n{relate}"), format!("add `{relate}`"));
        }
    }
    problem
}
