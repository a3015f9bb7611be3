//! Relations: declared, or inferred because one provider is eligible.

use crate::model::wire::{Out, considered};
use crate::model::{EndpointId, Relation};
use crate::syntax::ast::{Cardinality, EndpointKind};

use super::query::Query;
use super::{Answer, Link, Why, place, show};

/// `kubelet.cluster-api`, alone or with the other end behind it.
pub(super) fn answer(why: &Why<'_, '_>, query: &Query) -> Option<Answer> {
    let id = why.endpoint(&query.name)?;
    let model = why.model();
    if let Some(other) = &query.more {
        let to = why.endpoint(other)?;
        let relation = model.relations.iter().find(|r| (r.from, r.to) == (id, to) || (r.from, r.to) == (to, id))?;
        return Some(of_relation(why, relation));
    }
    let info = model.endpoint_info(id);
    let kind = match info.ast.kind {
        EndpointKind::Requires => "dials",
        EndpointKind::Provides => "is dialled by",
        EndpointKind::Peers => "is among",
    };
    let ends = match info.ast.kind {
        EndpointKind::Provides => &model.ends(id.app).clients[id.endpoint as usize],
        _ => &model.ends(id.app).providers[id.endpoint as usize],
    };
    let names: Vec<String> = ends.iter().map(|end| model.endpoint_name(*end)).collect();
    let value = if names.is_empty() { "none".to_owned() } else { show::some(&names) };
    Some(Answer::new(format!("`{}` {kind}", query.name), links(why, id)).with(value))
}

fn of_relation(why: &Why<'_, '_>, relation: &Relation) -> Answer {
    let model = why.model();
    let (from, to) = (model.endpoint_name(relation.from), model.endpoint_name(relation.to));
    let subject = format!("the relation `{from} -> {to}`");
    let mut links = vec![link(why, relation)];
    links.push(Link::at(model.app(relation.to.app).span, place::deployed(why, relation.to.app)));
    Answer::new(subject, links)
}

/// Where the relations of an endpoint come from.
pub(super) fn links(why: &Why<'_, '_>, id: EndpointId) -> Vec<Link> {
    let model = why.model();
    let info = model.endpoint_info(id);
    let at_end = |relation: &&Relation| match info.ast.kind {
        EndpointKind::Provides => relation.to == id,
        _ => relation.from == id,
    };
    let list: Vec<Link> = model.relations.iter().filter(at_end).map(|relation| link(why, relation)).collect();
    if !list.is_empty() || info.ast.kind == EndpointKind::Provides {
        return list;
    }
    vec![Link::at(info.ast.name.span, "it has no relation").because(left_out(why, id))]
}

/// Why one relation is there.
pub(super) fn link(why: &Why<'_, '_>, relation: &Relation) -> Link {
    let model = why.model();
    let info = model.endpoint_info(relation.from);
    let (from, to) = (model.endpoint_name(relation.from), model.endpoint_name(relation.to));
    let interface = &info.ast.interface.name;
    if relation.from == relation.to {
        let text = format!("the units of `{}` are peers of each other", model.app(relation.from.app).name);
        return Link::at(info.ast.name.span, text);
    }
    if !relation.inferred {
        return Link::at(relation.span, format!("declared by `relate {from} -> {to}`"));
    }
    let reason = match info.ast.cardinality {
        Cardinality::Many => format!("`{from}` requires all providers of `{interface}`, and `{to}` is one of them"),
        _ => format!("`{from}` requires `{interface}`, and `{to}` is the only eligible provider"),
    };
    let deployed = Link::at(model.app(relation.to.app).span, place::deployed(why, relation.to.app));
    Link::at(info.ast.name.span, reason).because([deployed]).because(left_out(why, relation.from))
}

/// The providers that are not eligible for a `requires`, each with its reason.
pub(super) fn left_out(why: &Why<'_, '_>, id: EndpointId) -> Vec<Link> {
    let list = considered(why.model(), id).into_iter();
    list.filter_map(|(other, out)| Some(reason(why, id, other, out?))).collect()
}

/// Why a provider is not eligible.
pub(super) fn reason(why: &Why<'_, '_>, id: EndpointId, other: EndpointId, out: Out) -> Link {
    let model = why.model();
    let (name, app) = (model.endpoint_name(other), model.app(other.app));
    let text = match out {
        Out::Itself => format!("`{name}` is not eligible: it belongs to `{}` itself", app.name),
        Out::Nowhere => format!("`{name}` is not eligible: `{}` is on no machine", app.name),
        Out::Elsewhere => {
            let from = model.endpoint_name(id);
            format!(
                "`{name}` is not eligible: `{from}` dials its own machine, and `{}` is not on all of them",
                app.name
            )
        }
        Out::Behind(front) => {
            format!("`{name}` is not eligible: `{}` forwards to it", model.endpoint_name(front))
        }
    };
    Link::at(app.span, text)
}
