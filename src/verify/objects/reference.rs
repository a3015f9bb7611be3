//! Names in objects that stand for other objects: whether those are there.
//!
//! Known are the objects in files of machines, and those that Kubernetes creates. Where something else may make
//! objects too, such as a Helm chart or a script, a name that is not there tells nothing, and is listed as not examined.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Diagnostic, closest};
use crate::facts::reference;
use crate::model::Model;
use crate::plan::Gap;
use crate::render::evidence::{Content, Entry};
use crate::verify::Evidence;

use super::inventory::Found;

mod name;
mod problem;

pub(super) use name::{Name, names};
use problem::{key, missing, namespace};

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
