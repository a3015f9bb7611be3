//! Which endpoints could serve a `requires`, and which of them is in front of which.

use crate::model::scope::Scope;
use crate::model::{AppId, EndpointId, EvalError, UnitId, Wired};
use crate::syntax::ast::Cardinality;

use super::endpoints;

/// Whether an own `provides` forwards to this `requires`: those are wired first, since they decide which provider is in front of which.
pub(super) fn is_forwarded(model: &Wired<'_>, id: EndpointId) -> bool {
    model.component_of(id.app).endpoints.iter().any(|info| info.forwards == Some(id.endpoint))
}

/// Whether an endpoint takes several providers: it says so, or it forwards to servers, of which one deployment may be of an
/// older version than another.
pub(super) fn takes_several(model: &Wired<'_>, id: EndpointId) -> bool {
    model.endpoint_info(id).ast.cardinality == Cardinality::Many || is_forwarded(model, id)
}

/// Whether each machine of a client that dials only its own has exactly one of the providers; or at most one, where it can do
/// without.
pub(super) fn is_one_each(model: &Wired<'_>, id: EndpointId, providers: &[EndpointId]) -> bool {
    let here = |machine| providers.iter().filter(|other| model.unit_on(other.app, machine).is_some()).count();
    let mut machines = model.units_of(id.app).map(|unit| model.unit(unit).machine);
    let info = model.endpoint_info(id);
    let least = usize::from(info.ast.cardinality != Cardinality::Optional);
    let near = info.same_machine || !providers.is_empty() && providers.iter().all(|other| model.is_near(id, *other));
    near && machines.all(|machine| machine.is_some_and(|machine| (least..=1).contains(&here(machine))))
}

/// Whether several providers are one service in several deployments: of one component, none before another, and taken
/// together where one is wanted.
pub(super) fn is_one_service(model: &Wired<'_>, id: EndpointId, list: &[EndpointId]) -> bool {
    let component = |id: &EndpointId| (model.app(id.app).component, id.endpoint);
    let alike = list.windows(2).all(|pair| component(&pair[0]) == component(&pair[1]));
    let server = list.iter().all(|id| model.endpoint_info(*id).forwards.is_none());
    alike && server && (is_forwarded(model, id) || is_one_each(model, id, list))
}

/// Whether an endpoint seeks a provider: its `when`, which sees no unit.
pub(super) fn is_wanted(model: &Wired<'_>, id: EndpointId) -> Result<bool, EvalError> {
    let Some(field) = model.endpoint_info(id).ast.body.field("when") else { return Ok(true) };
    model.sight().holds(&mut Scope::app(model, id.app), Some(&field.value))
}

/// Whether an endpoint answers only clients on its own machine: its `scope`, which sees no unit.
pub(super) fn is_local(model: &Wired<'_>, id: EndpointId) -> Result<bool, EvalError> {
    let Some(field) = model.endpoint_info(id).ast.body.field("scope") else { return Ok(false) };
    let scope = model.sight().eval(&mut Scope::app(model, id.app), &field.value)?;
    Ok(scope.scalar_text().is_some_and(|scope| &*scope == "machine"))
}

/// The same, as it was found.
pub(super) fn is_local_provider(model: &Wired<'_>, id: EndpointId) -> bool {
    model.ends(id.app).local[id.endpoint as usize]
}

/// The endpoints that could serve a `requires`. Where only the own machine is dialled, each is on all machines of the
/// client, or there are several of which each machine has one.
pub(super) fn candidates(model: &Wired<'_>, id: EndpointId) -> Vec<EndpointId> {
    let info = model.endpoint_info(id);
    let all = providers_of(model, id);
    if !info.same_machine {
        let reached = |other: &EndpointId| !is_local_provider(model, *other) || covers(model, other.app, id.app);
        return all.into_iter().filter(reached).collect();
    }
    let covering: Vec<EndpointId> = all.iter().copied().filter(|other| covers(model, other.app, id.app)).collect();
    let here = |other: &EndpointId| model.units_of(other.app).any(|unit| is_beside(model, unit, id.app));
    let parts: Vec<EndpointId> = all.into_iter().filter(here).collect();
    if !covering.is_empty() {
        return servers_first(model, covering);
    }
    let is_only = info.ast.cardinality == Cardinality::Optional && parts.len() == 1;
    if is_only || is_one_service(model, id, &parts) { parts } else { Vec::new() }
}

/// Who dials its own machine dials the server on it, and not a load balancer beside it that would lead to another machine.
fn servers_first(model: &Wired<'_>, covering: Vec<EndpointId>) -> Vec<EndpointId> {
    let servers: Vec<EndpointId> = covering.iter().copied().filter(|id| !is_local_provider(model, *id)).collect();
    if servers.is_empty() { covering } else { servers }
}

/// Whether a unit is on a machine of an application.
pub(super) fn is_beside(model: &Wired<'_>, unit: UnitId, app: AppId) -> bool {
    model.unit(unit).machine.is_some_and(|machine| model.unit_on(app, machine).is_some())
}

/// The endpoints of other applications that provide what a `requires` wants.
pub(super) fn providers_of(model: &Wired<'_>, id: EndpointId) -> Vec<EndpointId> {
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
pub(crate) enum Out {
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
pub(crate) fn considered(model: &Wired<'_>, id: EndpointId) -> Vec<(EndpointId, Option<Out>)> {
    let info = model.endpoint_info(id);
    let all = candidates(model, id);
    let providers = endpoints(model).filter(|other| {
        let provider = model.endpoint_info(*other);
        provider.is_provider() && provider.interface == info.interface && info.interface.is_some()
    });
    let out = |other: EndpointId| match () {
        () if other.app == id.app => Some(Out::Itself),
        () if model.app(other.app).units.is_empty() => Some(Out::Nowhere),
        () if (info.same_machine || is_local_provider(model, other)) && !all.contains(&other) => Some(Out::Elsewhere),
        () if info.ast.cardinality == Cardinality::Many => None,
        () => all.iter().find(|front| hides(model, **front, other)).map(|front| Out::Behind(*front)),
    };
    providers.map(|other| (other, out(other))).collect()
}

/// Whether every machine of `client` has a unit of `provider`.
pub(super) fn covers(model: &Wired<'_>, provider: AppId, client: AppId) -> bool {
    model.units_of(client).all(|unit| {
        let machine = model.unit(unit).machine;
        machine.is_some_and(|machine| model.unit_on(provider, machine).is_some())
    })
}

/// Whether one candidate is in front of another; two that forward to each other hide neither.
pub(super) fn hides(model: &Wired<'_>, front: EndpointId, back: EndpointId) -> bool {
    stands_before(model, front, back) && !stands_before(model, back, front)
}

/// Whether `front` forwards, directly or through others, to `back`.
pub(super) fn stands_before(model: &Wired<'_>, front: EndpointId, back: EndpointId) -> bool {
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
