//! Which endpoints are related.
//!
//! `relate` statements come first; a `requires` without one is wired automatically if there is exactly one candidate. A
//! provider that forwards to another is in front of it, and what is behind it is not a candidate.

use crate::diag::{Code, Diagnostic};
use crate::hash::HashMap;
use crate::source::Span;
use crate::syntax::ast::{Cardinality, EndpointKind, EndpointRef, Name, Relate, StatementKind};
use crate::text::List;

use super::component::text_field;
use super::stage::Ends;
use super::{AppId, EndpointId, Relation, Shape, Wired};

mod candidate;
mod problem;

use candidate::{
    candidates, covers, hides, is_forwarded, is_local, is_local_provider, is_one_each, is_one_service, is_wanted,
    stands_before, takes_several,
};
use problem::{ambiguous, no_provider, not_there, on_the_same, statement};

pub(crate) use candidate::{Out, considered};

/// The applications by their names.
type Names = HashMap<Name, AppId>;

/// Wires all endpoints of all applications.
pub fn wire<'p>(shape: Shape<'p>, problems: &mut Vec<Diagnostic>) -> Wired<'p> {
    let ends =
        shape.apps.iter().map(|app| Ends::new(shape.components[app.component.index()].endpoints.len())).collect();
    let mut wired = Wired { shape, relations: Vec::new(), ends };
    let model = &mut wired;
    find_local(model, problems);
    let mut said = Vec::new();
    let names: Names = model.apps().map(|(id, app)| (app.name.clone(), id)).collect();
    for (_, relate) in model.layers.relations.clone() {
        explicit(model, (relate, &names), &mut said, problems);
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
    wired.note_near();
    wired.note_issued();
    wired
}

/// Which providers answer only clients on their own machine: what the field `scope` of each says.
fn find_local(model: &mut Wired<'_>, problems: &mut Vec<Diagnostic>) {
    for id in endpoints(model).filter(|id| model.endpoint_info(*id).is_provider()).collect::<Vec<_>>() {
        match is_local(model, id) {
            Ok(local) => model.ends[id.app.index()].local[id.endpoint as usize] = local,
            Err(problem) => problems.push(*problem),
        }
    }
}

impl Wired<'_> {
    /// Takes note, in each component, which options name what is issued.
    fn note_issued(&mut self) {
        let program = self.shape.program;
        for app in (0..self.shape.apps.len()).map(|index| AppId(index as u32)) {
            let (options, component) = (self.issued_options(app), self.app(app).component.index());
            self.shape.components[component].note_issued(program, options);
        }
    }

    /// Takes note, in each component, which endpoints differ from machine to machine.
    fn note_near(&mut self) {
        let near = self.relations.iter().filter(|relation| relation.same_machine).map(|relation| relation.from);
        let changed: Vec<EndpointId> = near.filter(|from| !self.endpoint_info(*from).same_machine).collect();
        let program = self.shape.program;
        for from in changed {
            let component = self.app(from.app).component.index();
            self.shape.components[component].differs_by_machine(program, from.endpoint);
        }
    }
}

impl Ends {
    fn new(endpoints: usize) -> Self {
        Self {
            providers: vec![Vec::new(); endpoints],
            clients: vec![Vec::new(); endpoints],
            near: vec![Vec::new(); endpoints],
            local: vec![false; endpoints],
        }
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

/// Relates two endpoints: by a statement, and whether that says that only the own machine is dialled; or automatically.
fn connect(model: &mut Wired<'_>, from: EndpointId, to: EndpointId, relate: Option<(Span, bool)>) {
    model.ends[from.app.index()].providers[from.endpoint as usize].push(to);
    model.ends[to.app.index()].clients[to.endpoint as usize].push(from);
    let said = relate.is_some_and(|(_, near)| near);
    let same_machine = said || model.endpoint_info(from).same_machine || is_local_provider(model, to);
    if same_machine {
        model.ends[from.app.index()].near[from.endpoint as usize].push(to);
    }
    let span = relate.map_or(model.endpoint_info(from).ast.name.span, |(span, _)| span);
    model.relations.push(Relation { from, to, inferred: relate.is_none(), same_machine, span });
}

/// Relates the endpoints of a statement; `said` gets the endpoints of invalid pairs.
fn explicit(
    model: &mut Wired<'_>,
    (relate, names): (&Relate, &Names),
    said: &mut Vec<EndpointId>,
    problems: &mut Vec<Diagnostic>,
) {
    let mut from = resolve(model, names, &relate.from);
    let mut to = resolve(model, names, &relate.to);
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
    let near = text_field(&relate.body, "scope").is_some_and(|scope| &*scope == "machine");
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
                None => connect(model, *from, *to, Some((span, near))),
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

fn resolve(model: &Wired<'_>, names: &Names, reference: &EndpointRef) -> Vec<EndpointId> {
    let of = |app: AppId| {
        let endpoint = model.component_of(app).endpoint_index(&reference.endpoint.name)?;
        Some(EndpointId { app, endpoint })
    };
    match &reference.app {
        Some(app) => names.get(&app.name).and_then(|app| of(*app)).into_iter().collect(),
        None => model.apps().filter_map(|(app, _)| of(app)).collect(),
    }
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
        } else if relation.same_machine
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
