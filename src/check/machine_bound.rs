//! What a component can have only on a machine.

use super::component::Info;
use super::item::relative;
use crate::source::Span;
use crate::syntax::ast::{Body, EndpointKind, ItemKind};

/// The first item that only a machine can have, and what it is.
pub(super) fn bound(info: &Info<'_>) -> Option<(Span, &'static str)> {
    info.component.items.iter().find_map(|item| bound_item(&item.kind))
}

fn bound_item(item: &ItemKind) -> Option<(Span, &'static str)> {
    Some(match item {
        ItemKind::Unit(item) => (item.path.span, "a unit"),
        ItemKind::File(item) if relative(item).is_none() => (item.path.span, "a file of a machine"),
        ItemKind::Dir(item) => (item.path.span, "a directory"),
        ItemKind::Kubeconfig(item) if relative(item).is_none() => (item.path.span, "a kubeconfig of a machine"),
        ItemKind::Cert(cert) => (field(&cert.body, "file")?, "a file"),
        ItemKind::Holds(name) => (name.span, "a private key"),
        ItemKind::Artifact(item) => (item.name.span, "an artifact"),
        ItemKind::Listen(item) => (item.name.span, "a listener"),
        ItemKind::Firewall(item) => (item.path.span, "a firewall"),
        ItemKind::Needs(_) => return needs(item),
        ItemKind::Endpoint(endpoint) if endpoint.kind == EndpointKind::Provides => {
            let listens = field(&endpoint.body, "listen")?;
            return match endpoint.body.field("address") {
                Some(_) => None,
                None => Some((listens, "a listener")),
            };
        }
        _ => return None,
    })
}

fn needs(item: &ItemKind) -> Option<(Span, &'static str)> {
    use crate::syntax::ast::NeedsKind::*;
    let ItemKind::Needs(needs) = item else { return None };
    let span = match &needs.kind {
        Module(name) | Sysctl(name, _) => name.span,
        Package(value) | Device(value) | Mount(value) | Command(value) | Cores(value) | Memory(value) | Disk(value) => {
            value.span
        }
    };
    Some((span, "a `needs` statement"))
}

fn field(body: &Body, name: &str) -> Option<Span> {
    body.field(name).map(|field| field.key.span())
}

/// The first item that goes to the output and to no machine, and what it is.
pub(super) fn unplaced(info: &Info<'_>) -> Option<(Span, &'static str)> {
    info.component.items.iter().find_map(|item| match &item.kind {
        ItemKind::Kubeconfig(item) if relative(item).is_some() => Some((item.path.span, "a kubeconfig")),
        ItemKind::File(item) if relative(item).is_some() => Some((item.path.span, "a file")),
        _ => None,
    })
}
