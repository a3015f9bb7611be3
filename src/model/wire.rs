//! Which endpoints are related.
//!
//! `relate` statements come first; a `requires` without one is wired automatically if there is exactly one candidate. A
//! provider that forwards to another is in front of it, and what is behind it is not a candidate.

use crate::diag::{Code, Diagnostic, Fix};
use crate::source::Span;
use crate::syntax::ast::{Cardinality, EndpointKind, EndpointRef, ExprKind, Literal, Relate, StatementKind};
use crate::text::List;

use super::scope::Scope;
use super::stage::Ends;
use super::{App, AppId, EndpointId, EvalError, Relation, Shape, UnitId, Wired};

/// Wires all endpoints of all applications.
pub fn wire<'p>(shape: Shape<'p>, problems: &mut Vec<Diagnostic>) -> Wired<'p> {
    let ends =
        shape.apps.iter().map(|app| Ends::new(shape.components[app.component.index()].endpoints.len())).collect();
    let mut wired = Wired { shape, relations: Vec::new(), ends };
    let model = &mut wired;
    let mut said = Vec::new();
    for (_, relate) in model.layers.relations.clone() {
        explicit(model, relate, &mut said, problems);
    }
    let (first, rest): (Vec<_>, Vec<_>) = endpoints(model).partition(|id| is_forwarded(model, *id));
    for id in first.into_iter().chain(rest) {
        match model.endpoint_info(id).ast.kind {
            EndpointKind::Peers => connect(model, id, id, None),
            // A wrong statement has already been reported.
            EndpointKind::Requires if model.providers(id).is_empty() && !said.contains(&id) => {
                infer(model, id, problems);
            }
            _ => {}
        }
    }
    check_related(model, problems);
    wired
}

impl Ends {
    fn new(endpoints: usize) -> Self {
        Self { providers: vec![Vec::new(); endpoints], clients: vec![Vec::new(); endpoints] }
    }
}

fn endpoints<'a>(model: &'a Wired<'_>) -> impl Iterator<Item = EndpointId> + use<'a> {
    let list: Vec<EndpointId> = model
        .apps()
        .flat_map(|(app, _)| {
            let count = model.component_of(app).endpoints.len() as u32;
            (0..count).map(move |endpoint| EndpointId { app, endpoint })
        })
        .collect();
    list.into_iter()
}

/// Whether an own `provides` forwards to this `requires`: those are wired first, since they decide which provider is in front of which.
fn is_forwarded(model: &Wired<'_>, id: EndpointId) -> bool {
    model.component_of(id.app).endpoints.iter().any(|info| info.forwards == Some(id.endpoint))
}

fn connect(model: &mut Wired<'_>, from: EndpointId, to: EndpointId, relate: Option<Span>) {
    model.ends[from.app.index()].providers[from.endpoint as usize].push(to);
    model.ends[to.app.index()].clients[to.endpoint as usize].push(from);
    let span = relate.unwrap_or(model.endpoint_info(from).ast.name.span);
    model.relations.push(Relation { from, to, inferred: relate.is_none(), span });
}

/// Relates the endpoints of a statement; `said` gets the endpoints of invalid pairs.
fn explicit(model: &mut Wired<'_>, relate: &Relate, said: &mut Vec<EndpointId>, problems: &mut Vec<Diagnostic>) {
    let mut from = resolve(model, &relate.from);
    let mut to = resolve(model, &relate.to);
    if relate.from.app.is_none() {
        from.retain(|id| model.endpoint_info(*id).ast.kind == EndpointKind::Requires);
    }
    if relate.to.app.is_none() {
        let wanted: Vec<_> = from.iter().map(|id| model.endpoint_info(*id).interface).collect();
        to.retain(|id| model.endpoint_info(*id).is_provider() && wanted.contains(&model.endpoint_info(*id).interface));
    }
    let (Some(from), Some(to)) = (known(from, &relate.from, model, problems), known(to, &relate.to, model, problems))
    else {
        return;
    };
    let span = relate.from.span.to(relate.to.span);
    let wild = relate.from.app.is_none() || relate.to.app.is_none();
    for from in &from {
        for to in &to {
            // `*` is all the others, and those that are related already stay so.
            if wild && (from.app == to.app || model.providers(*from).contains(to)) {
                continue;
            }
            match check_pair(model, *from, *to, span) {
                Some(problem) => {
                    problems.push(problem);
                    said.extend([*from, *to]);
                }
                None if model.providers(*from).contains(to) => problems.push(already(model, *from, *to, span)),
                None => connect(model, *from, *to, Some(span)),
            }
        }
    }
    for id in from {
        problems.extend(too_many(model, id, span));
    }
}

fn known(
    ids: Vec<EndpointId>,
    reference: &EndpointRef,
    model: &Wired<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<EndpointId>> {
    if !ids.is_empty() {
        return Some(ids);
    }
    // A relation of an application that an overlay dropped goes with it.
    if reference.app.as_ref().is_some_and(|app| model.layers.dropped.contains(&app.name)) {
        return None;
    }
    let name = &reference.endpoint.name;
    let message = match &reference.app {
        Some(app) => format!("`{}` has no endpoint `{name}`", app.name),
        None => format!("no application has an endpoint `{name}` that can be related here"),
    };
    let app = reference.app.as_ref().and_then(|app| model.apps().find(|(_, a)| a.name == app.name));
    let help = match app {
        Some((id, _)) => {
            let names = model.component_of(id).endpoints.iter().map(|info| &*info.ast.name.name);
            format!("its endpoints are {}", List::ticked(names))
        }
        None => format!("the applications are {}", List::ticked(model.apps.iter().map(|app| &*app.name))),
    };
    problems.push(Diagnostic::new(Code::UnknownEndpoint, reference.span, message).help(help));
    None
}

fn resolve(model: &Wired<'_>, reference: &EndpointRef) -> Vec<EndpointId> {
    let wanted = |name: &str| reference.app.as_ref().is_none_or(|app| *app.name == *name);
    model
        .apps()
        .filter(|(_, app)| wanted(&app.name))
        .filter_map(|(app, _)| {
            let endpoint = model.component_of(app).endpoint_index(&reference.endpoint.name)?;
            Some(EndpointId { app, endpoint })
        })
        .collect()
}

/// Whether two endpoints can be related at all.
fn check_pair(model: &Wired<'_>, from: EndpointId, to: EndpointId, span: Span) -> Option<Diagnostic> {
    let (a, b) = (model.endpoint_info(from), model.endpoint_info(to));
    let (from_name, to_name) = (model.endpoint_name(from), model.endpoint_name(to));
    let wrong = |message: String| {
        Diagnostic::new(Code::InterfaceMismatch, span, message)
            .label(a.ast.name.span, format!("`{}` of interface `{}`", a.ast.name.name, a.ast.interface.name))
            .label(b.ast.name.span, format!("`{}` of interface `{}`", b.ast.name.name, b.ast.interface.name))
    };
    if a.ast.kind == EndpointKind::Provides || b.ast.kind != EndpointKind::Provides {
        return Some(match (a.ast.kind, b.ast.kind) {
            (EndpointKind::Provides, EndpointKind::Requires) => {
                let help = "the arrow points in the direction of the connection";
                wrong(format!("`{from_name} -> {to_name}` points in the wrong direction"))
                    .help(format!("{help}: `relate {to_name} -> {from_name}`"))
                    .safe_fix(span, format!("{to_name} -> {from_name}"), "reverse it")
            }
            (EndpointKind::Peers, _) | (_, EndpointKind::Peers) => {
                let peers = if a.ast.kind == EndpointKind::Peers { &from_name } else { &to_name };
                wrong(format!("`{peers}` connects the units of one application to each other"))
                    .help("peers are related automatically: remove the statement")
            }
            (EndpointKind::Requires, _) => wrong(format!("`{to_name}` is not a provider: it is a `requires` endpoint"))
                .help("relate it to a `provides` endpoint"),
            _ => wrong(format!("`{from_name}` is not a client: it is a `provides` endpoint"))
                .help("relate from a `requires` endpoint"),
        });
    }
    if a.interface != b.interface {
        let message = format!(
            "`{from_name}` requires interface `{}`, and `{to_name}` provides `{}`",
            a.ast.interface.name, b.ast.interface.name
        );
        return Some(wrong(message).help("relate two endpoints of the same interface"));
    }
    None
}

fn already(model: &Wired<'_>, from: EndpointId, to: EndpointId, span: Span) -> Diagnostic {
    let earlier = model.relations.iter().find(|r| r.from == from && r.to == to).map_or(span, |r| r.span);
    let message = format!("`{}` is already related to `{}`", model.endpoint_name(from), model.endpoint_name(to));
    let problem = Diagnostic::new(Code::AlreadyRelated, span, message).label(earlier, "here");
    let problem = problem.help("remove one of the two");
    match statement(model, |kind| matches!(kind, StatementKind::Relate(r) if r.from.span.to(r.to.span) == span)) {
        Some(place) => problem.safe_fix(place, "", "remove it"),
        None => problem,
    }
}

/// The place of the first statement of the model that fits, without those that an overlay adds.
fn statement(model: &Wired<'_>, fits: impl Fn(&StatementKind) -> bool) -> Option<Span> {
    let mut statements = model.program.own_modules().flat_map(|(_, module)| &module.file.statements);
    statements.find(|statement| fits(&statement.kind)).map(|statement| statement.span)
}

/// A place for a statement behind the one that deploys an application.
fn behind_deployment(model: &Wired<'_>, app: AppId) -> Option<Span> {
    let deployment = model.layers.deployments.iter().find(|deployment| deployment.name == model.app(app).name)?;
    let place =
        statement(model, |kind| matches!(kind, StatementKind::Deploy(deploy) if std::ptr::eq(deploy, deployment.ast)))?;
    Some(Span { start: place.end, ..place })
}

fn too_many(model: &Wired<'_>, id: EndpointId, span: Span) -> Option<Diagnostic> {
    let info = model.endpoint_info(id);
    let providers = model.providers(id);
    if providers.len() < 2 || takes_several(model, id) || is_one_each(model, id, providers) {
        return None;
    }
    let earlier = model.relations.iter().find(|r| r.from == id).map_or(span, |r| r.span);
    let names: Vec<String> = providers.iter().map(|provider| model.endpoint_name(*provider)).collect();
    let names = List::ticked(names.iter().map(String::as_str));
    let message = format!("`{}` accepts one provider, and is related to {names}", model.endpoint_name(id));
    let problem = Diagnostic::new(Code::AlreadyRelated, span, message);
    let problem = if earlier == span { problem } else { problem.label(earlier, "the first one") };
    let help = match providers.iter().all(|provider| model.endpoint_info(*provider).forwards.is_some()) {
        true => "relate it to one of them",
        false => "relate it to one of them, or put a load balancer in front of them",
    };
    Some(problem.label(info.ast.name.span, "accepts one provider").help(help))
}

/// Whether an endpoint takes several providers: it says so, or it forwards to servers, of which one deployment may be of an
/// older version than another.
fn takes_several(model: &Wired<'_>, id: EndpointId) -> bool {
    model.endpoint_info(id).ast.cardinality == Cardinality::Many || is_forwarded(model, id)
}

/// Whether each machine of a client that dials only its own has exactly one of the providers.
fn is_one_each(model: &Wired<'_>, id: EndpointId, providers: &[EndpointId]) -> bool {
    let here = |machine| providers.iter().filter(|other| model.unit_on(other.app, machine).is_some()).count();
    let mut machines = model.units_of(id.app).map(|unit| model.unit(unit).machine);
    model.endpoint_info(id).same_machine && machines.all(|machine| machine.is_some_and(|machine| here(machine) == 1))
}

/// Whether several providers are one service in several deployments: of one component, none before another, and taken
/// together where one is wanted.
fn is_one_service(model: &Wired<'_>, id: EndpointId, list: &[EndpointId]) -> bool {
    let component = |id: &EndpointId| (model.app(id.app).component, id.endpoint);
    let alike = list.windows(2).all(|pair| component(&pair[0]) == component(&pair[1]));
    let server = list.iter().all(|id| model.endpoint_info(*id).forwards.is_none());
    alike && server && (is_forwarded(model, id) || is_one_each(model, id, list))
}

fn infer(model: &mut Wired<'_>, id: EndpointId, problems: &mut Vec<Diagnostic>) {
    if model.app(id.app).units.is_empty() {
        return;
    }
    let info = model.endpoint_info(id);
    let cardinality = info.ast.cardinality;
    match is_wanted(model, id) {
        Ok(true) => {}
        Ok(false) => return,
        Err(problem) => return problems.push(*problem),
    }
    let all = candidates(model, id);
    let front: Vec<EndpointId> = match cardinality {
        Cardinality::Many => all,
        _ => all.iter().copied().filter(|c| !all.iter().any(|other| hides(model, *other, *c))).collect(),
    };
    match (front.as_slice(), cardinality) {
        (list @ [_, _, ..], _) if is_one_service(model, id, list) => {
            list.iter().for_each(|provider| connect(model, id, *provider, None));
        }
        ([], Cardinality::One) => problems.push(no_provider(model, id)),
        ([_, _, ..], Cardinality::One | Cardinality::Optional) => problems.push(ambiguous(model, id, &front)),
        (list, _) => list.iter().for_each(|provider| connect(model, id, *provider, None)),
    }
}

/// Whether an endpoint seeks a provider: its `when`, which sees no unit.
pub fn is_wanted(model: &Wired<'_>, id: EndpointId) -> Result<bool, EvalError> {
    let Some(field) = model.endpoint_info(id).ast.body.field("when") else { return Ok(true) };
    model.sight().holds(&mut Scope::app(model, id.app), Some(&field.value))
}

/// The endpoints that could serve a `requires`. Where only the own machine is dialled, each is on all machines of the
/// client, or there are several of which each machine has one.
fn candidates(model: &Wired<'_>, id: EndpointId) -> Vec<EndpointId> {
    let info = model.endpoint_info(id);
    let all = providers_of(model, id);
    if !info.same_machine {
        return all;
    }
    let covering: Vec<EndpointId> = all.iter().copied().filter(|other| covers(model, other.app, id.app)).collect();
    let here = |other: &EndpointId| model.units_of(other.app).any(|unit| is_beside(model, unit, id.app));
    let parts: Vec<EndpointId> = all.into_iter().filter(here).collect();
    if !covering.is_empty() {
        return covering;
    }
    // What can do without a provider takes the only one that is on some of its machines.
    let is_optional = info.ast.cardinality == Cardinality::Optional && parts.len() == 1;
    if is_optional || is_one_service(model, id, &parts) { parts } else { Vec::new() }
}

/// Whether a unit is on a machine of an application.
fn is_beside(model: &Wired<'_>, unit: UnitId, app: AppId) -> bool {
    model.unit(unit).machine.is_some_and(|machine| model.unit_on(app, machine).is_some())
}

/// The endpoints of other applications that provide what a `requires` wants.
fn providers_of(model: &Wired<'_>, id: EndpointId) -> Vec<EndpointId> {
    let info = model.endpoint_info(id);
    endpoints(model)
        .filter(|other| other.app != id.app && !model.app(other.app).units.is_empty())
        .filter(|other| {
            let provider = model.endpoint_info(*other);
            provider.is_provider() && provider.interface == info.interface && info.interface.is_some()
        })
        .collect()
}

/// Why a provider of the right interface does not count for a `requires`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Out {
    /// It is of the same application.
    Itself,
    /// It is on no machine.
    Nowhere,
    /// It is not on every machine of the requirer, which dials only its own.
    Elsewhere,
    /// This one is in front of it.
    Behind(EndpointId),
}

/// Every provider of the interface that a `requires` wants, and why it does not count, if it does not.
pub fn considered(model: &Wired<'_>, id: EndpointId) -> Vec<(EndpointId, Option<Out>)> {
    let info = model.endpoint_info(id);
    let all = candidates(model, id);
    let providers = endpoints(model).filter(|other| {
        let provider = model.endpoint_info(*other);
        provider.is_provider() && provider.interface == info.interface && info.interface.is_some()
    });
    let out = |other: EndpointId| match () {
        () if other.app == id.app => Some(Out::Itself),
        () if model.app(other.app).units.is_empty() => Some(Out::Nowhere),
        () if info.same_machine && !all.contains(&other) => Some(Out::Elsewhere),
        () if info.ast.cardinality == Cardinality::Many => None,
        () => all.iter().find(|front| hides(model, **front, other)).map(|front| Out::Behind(*front)),
    };
    providers.map(|other| (other, out(other))).collect()
}

/// Whether every machine of `client` has a unit of `provider`.
fn covers(model: &Wired<'_>, provider: AppId, client: AppId) -> bool {
    model.units_of(client).all(|unit| {
        let machine = model.unit(unit).machine;
        machine.is_some_and(|machine| model.unit_on(provider, machine).is_some())
    })
}

/// Whether one candidate is in front of another; two that forward to each other hide neither.
fn hides(model: &Wired<'_>, front: EndpointId, back: EndpointId) -> bool {
    stands_before(model, front, back) && !stands_before(model, back, front)
}

/// Whether `front` forwards, directly or through others, to `back`.
fn stands_before(model: &Wired<'_>, front: EndpointId, back: EndpointId) -> bool {
    let mut seen = vec![front];
    let mut next = 0;
    while let Some(id) = seen.get(next).copied() {
        next += 1;
        let Some(forwards) = model.endpoint_info(id).forwards else { continue };
        for behind in model.providers(EndpointId { app: id.app, endpoint: forwards }) {
            if *behind == back {
                return true;
            }
            if !seen.contains(behind) {
                seen.push(*behind);
            }
        }
    }
    false
}

fn no_provider(model: &Wired<'_>, id: EndpointId) -> Diagnostic {
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
fn deploying(model: &Wired<'_>, id: EndpointId, interface: &str) -> Vec<Fix> {
    let Some(place) = behind_deployment(model, id.app) else { return Vec::new() };
    let Some(deployment) = model.layers.deployments.iter().find(|d| d.name == model.app(id.app).name) else {
        return Vec::new();
    };
    let (Some(first), Some(last)) = (deployment.ast.on.first(), deployment.ast.on.last()) else { return Vec::new() };
    let on = model.program.sources.text(first.span.to(last.span));
    let seen = |name: &&str| model.program.lookup(deployment.module, name).is_some();
    let fix = |name: &str| Fix::guess(format!("deploy `{name}`")).edit(place, format!("\ndeploy {name} on {on}"));
    providing(model, interface).into_iter().filter(seen).map(fix).collect()
}

/// `` `a` is not on `cp-0`, `cp-1` ``.
fn not_there(model: &Wired<'_>, client: AppId, provider: &App) -> String {
    let machines = model.units_of(client).filter_map(|unit| model.unit(unit).machine);
    let without: Vec<_> = machines
        .filter(|machine| !provider.units.clone().any(|unit| model.unit(UnitId(unit)).machine == Some(*machine)))
        .collect();
    let names = List::ticked(without.iter().take(3).map(|machine| &*model.machine(*machine).name));
    match without.len() {
        0..=3 => format!("`{}` is not on {names}", provider.name),
        more => format!("`{}` is not on {names} and {} more", provider.name, more - 3),
    }
}

fn on_the_same(provider: &App) -> String {
    format!("deploy `{}` on the same machines", provider.name)
}

/// `: `etcd`` for the components of any loaded file that provide an interface.
fn known_providers(model: &Wired<'_>, interface: &str) -> String {
    let names = providing(model, interface);
    if names.is_empty() { String::new() } else { format!(": {}", List::ticked(names)) }
}

/// The components of any loaded file that provide an interface.
fn providing<'p>(model: &Wired<'p>, interface: &str) -> Vec<&'p str> {
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
fn one_per_machine(model: &Wired<'_>, id: EndpointId) -> bool {
    let interface = model.endpoint_info(id).interface.and_then(|symbol| model.program.interface(symbol));
    let field = interface.and_then(|interface| interface.body.field("one-per-machine"));
    field.is_some_and(|field| matches!(field.value.kind, ExprKind::Literal(Literal::Bool(true))))
}

fn ambiguous(model: &Wired<'_>, id: EndpointId, list: &[EndpointId]) -> Diagnostic {
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

/// Every `relate` must lead to a provider: to a unit, on the same machine where only that is dialled, and not in a circle.
fn check_related(model: &Wired<'_>, problems: &mut Vec<Diagnostic>) {
    let mut in_circle = false;
    for relation in model.relations.iter().filter(|r| !r.inferred && !model.app(r.from.app).units.is_empty()) {
        let provider = model.app(relation.to.app);
        let (from, to) = (model.endpoint_name(relation.from), model.endpoint_name(relation.to));
        let info = model.endpoint_info(relation.from);
        let (message, help) = if provider.units.is_empty() && info.ast.cardinality == Cardinality::One {
            let message = format!("`{from}` is related to `{to}`, and `{}` is not on any machine", provider.name);
            (message, format!("place `{}` on a machine", provider.name))
        } else if stands_before(model, relation.to, relation.to) {
            // One problem for all that are in it.
            if std::mem::replace(&mut in_circle, true) {
                continue;
            }
            (format!("`{to}` forwards to itself in a loop, so no server answers `{from}`"), CIRCLE.to_owned())
        } else if info.same_machine
            && !covers(model, relation.to.app, relation.from.app)
            && !is_one_each(model, relation.from, model.providers(relation.from))
        {
            let there = not_there(model, relation.from.app, provider);
            (format!("`{from}` dials only its own machine, and {there}"), on_the_same(provider))
        } else {
            continue;
        };
        let problem = Diagnostic::new(Code::NoProvider, relation.span, message).here("related here");
        let place = format!("`{}` is deployed here", provider.name);
        problems.push(problem.label(provider.span, place).help(help));
    }
}

const CIRCLE: &str = "relate one of the load balancers to a server";
