//! What an interface forbids to those who stand between its two ends: caches where nothing may be cached, load balancers
//! that end TLS, and plain text on the network.

use crate::diag::{Code, Diagnostic};
use crate::model::component::text_field;
use crate::model::eval::counted;
use crate::model::{EndpointId, Model, Relation};
use crate::plan::listener::Bind;
use crate::plan::{Pki, Proof, dial};
use crate::syntax::ast::{Body, EndpointKind, ExprKind, Literal};

/// Looks at every relation once.
pub fn prove(model: &Model<'_>, _: &Pki, problems: &mut Vec<Diagnostic>) -> Proof {
    for relation in &model.relations {
        for found in [caching(model, relation), terminating(model, relation), plain(model, relation)] {
            problems.extend(found.filter(|problem| !problems.contains(problem)));
        }
    }
    let count = model.relations.len();
    let statement =
        format!("{}: no cache, no end of TLS and no plain text where there may be none", counted(count, "relation"));
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
    let behind: usize = model.app(relation.to.app).providers[forwards as usize]
        .iter()
        .map(|provider| model.app(provider.app).units.len())
        .sum();
    (forbidden && behind > 1 && front.ast.kind == EndpointKind::Provides).then(|| {
        let message = format!("`{}` caches, and {behind} providers stand behind it", model.endpoint_name(relation.to));
        Diagnostic::new(Code::CachingProxy, model.app(relation.to.app).span, message)
            .here(format!("`{}` is deployed here", model.app(relation.to.app).name))
            .label(front.ast.name.span, "it caches")
            .help("a watch or a write seen through a stale copy breaks clients: pass the bytes through instead")
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
        true => format!("`{name}` reads requests, and TLS must reach whoever answers"),
        false => format!("`{name}` ends TLS with a certificate of its own, and TLS must reach whoever answers"),
    };
    let place = ["mode", "identity"].into_iter().find_map(|field| front.ast.body.field(field));
    Some(
        Diagnostic::new(Code::TlsTerminated, model.app(relation.to.app).span, message)
            .here("deployed here")
            .label(place.map_or(front.ast.name.span, |field| field.span), "here it takes part in the conversation")
            .help(
                "the certificates of clients end there, so everyone would be the load balancer, or nobody; watches and \
                 upgraded connections break too: forward TCP, and let TLS through",
            ),
    )
}

/// Plain text between machines, where the interface speaks TLS.
fn plain(model: &Model<'_>, relation: &Relation) -> Option<Diagnostic> {
    if dial::is_forwarding(model, relation.from) {
        return None;
    }
    let scheme = text_field(interface(model, relation.to)?, "scheme")?;
    let ends = dial::behind(model, relation.to);
    let end = *ends.iter().find(|end| model.endpoint_info(**end).identity.is_none())?;
    let client = model.endpoint_info(relation.from);
    if &*scheme != "https" || client.trusts.is_some() || client.same_machine || !leaves_the_machine(model, end) {
        return None;
    }
    let (from, to) = (model.endpoint_name(relation.from), model.endpoint_name(end));
    let (span, text) = model.origin(relation);
    Some(
        Diagnostic::new(
            Code::PlaintextExposed,
            span,
            format!("`{from}` reaches `{to}` in plain text over the network"),
        )
        .here(text)
        .label(model.endpoint_info(end).ast.name.span, format!("`{to}` shows no certificate"))
        .label(client.ast.name.span, format!("`{from}` trusts no authority"))
        .help(
            "whoever is on that network reads and writes what passes: give the provider an `identity` and the client \
                 `trusts`, or bind it to 127.0.0.1",
        ),
    )
}

fn leaves_the_machine(model: &Model<'_>, end: EndpointId) -> bool {
    model.units_of(end.app).any(|unit| {
        let value = model.endpoint_value(unit, end.endpoint).ok();
        value.is_some_and(|value| value.listen.is_some() && !Bind::of(value.bind).is_loopback())
    })
}
