//! Names in objects that stand for other objects: whether those are there.
//!
//! What is there is what files of machines hold, and what Kubernetes makes by itself. Where something else may make
//! objects too, such as a Helm chart or a script, a name that is not there tells nothing, and is listed as not examined.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::facts::reference::{self, Reference};
use crate::model::Model;
use crate::plan::Gap;
use crate::render::evidence::{Content, Entry};
use crate::verify::Evidence;
use crate::verify::locate::Step;

use super::inventory::{self, Found};

/// The namespace and the name of an object of a kind.
type Key<'a> = (&'a str, Option<&'a str>, &'a str);

/// What is there.
pub(super) struct Objects<'f, 'a, 'p> {
    model: &'f Model<'p>,
    pub list: &'f [Found<'a, 'p>],
    by_key: BTreeMap<Key<'f>, &'f Found<'a, 'p>>,
    /// The namespaces of the model's objects.
    namespaces: BTreeSet<&'f str>,
    /// Those with objects of other APIs, whose controllers make more.
    custom: BTreeSet<&'f str>,
    /// Whether objects come from elsewhere too.
    open: bool,
}

/// A name, where it is.
pub(super) struct Name<'f, 'a, 'p> {
    by: &'f Found<'a, 'p>,
    rule: &'static Reference,
    pub kind: &'f str,
    /// Of the object that is named; none if it is in none.
    pub namespace: Option<&'f str>,
    pub name: &'f str,
    pub way: Vec<Step>,
    value: &'f Json,
}

impl<'f, 'a, 'p> Objects<'f, 'a, 'p> {
    pub(super) fn of(evidence: &Evidence<'f, 'p>, list: &'f [Found<'a, 'p>]) -> Self {
        let by_key = list.iter().map(|found| ((found.kind(), found.namespace(), found.name()), found)).collect();
        let declared = list.iter().filter(|found| found.kind() == "Namespace").map(Found::name);
        let namespaces = list.iter().filter_map(Found::namespace).chain(declared).collect();
        let custom = list.iter().filter(|found| found.is_custom()).filter_map(Found::namespace).collect();
        let open = is_open(evidence) || list.iter().any(|found| reference::is_installer(found.api()));
        Self { model: evidence.model, list, by_key, namespaces, custom, open }
    }

    /// Whether all objects of a namespace, or of none, are known.
    pub(super) fn is_whole(&self, namespace: Option<&str>) -> bool {
        !self.open && namespace.is_none_or(|name| self.namespaces.contains(name) && !self.custom.contains(name))
    }

    /// The names of those that are there.
    fn names(&self, kind: &'f str, namespace: Option<&'f str>) -> impl Iterator<Item = &'f str> {
        let of = move |(own, place, _): &&Key<'f>| *own == kind && *place == namespace;
        self.by_key.keys().filter(of).map(|(_, _, name)| *name).chain(reference::given(kind, namespace))
    }
}

/// Whether something else makes objects: there is no API server here, or a script of the site makes some.
fn is_open(evidence: &Evidence<'_, '_>) -> bool {
    let model = evidence.model;
    let entries = || evidence.samples.iter().flat_map(|sample| &sample.entries);
    let serves = |entry: &Entry<'_>| matches!(entry, Entry::Flags(flags) if &*flags.program == "kube-apiserver");
    let makes = |entry: &Entry<'_>| match entry {
        Entry::Command(command) => reference::makes_objects(&command.text),
        Entry::Document(document) => match &document.content {
            Content::Text(text) => !model.program.is_library(document.owner.module) && reference::makes_objects(text),
            Content::Value(_) => false,
        },
        _ => false,
    };
    !entries().any(serves) || entries().any(makes)
}

/// Names of what is not there, and those that are not examined.
pub(super) fn verify(objects: &Objects<'_, '_, '_>) -> (Vec<Diagnostic>, Option<Gap>) {
    let (mut problems, mut unknown) = (Vec::new(), BTreeSet::new());
    let files = objects.list.iter().filter(|found| found.document.path.starts_with('/') && !found.is_static);
    for found in files.filter(|found| reference::knows(objects.model.app(found.document.owner.app).kubernetes)) {
        problems.extend(namespace(objects, found));
        for name in names(found) {
            match judge(objects, &name) {
                Judged::There(Some(problem)) | Judged::Missing(problem) => problems.push(problem),
                Judged::There(None) => {}
                Judged::Unknown => {
                    let place = name.namespace.map(|name| format!("{name}/")).unwrap_or_default();
                    unknown.insert(format!("{} {place}{}", name.kind, name.name));
                }
            }
        }
    }
    let gap = crate::verify::gap("objects", "name of an object", "which something else may create", unknown);
    (problems, gap)
}

enum Judged {
    There(Option<Diagnostic>),
    Missing(Diagnostic),
    Unknown,
}

fn judge(objects: &Objects<'_, '_, '_>, name: &Name<'_, '_, '_>) -> Judged {
    if let Some(found) = objects.by_key.get(&(name.kind, name.namespace, name.name)) {
        return Judged::There(key(objects.model, name, found));
    }
    if reference::is_given(name.kind, name.namespace, name.name) {
        return Judged::There(None);
    }
    let near = closest(name.name, objects.names(name.kind, name.namespace));
    let is_whole = objects.is_whole(name.namespace);
    match near {
        _ if objects.open || !is_whole => Judged::Unknown,
        None if reference::is_made_later(name.kind) => Judged::Unknown,
        near => Judged::Missing(missing(objects.model, name, near)),
    }
}

/// The names in an object.
pub(super) fn names<'f, 'a, 'p>(found: &'f Found<'a, 'p>) -> Vec<Name<'f, 'a, 'p>> {
    let mut list = Vec::new();
    for rule in reference::references() {
        if rule.of.iter().any(|kind| kind == found.kind()) {
            list.extend(of_rule(found, rule, &rule.at, &found.object, &[]));
        }
        let Some((path, pods)) = found.pods().filter(|_| rule.of.iter().any(|kind| kind == "Pods")) else { continue };
        let to: Vec<Step> = path.iter().chain(&["spec"]).map(|key| Step::from(*key)).collect();
        list.extend(of_rule(found, rule, &rule.at, &pods["spec"], &to));
        if rule.at.starts_with("containers[]") {
            list.extend(of_rule(found, rule, &rule.at.replacen("containers", "initContainers", 1), &pods["spec"], &to));
        }
    }
    list
}

fn of_rule<'f, 'a, 'p>(
    found: &'f Found<'a, 'p>,
    rule: &'static Reference,
    at: &str,
    below: &'f Json,
    to: &[Step],
) -> Vec<Name<'f, 'a, 'p>> {
    let of = |(way, value): (Vec<Step>, &'f Json)| {
        let (name, last): (_, &[Step]) = match value.as_str() {
            Some(name) => (name, &[]),
            None => (value[rule.field()].as_str()?, &[rule.field().into()]),
        };
        let own = value["kind"].as_str().or(rule.to.first().map(String::as_str))?;
        let kind = rule.to.iter().find(|kind| *kind == own)?;
        let is_optional = value["optional"].as_bool().unwrap_or_default() || name.is_empty() || name.contains('$');
        let namespace = match &rule.namespace {
            _ if !reference::is_scoped(kind) => None,
            Some(field) => Some(value[&**field].as_str().or(found.namespace())?),
            None => Some(found.namespace()?),
        };
        let way = [to, &way, last].concat();
        (!is_optional).then_some(Name { by: found, rule, kind, namespace, name, way, value })
    };
    inventory::at(below, at).into_iter().filter_map(of).collect()
}

/// An object in a namespace that nothing makes.
fn namespace(objects: &Objects<'_, '_, '_>, found: &Found<'_, '_>) -> Option<Diagnostic> {
    let name = found.namespace()?;
    let is_there =
        objects.by_key.contains_key(&("Namespace", None, name)) || reference::is_given("Namespace", None, name);
    // What installs the controllers of other APIs makes their namespace.
    if is_there || objects.open || objects.custom.contains(name) {
        return None;
    }
    let span = found.span(objects.model, &["metadata".into(), "namespace".into()]);
    let message = format!(
        "{} is in the namespace `{name}`, which nothing in the model creates: the API server rejects the object",
        found.title()
    );
    let near = closest(name, objects.names("Namespace", None));
    Some(helped(Diagnostic::new(Code::ObjectMissing, span, message), near, "Namespace"))
}

fn missing(model: &Model<'_>, name: &Name<'_, '_, '_>, near: Option<&str>) -> Diagnostic {
    let place = name.namespace.filter(|_| name.rule.namespace.is_some());
    let place = place.map(|name| format!(" of namespace `{name}`")).unwrap_or_default();
    let message = format!(
        "{} names the {} `{}`{place}, which nothing in the model creates: {}",
        name.by.title(),
        name.kind,
        name.name,
        name.rule.what
    );
    let span = name.by.span(model, &name.way);
    helped(Diagnostic::new(Code::ObjectMissing, span, message), near, name.kind)
}

fn helped(found: Diagnostic, near: Option<&str>, kind: &str) -> Diagnostic {
    match near {
        Some(near) => found.help(Help::near(near)),
        None => found
            .help(format!("add the {kind} to the objects; if something else creates it, allow this with that reason")),
    }
}

/// A key that a ConfigMap or a Secret has not.
fn key(model: &Model<'_>, name: &Name<'_, '_, '_>, found: &Found<'_, '_>) -> Option<Diagnostic> {
    let path = name.rule.keys.as_deref()?;
    let maps = ["data", "binaryData", "stringData"].map(|key| found.object[key].as_object());
    // A controller fills it later.
    if maps.iter().all(Option::is_none) {
        return None;
    }
    let own = || maps.iter().flatten().flat_map(|map| map.keys());
    let (way, wanted) = inventory::at(name.value, path)
        .into_iter()
        .filter_map(|(way, value)| Some((way, value.as_str()?)))
        .find(|(_, wanted)| !own().any(|key| key == wanted))?;
    let depth = name.way.len() - 1;
    let span = name.by.span(model, &[&name.way[..depth], &way].concat());
    let message = format!(
        "{} names the key `{wanted}` of {}, which does not have it: {}",
        name.by.title(),
        found.title(),
        name.rule.what
    );
    let problem = Diagnostic::new(Code::ObjectMissing, span, message);
    Some(match closest(wanted, own().map(String::as_str)) {
        Some(near) => problem.help(Help::near(near)),
        None => problem.help("add the key, or set `optional: true`"),
    })
}
