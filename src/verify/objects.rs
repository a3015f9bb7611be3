//! Kubernetes objects of components: that an application applies them, and that pods of theirs get onto machines.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic};
use crate::model::scope::Scope;
use crate::model::{AppId, Model, Value};
use crate::render::evidence::{Entry, Sample, yaml};
use crate::render::format::{Secrets, tree};
use crate::syntax::ast::{EndpointKind, Ident};
use crate::text::List;

use super::{Evidence, Verdict};

mod binding;
mod budget;
mod control_pod;
mod grant;
pub(in crate::verify) mod host_paths;
mod intercept;
mod inventory;
mod label;
mod mounted;
mod packet;
pub mod placement;
mod pod_security;
pub mod pods;
mod pool;
mod port;
mod reference;
mod scaling;
mod schedule;
mod selector;
mod service;
pub(in crate::verify) mod stand_in;
mod start;
mod static_pod;
mod storage;
mod toleration;
mod twice;

/// Looks at every object that a component provides.
pub fn objects(evidence: &Evidence<'_, '_>) -> Verdict {
    let mut problems: Vec<Diagnostic> = applied(evidence.model).into_iter().collect();
    let nodes = nodes(evidence);
    for (app, objects) in all(evidence.model) {
        problems.extend(toleration::verify(evidence.model, &nodes, app, &objects));
    }
    let own = label::of_machines(evidence.model);
    problems.extend(evidence.on_each(|sample| label::verify(evidence.model, sample, &own)));
    problems.extend(evidence.on_each(|sample| static_pod::verify(evidence.model, sample)));
    problems.extend(once(evidence.samples.iter().flat_map(|one| control_pod::verify(evidence.model, one)).collect()));
    problems.extend(once(evidence.samples.iter().flat_map(|one| mounted::verify(evidence.model, one)).collect()));
    problems.extend(binding::verify(evidence));
    problems.extend(evidence.on_each(|sample| budget::verify(evidence.model, sample)));
    let list: Vec<_> = evidence.samples.iter().flat_map(inventory::of_sample).collect();
    let there = reference::Objects::of(evidence, &list);
    let (missing, gap) = reference::verify(&there);
    problems.extend(once(missing));
    problems.extend(once(selector::verify(evidence.model, &there)));
    problems.extend(once(pod_security::verify(evidence.model, &list)));
    problems.extend(once(service::verify(evidence.model, &there, has_usual_node_ports(evidence))));
    problems.extend(once(grant::verify(evidence.model, &list)));
    problems.extend(once(intercept::verify(evidence.model, &there)));
    problems.extend(once(packet::verify(evidence.model, &list)));
    problems.extend(once(pool::verify(evidence.model, &list)));
    problems.extend(once(port::verify(evidence.model, &there)));
    problems.extend(once(schedule::verify(evidence, &list)));
    problems.extend(once(start::verify(evidence, &list)));
    problems.extend(once(storage::verify(evidence.model, &list)));
    problems.extend(once(scaling::verify(evidence.model, &there)));
    problems.extend(once(twice::verify(evidence.model, &list)));
    Verdict { problems, gaps: gap.into_iter().collect(), ..Verdict::default() }
}

/// What the first object of an API group and kind is called, if there is one.
pub(super) fn first(evidence: &Evidence<'_, '_>, group: &str, kind: &str) -> Option<String> {
    let of_group = |api: &str| api.split_once('/').map_or("", |(group, _)| group) == group;
    let mut all = evidence.samples.iter().flat_map(inventory::of_sample);
    all.find(|found| found.kind() == kind && of_group(found.api())).map(|found| found.title())
}

/// Problems of machines that are alike, each once.
fn once(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut known = HashSet::new();
    problems.retain(|problem| known.insert((problem.labels[0].span, problem.message.clone())));
    problems
}

/// Whether each API server here gives out the usual ports on nodes.
fn has_usual_node_ports(evidence: &Evidence<'_, '_>) -> bool {
    let entries = evidence.samples.iter().flat_map(|sample| &sample.entries);
    let servers = entries.filter_map(|entry| match entry {
        Entry::Flags(flags) if &*flags.program == "kube-apiserver" => Some(&flags.given),
        _ => None,
    });
    servers.flatten().all(|flag| {
        &*flag.name != "service-node-port-range"
            || flag.value.scalar_text().is_some_and(|text| *text == *service::NODE_PORT_RANGE)
    })
}

/// The groups of machines that have a kubelet.
fn nodes(evidence: &Evidence<'_, '_>) -> BTreeSet<u32> {
    let is_kubelet = |entry: &Entry<'_>| match entry {
        Entry::Unit(unit) => {
            let exec = unit.unit.fields.get("exec").and_then(Value::scalar_text).unwrap_or_default();
            Path::new(&exec).file_name().is_some_and(|name| name == "kubelet")
        }
        _ => false,
    };
    let with = evidence.samples.iter().filter(|sample| sample.entries.iter().any(is_kubelet));
    with.filter_map(|sample| Some(evidence.model.machine(sample.machine?).group)).collect()
}

/// Whether pods run on a machine: on those with a kubelet, or on any where no machine of the model has one.
pub(super) fn runs_pods(evidence: &Evidence<'_, '_>, sample: &Sample<'_>) -> bool {
    let others = || evidence.samples.iter().any(has_kubelet);
    has_kubelet(sample) || !evidence.samples.is_empty() && !others()
}

/// Whether a machine has a kubelet: one that a unit runs, or a package of it or of a distribution that has one.
fn has_kubelet(sample: &Sample<'_>) -> bool {
    const PACKAGES: [&str; 5] = ["kubelet", "kubeadm", "k3s", "rke2", "microk8s"];
    let runs = |entry: &Entry<'_>| match entry {
        Entry::Flags(flags) => &*flags.program == "kubelet",
        Entry::Unlisted(unlisted) => PACKAGES.iter().any(|name| unlisted.program.starts_with(name)),
        _ => false,
    };
    let is_package = |package: &String| PACKAGES.iter().any(|name| package.starts_with(name));
    sample.entries.iter().any(runs)
        || sample.services.iter().any(|service| &*service.name == "kubelet.service")
        || sample.bundle.packages.iter().any(|package| is_package(&package.to_string()))
}

/// The objects of each application, from its values and from its texts.
fn all(model: &Model<'_>) -> Vec<(AppId, Vec<Json>)> {
    providers(model)
        .map(|(app, endpoint)| (app, of_endpoint(model, app, endpoint)))
        .filter(|(_, list)| !list.is_empty())
        .collect()
}

/// The objects of one application.
pub(super) fn of_app(model: &Model<'_>, app: AppId) -> Vec<Json> {
    let own = providers(model).filter(|(provider, _)| *provider == app);
    own.flat_map(|(app, endpoint)| of_endpoint(model, app, endpoint)).collect()
}

fn of_endpoint(model: &Model<'_>, app: AppId, endpoint: u32) -> Vec<Json> {
    let values = OBJECTS.iter().filter_map(|name| field(model, app, endpoint, name));
    values.flat_map(|value| read(&value)).collect()
}

/// The objects in a list or in a text.
fn read(value: &Value) -> Vec<Json> {
    let list = match value.reveal() {
        Value::Text(text) => yaml(text).unwrap_or_default(),
        _ => match tree(value, Secrets::Hidden) {
            Ok(Json::Array(list)) => list,
            _ => Vec::new(),
        },
    };
    list.into_iter().filter(|object| !object.is_null()).collect()
}

/// The endpoints that provide something.
pub fn providers<'m>(model: &'m Model<'_>) -> impl Iterator<Item = (AppId, u32)> + 'm {
    model.apps().flat_map(|(app, _)| {
        let endpoints = model.component_of(app).endpoints.iter().enumerate();
        let provides = endpoints.filter(|(_, info)| info.ast.kind == EndpointKind::Provides);
        provides.map(move |(place, _)| (app, place as u32))
    })
}

/// A field of a provider's interface, on its first unit; `None` if the interface has no such field.
pub fn field(model: &Model<'_>, app: AppId, endpoint: u32, name: &str) -> Option<Value> {
    let info = &model.component_of(app).endpoints[endpoint as usize];
    let interface = model.program.interface(info.interface?)?;
    interface.fields.iter().find(|field| &*field.name.name == name)?;
    let unit = model.units_of(app).next()?;
    let ident = Ident { name: name.into(), span: info.ast.name.span };
    model.endpoint_field(&mut Scope::unit(model, unit), endpoint, &ident).ok()
}

/// The fields of interfaces that hold objects of the cluster.
const OBJECTS: [&str; 2] = ["objects", "manifest"];

/// Whether a network of pods is provided that takes the range which each node is given.
pub(super) fn takes_node_ranges(model: &Model<'_>) -> bool {
    let takes = |(app, endpoint)| {
        let value = field(model, app, endpoint, "node-ranges");
        value.is_some_and(|value| *value.reveal() == Value::Bool(true))
    };
    providers(model).any(takes)
}

/// Objects that no application applies.
fn applied(model: &Model<'_>) -> Option<Diagnostic> {
    let is_some = |value: Value| match value.reveal() {
        Value::List(list) => !list.is_empty(),
        Value::Text(text) => !text.is_empty(),
        _ => false,
    };
    let lonely = |(app, endpoint): &(AppId, u32)| {
        let has = OBJECTS.iter().any(|name| field(model, *app, *endpoint, name).is_some_and(is_some));
        has && model.ends(*app).clients[*endpoint as usize].is_empty()
    };
    let mut apps: Vec<AppId> = providers(model).filter(lonely).map(|(app, _)| app).collect();
    apps.dedup();
    let first = model.app(*apps.first()?);
    let names = List::ticked(apps.iter().map(|app| &*model.app(*app).name));
    let message = format!("no application applies the objects of {names}, so they are not in the cluster");
    let found = Diagnostic::new(Code::IncompleteCluster, first.span, message)
        .here(format!("`{}` is deployed here", first.name));
    Some(found.help(
        "`deploy addons` on the machines of the API servers, or apply them yourself and allow this with that reason",
    ))
}
