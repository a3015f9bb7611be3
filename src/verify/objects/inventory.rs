//! The Kubernetes objects in the files of machines, each with the file and the way to it.

use serde_json::Value as Json;

use crate::facts::reference;
use crate::model::Model;
use crate::render::evidence::{Document, Sample};
use crate::render::format::{Secrets, tree};
use crate::source::Span;
use crate::verify::locate::{self, Step};

/// An object of a file, and the way to it.
pub(super) struct Found<'a, 'p> {
    pub document: &'a Document<'p>,
    pub way: Vec<Step>,
    pub object: Json,
    /// Whether a kubelet runs it, and the API server knows a copy of it only.
    pub is_static: bool,
}

/// The objects of one machine.
pub(super) fn of_sample<'a, 'p>(sample: &'a Sample<'p>) -> Vec<Found<'a, 'p>> {
    let mut list = Vec::new();
    for document in sample.documents() {
        if let Some(object) = document.value().and_then(|value| tree(value, Secrets::Hidden).ok()) {
            let is_static = sample.static_pods.reads(&document.path);
            collect((document, is_static), object, Vec::new(), &mut list);
        }
    }
    list
}

fn collect<'a, 'p>(
    (document, is_static): (&'a Document<'p>, bool),
    object: Json,
    way: Vec<Step>,
    list: &mut Vec<Found<'a, 'p>>,
) {
    match object {
        Json::Array(objects) => {
            for (place, one) in objects.into_iter().enumerate() {
                collect((document, is_static), one, [&way[..], &[place.into()]].concat(), list);
            }
        }
        object if object["items"].is_array() => {
            collect((document, is_static), object["items"].clone(), [&way[..], &["items".into()]].concat(), list);
        }
        object if object["kind"].is_string() => list.push(Found { document, way, object, is_static }),
        _ => {}
    }
}

impl Found<'_, '_> {
    pub(super) fn kind(&self) -> &str {
        self.object["kind"].as_str().unwrap_or_default()
    }

    pub(super) fn api(&self) -> &str {
        self.object["apiVersion"].as_str().unwrap_or_default()
    }

    pub(super) fn name(&self) -> &str {
        self.object["metadata"]["name"].as_str().unwrap_or_default()
    }

    /// `default` where none is given; none for kinds that are in no namespace.
    pub(super) fn namespace(&self) -> Option<&str> {
        let scoped = reference::is_scoped(self.kind());
        scoped
            .then(|| self.object["metadata"]["namespace"].as_str().filter(|name| !name.is_empty()).unwrap_or("default"))
    }

    /// `` Deployment `web` ``.
    pub(super) fn title(&self) -> String {
        format!("{} `{}`", self.kind(), self.name())
    }

    /// Whether it is of an API that Kubernetes itself has not.
    pub(super) fn is_custom(&self) -> bool {
        let group = self.api().split_once('/').map_or("", |(group, _)| group);
        group.contains('.') && !group.ends_with(".k8s.io")
    }

    /// The way to the pods that it makes, and what they are like.
    pub(super) fn pods(&self) -> Option<(&'static [&'static str], &Json)> {
        let path: &[&str] = match self.kind() {
            "Pod" => &[],
            "DaemonSet" | "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController" | "Job" => {
                &["spec", "template"]
            }
            "CronJob" => &["spec", "jobTemplate", "spec", "template"],
            _ => return None,
        };
        Some((path, path.iter().fold(&self.object, |inner, key| &inner[*key])))
    }

    /// The `spec` of the pods that it makes, and the way to it.
    pub(super) fn pod_spec(&self) -> Option<(Vec<Step>, &Json)> {
        let (path, pods) = self.pods()?;
        Some((path.iter().chain(&["spec"]).map(|key| Step::from(*key)).collect(), &pods["spec"]))
    }

    /// Where a part of it is written.
    pub(super) fn span(&self, model: &Model<'_>, steps: &[Step]) -> Span {
        let way = self.document.way(&[&self.way[..], steps].concat());
        locate::value(model, self.document.owner, self.document.written, &way)
    }
}

/// What is at a path `a.b[].c` below a value, each with the way to it.
pub(super) fn at<'j>(value: &'j Json, path: &str) -> Vec<(Vec<Step>, &'j Json)> {
    let mut found = vec![(Vec::new(), value)];
    for part in path.split('.') {
        let key = part.trim_end_matches("[]");
        let below = |(way, value): (Vec<Step>, &'j Json)| ([way, vec![key.into()]].concat(), &value[key]);
        found = found.into_iter().map(below).collect();
        if part.ends_with("[]") {
            let each = |(way, value): (Vec<Step>, &'j Json)| {
                let list = value.as_array().into_iter().flatten().enumerate();
                list.map(|(place, one)| ([&way[..], &[place.into()]].concat(), one)).collect::<Vec<_>>()
            };
            found = found.into_iter().flat_map(each).collect();
        }
    }
    found.retain(|(_, value)| !value.is_null());
    found
}
