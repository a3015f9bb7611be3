//! Ports by name or number that are not there: in probes of containers, and of services in what leads to them.
//!
//! Source: pkg/probe/util.go (ResolveContainerPort: a port by name is one of the same container) of kubernetes/kubernetes;
//! kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers (`service.port` is 443 by default);
//! kubernetes.io/docs/concepts/services-networking/ingress (a port of the Service).

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::model::Model;
use crate::text::List;
use crate::verify::locate::Step;

use super::inventory::{Found, at};
use super::reference::Objects;

/// What asks a container, with the way to the port.
const HANDLERS: [&str; 10] = [
    "livenessProbe.httpGet.port",
    "livenessProbe.tcpSocket.port",
    "readinessProbe.httpGet.port",
    "readinessProbe.tcpSocket.port",
    "startupProbe.httpGet.port",
    "startupProbe.tcpSocket.port",
    "lifecycle.postStart.httpGet.port",
    "lifecycle.postStart.tcpSocket.port",
    "lifecycle.preStop.httpGet.port",
    "lifecycle.preStop.tcpSocket.port",
];

/// The port of a service where none is named.
const HTTPS: u64 = 443;

/// By kind, the way to what names a service, and what comes of a port that it has not.
const LEADING: [(&str, &str, &str); 6] = [
    ("Ingress", "spec.rules[].http.paths[].backend.service", "its clients get an error"),
    ("Ingress", "spec.defaultBackend.service", "its clients get an error"),
    ("ValidatingWebhookConfiguration", "webhooks[].clientConfig.service", "the API server cannot call the webhook"),
    ("MutatingWebhookConfiguration", "webhooks[].clientConfig.service", "the API server cannot call the webhook"),
    ("APIService", "spec.service", "the API server cannot serve its API"),
    (
        "CustomResourceDefinition",
        "spec.conversion.webhook.clientConfig.service",
        "the API server cannot convert its objects",
    ),
];

pub(super) fn verify(model: &Model<'_>, objects: &Objects<'_, '_, '_>) -> Vec<Diagnostic> {
    let mut list = Vec::new();
    for found in objects.list {
        list.extend(probes(model, found));
        for (_, path, what) in LEADING.iter().filter(|(kind, ..)| *kind == found.kind()) {
            let services = at(&found.object, path).into_iter();
            list.extend(services.filter_map(|(way, named)| leading(model, objects, found, (&way, named, what))));
        }
    }
    list
}

/// Probes of ports by names that their container does not have.
fn probes(model: &Model<'_>, found: &Found<'_, '_>) -> Vec<Diagnostic> {
    let Some((to, spec)) = found.pod_spec() else { return Vec::new() };
    let containers = ["containers[]", "initContainers[]"].into_iter().flat_map(|path| at(spec, path));
    let mut list = Vec::new();
    for (way, container) in containers {
        let names: Vec<&str> =
            at(container, "ports[].name").into_iter().filter_map(|(_, name)| name.as_str()).collect();
        for (below, port) in HANDLERS.iter().flat_map(|path| at(container, path)) {
            let name = port.as_str().filter(|name| name.parse::<u16>().is_err() && !names.contains(name));
            let Some(name) = name.filter(|name| !name.contains('$')) else { continue };
            let span = found.span(model, &[&to[..], &way, &below].concat());
            let who = match &below[0] {
                Step::Key(key) => key.clone(),
                _ => String::new(),
            };
            let message = format!(
                "`{who}` of {} asks for the port `{name}`, and its container has no port of that name: it always fails",
                found.title()
            );
            list.push(Diagnostic::new(Code::ObjectMissing, span, message).help(help(name, &names)));
        }
    }
    list
}

fn help(name: &str, names: &[&str]) -> Help {
    match closest(name, names.iter().copied()) {
        Some(near) => Help::near(near),
        None if names.is_empty() => "name the port in the container, or use its number".into(),
        None => format!("the ports are {}", List::ticked(names)).into(),
    }
}

/// What leads to a port that a service of the model does not have.
fn leading(
    model: &Model<'_>,
    objects: &Objects<'_, '_, '_>,
    found: &Found<'_, '_>,
    (way, named, what): (&[Step], &Json, &str),
) -> Option<Diagnostic> {
    let namespace = named["namespace"].as_str().or(found.namespace())?;
    let service = objects.list.iter().find(|other| {
        other.kind() == "Service" && other.namespace() == Some(namespace) && named["name"] == *other.name()
    })?;
    let spec = &service.object["spec"];
    let ports = spec["ports"].as_array().filter(|ports| !ports.is_empty() && spec["type"] != "ExternalName")?;
    let port = &named["port"];
    let (name, number) = match port {
        Json::Object(port) => (port.get("name").and_then(Json::as_str), port.get("number").and_then(Json::as_u64)),
        _ => (None, port.as_u64().or(Some(HTTPS))),
    };
    let has = |one: &Json| match name {
        Some(name) => one["name"] == name,
        None => number.is_none_or(|number| one["port"] == number),
    };
    if ports.iter().any(has) || name.is_none() && number.is_none() {
        return None;
    }
    let wanted = name.map_or(number.unwrap_or(HTTPS).to_string(), |name| format!("`{name}`"));
    let known = ports.iter().map(|one| match (one["port"].as_u64(), one["name"].as_str()) {
        (Some(number), Some(name)) => format!("{number} (`{name}`)"),
        (number, _) => number.unwrap_or_default().to_string(),
    });
    let list = known.collect::<Vec<_>>().join(", ");
    let message =
        format!("{} leads to port {wanted} of {}, which has only {list}: {what}", found.title(), service.title());
    let way = if port.is_null() { way.to_vec() } else { [way, &["port".into()]].concat() };
    let problem = Diagnostic::new(Code::ObjectMissing, found.span(model, &way), message);
    Some(problem.help("use a port of the Service; that of the pods is its `targetPort`"))
}
