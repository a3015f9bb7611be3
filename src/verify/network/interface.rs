//! What an interface forbids to those who stand between its two ends: caches where nothing may be cached, and load
//! balancers that end TLS.

use crate::check::Symbol;
use crate::diag::{Code, Diagnostic};
use crate::hash::HashMap;
use crate::model::component::text_field;
use crate::model::{AppId, EndpointId, MachineId, Model, Relation};
use crate::plan::Proof;
use crate::syntax::ast::{Body, EndpointKind, ExprKind, Literal};
use crate::text::Count;

/// Looks at every relation once.
pub(super) fn verify(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> Proof {
    for relation in &model.relations {
        for found in [caching(model, relation), terminating(model, relation)] {
            problems.extend(found.filter(|problem| !problems.contains(problem)));
        }
    }
    problems.extend(twice(model));
    let count = model.relations.len();
    let statement = format!("{}: no forbidden cache or TLS termination", Count(count, "relation"));
    Proof { name: "interfaces", statement, count }
}

fn interface<'p>(model: &Model<'p>, id: EndpointId) -> Option<&'p Body> {
    let symbol = model.endpoint_info(id).interface?;
    Some(&model.program.interface(symbol)?.body)
}

/// Whether an interface sets a field to true.
fn is_true(body: &Body, field: &str) -> bool {
    body.field(field).is_some_and(|f| matches!(f.value.kind, ExprKind::Literal(Literal::Bool(true))))
}

/// Two applications on a machine that provide an interface of which a machine has one: two pod networks.
fn twice(model: &Model<'_>) -> Vec<Diagnostic> {
    let mut known: HashMap<(Symbol, MachineId), AppId> = HashMap::default();
    let mut problems: Vec<Diagnostic> = Vec::new();
    let mut pairs = Vec::new();
    for (app, info) in model.apps().flat_map(|(app, _)| provided(model, app).map(move |symbol| (app, symbol))) {
        for machine in model.units_of(app).filter_map(|unit| model.unit(unit).machine) {
            let first = *known.entry((info, machine)).or_insert(app);
            if first != app && !pairs.contains(&(first, app)) {
                pairs.push((first, app));
                problems.push(both(model, (first, app), info, machine));
            }
        }
    }
    problems
}

/// The interfaces that an application provides and of which a machine has one provider.
fn provided(model: &Model<'_>, app: AppId) -> impl Iterator<Item = Symbol> {
    let of =
        |symbol: &Symbol| model.program.interface(*symbol).is_some_and(|one| is_true(&one.body, "one-per-machine"));
    let provides = model.component_of(app).endpoints.iter().filter(|one| one.ast.kind == EndpointKind::Provides);
    provides.filter_map(|one| one.interface).filter(of).collect::<Vec<_>>().into_iter()
}

fn both(model: &Model<'_>, (first, second): (AppId, AppId), symbol: Symbol, machine: MachineId) -> Diagnostic {
    let interface = model.program.interface(symbol).map_or("", |one| &*one.name.name);
    let (one, other) = (model.app(first), model.app(second));
    let place = &model.machine(machine).name;
    let message = format!("`{}` and `{}` both provide `{interface}` on `{place}`", one.name, other.name);
    let problem = Diagnostic::new(Code::ProvidedTwice, other.span, message);
    problem
        .label(one.span, format!("`{}` is deployed here", one.name))
        .help(format!("deploy only one of them on `{place}`"))
}

/// A caching proxy may not stand before several providers of an interface that cannot be cached.
fn caching(model: &Model<'_>, relation: &Relation) -> Option<Diagnostic> {
    let front = model.endpoint_info(relation.to);
    let forwards = front.forwards.filter(|_| front.caches)?;
    let cacheable = interface(model, relation.to)?.field("cacheable");
    let forbidden = cacheable.is_some_and(|f| matches!(f.value.kind, ExprKind::Literal(Literal::Bool(false))));
    let behind: usize = model.ends(relation.to.app).providers[forwards as usize]
        .iter()
        .map(|provider| model.app(provider.app).units.len())
        .sum();
    (forbidden && behind > 1 && front.ast.kind == EndpointKind::Provides).then(|| {
        let message =
            format!("`{}` is a caching proxy in front of {behind} providers", model.endpoint_name(relation.to));
        Diagnostic::new(Code::CachingProxy, model.app(relation.to.app).span, message)
            .here(format!("`{}` is deployed here", model.app(relation.to.app).name))
            .label(front.ast.name.span, "caching proxy")
            .help("forward TCP instead: watches and writes through a stale cache break clients")
    })
}

/// A load balancer that ends TLS, or that reads requests, where both ends must verify each other.
fn terminating(model: &Model<'_>, relation: &Relation) -> Option<Diagnostic> {
    let front = model.endpoint_info(relation.to);
    front.forwards?;
    let reads = text_field(&front.ast.body, "mode").is_some_and(|mode| &*mode == "http");
    let whole = text_field(interface(model, relation.to)?, "tls").is_some_and(|tls| &*tls == "end-to-end");
    if !whole || !(reads || front.identity.is_some()) {
        return None;
    }
    let name = model.endpoint_name(relation.to);
    let message = match reads {
        true => format!("`{name}` reads requests, but this interface requires end-to-end TLS"),
        false => {
            format!("`{name}` terminates TLS with its own certificate, but this interface requires end-to-end TLS")
        }
    };
    let place = ["mode", "identity"].into_iter().find_map(|field| front.ast.body.field(field));
    Some(
        Diagnostic::new(Code::TlsTerminated, model.app(relation.to.app).span, message)
            .here("deployed here")
            .label(place.map_or(front.ast.name.span, |field| field.span), "TLS is terminated here")
            .help(
                "forward TCP and pass TLS through: client certificates would stop at the load balancer, and watches \
                 and upgraded connections would break",
            ),
    )
}
