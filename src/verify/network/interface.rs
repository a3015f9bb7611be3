//! What an interface forbids to those who stand between its two ends: caches where nothing may be cached, and load
//! balancers that end TLS.

use crate::diag::{Code, Diagnostic};
use crate::model::component::text_field;
use crate::model::{EndpointId, Model, Relation};
use crate::plan::Proof;
use crate::syntax::ast::{Body, EndpointKind, ExprKind, Literal};
use crate::text::Count;

/// Looks at every relation once.
pub fn verify(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> Proof {
    for relation in &model.relations {
        for found in [caching(model, relation), terminating(model, relation)] {
            problems.extend(found.filter(|problem| !problems.contains(problem)));
        }
    }
    let count = model.relations.len();
    let statement = format!("{}: no forbidden cache or TLS termination", Count(count, "relation"));
    Proof { name: "interfaces", statement, count }
}

fn interface<'p>(model: &Model<'p>, id: EndpointId) -> Option<&'p Body> {
    let symbol = model.endpoint_info(id).interface?;
    Some(&model.program.interface(symbol)?.body)
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
