//! Clients that a server with RBAC knows, and that no binding lets do anything.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::facts::subject::{self, Server};
use crate::model::{Relation, Value};
use crate::render::evidence::Entry;
use crate::syntax::ast::EndpointKind;
use crate::text::List;
use crate::verify::Evidence;

/// Clients of each relation to such a server.
pub(super) fn verify(evidence: &Evidence<'_, '_>) -> Vec<Diagnostic> {
    let objects = super::all(evidence.model);
    // Where the model has no objects at all, people apply them.
    if objects.is_empty() || !decides_by_roles(evidence) {
        return Vec::new();
    }
    let bound = bound(objects.into_iter().flat_map(|(_, list)| list));
    let mut seen = BTreeSet::new();
    let relations =
        evidence.model.relations.iter().filter(|relation| seen.insert((relation.from.app, relation.from.endpoint)));
    relations.filter_map(|relation| unbound(evidence, relation, &bound)).collect()
}

/// Whether the API server asks RBAC, and nothing else that may know more.
fn decides_by_roles(evidence: &Evidence<'_, '_>) -> bool {
    let mut modes = Vec::new();
    for entry in evidence.samples.iter().flat_map(|sample| &sample.entries) {
        match entry {
            Entry::Flags(flags) => {
                let given = flags.given.iter().filter(|flag| flag.name == "authorization-mode");
                modes.extend(given.flat_map(|flag| words(&flag.value)));
            }
            Entry::Document(document) => modes.extend(document.value().into_iter().flat_map(authorizers)),
            _ => {}
        }
    }
    let known = ["Node", "RBAC"];
    modes.iter().any(|mode| mode == "RBAC") && modes.iter().all(|mode| known.contains(&&**mode))
}

/// The elements of a list, also of one written as a text.
fn words(value: &Value) -> Vec<String> {
    let text = crate::render::flag::text(value).unwrap_or_default();
    text.split(',').map(|word| word.trim().to_owned()).collect()
}

/// The modes in an `AuthorizationConfiguration`, and that of a kubelet if it asks no one.
fn authorizers(value: &Value) -> Vec<String> {
    let Value::Record(record) = value.reveal() else { return Vec::new() };
    let of = |value: &Value, key: &str| match value.reveal() {
        Value::Record(one) => one.get(key).and_then(Value::scalar_text),
        _ => None,
    };
    match of(value, "kind").as_deref() {
        Some("AuthorizationConfiguration") => match record.get("authorizers").map(Value::reveal) {
            Some(Value::List(list)) => list.iter().filter_map(|one| of(one, "type")).collect(),
            _ => Vec::new(),
        },
        Some("KubeletConfiguration") => {
            let mode = record.get("authorization").and_then(|value| of(value, "mode"));
            mode.filter(|mode| mode == "AlwaysAllow").into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The users and groups that bindings of the model name.
fn bound(objects: impl Iterator<Item = Json>) -> BTreeSet<(String, String)> {
    let bindings = objects.filter(|object| {
        object
            .get("kind")
            .and_then(Json::as_str)
            .is_some_and(|kind| matches!(kind, "ClusterRoleBinding" | "RoleBinding"))
    });
    let subjects =
        bindings.flat_map(|object| object.get("subjects").and_then(Json::as_array).cloned().unwrap_or_default());
    let of = |subject: &Json, key: &str| Some(subject.get(key)?.as_str()?.to_owned());
    subjects.filter_map(|subject| Some((of(&subject, "kind")?, of(&subject, "name")?))).collect()
}

fn unbound(evidence: &Evidence<'_, '_>, relation: &Relation, bound: &BTreeSet<(String, String)>) -> Option<Diagnostic> {
    let model = evidence.model;
    let info = model.endpoint_info(relation.from);
    let server = subject::server(&model.program.interface(info.interface?)?.name.name)?;
    let unit = model.units_of(relation.from.app).next()?;
    let spec = evidence.pki.spec(model, unit, info.identity?)?;
    let is_bound = |kind: &str, name: &str| bound.contains(&(kind.to_owned(), name.to_owned()));
    let known = server.knows(&spec.cn, &spec.org)
        || is_bound("User", &spec.cn)
        || spec.org.iter().any(|group| is_bound("Group", group));
    if known || info.ast.kind != EndpointKind::Requires {
        return None;
    }
    let who = match spec.org.is_empty() {
        true => format!("the user `{}`", spec.cn),
        false => format!("the user `{}` in {}", spec.cn, List::ticked(&*spec.org)),
    };
    let message = format!("`{}` is {who}, whom no binding lets do anything", model.endpoint_name(relation.from));
    let component = model.component_of(relation.from.app);
    let cert = (component.certs[info.identity? as usize].ast.name.span, "the certificate that it presents");
    let deployed = (model.app(relation.from.app).span, "deployed here");
    // What the operator wrote comes first.
    let (first, second) = if model.program.is_library(component.module) { (deployed, cert) } else { (cert, deployed) };
    let found =
        Diagnostic::new(Code::UnboundIdentity, first.0, message).here(first.1).label(second.0, second.1.to_owned());
    Some(found.help(help(server, &spec.cn, &spec.org)))
}

fn help(server: &Server, user: &str, groups: &[String]) -> Help {
    let names = || [user].into_iter().chain(groups.iter().map(String::as_str));
    match names().find_map(|name| closest(name, server.names())) {
        Some(near) => Help::near(near),
        None => "add a ClusterRoleBinding for it to the objects of a component: `std/rbac` has those of the library; if something else \
                 applies one, allow this with that reason"
            .into(),
    }
}
