//! The directory of static pods: the kubelet reads every file in it as a pod, whatever its name ends in.

use crate::diag::{Code, Diagnostic};
use crate::facts::gate;
use crate::model::value::Record;
use crate::model::{Model, Value};
use crate::render::evidence::{Document, Sample};
use crate::verify::{locate, program};

use super::inventory::{self, Found};
use super::reference;

/// Files of one machine that are no pods, and pods that are there twice.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let mut known: Vec<(String, &str)> = Vec::new();
    let mut problems = Vec::new();
    for document in sample.documents().filter(|document| sample.static_pods.reads(&document.path)) {
        let Some(Value::Record(record)) = document.value().map(Value::reveal) else { continue };
        let text = |name: &str| record.get(name).and_then(Value::scalar_text).unwrap_or_default();
        if !matches!(&*text("kind"), "Pod" | "PodList" | "List") && program::is_read(model, document) {
            let message =
                format!("`{}` is a {}, which the kubelet reads as a pod and refuses", document.path, text("kind"));
            problems.push(problem(model, document, message, "put it in another directory"));
            continue;
        }
        let Some(pod) = name(record) else { continue };
        match known.iter().find(|(other, _)| *other == pod) {
            Some((_, first)) => {
                let message = format!(
                    "`{}` and `{first}` are both the static pod `{pod}`: the kubelet runs either of them",
                    document.path
                );
                problems.push(problem(
                    model,
                    document,
                    message,
                    "keep one of them; a copy belongs into another directory",
                ));
            }
            None => known.push((pod, &document.path)),
        }
    }
    problems.extend(references(model, sample));
    problems
}

/// Static pods that name objects: a kubelet refuses to run them.
///
/// Source: kubernetes.io/docs/tasks/configure-pod-container/static-pod (the `spec` of a static Pod cannot refer to other
/// API objects); the gate PreventStaticPodAPIReferences.
fn references(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let pods = inventory::of_sample(sample);
    let is_refused = |found: &&Found<'_, '_>| {
        let version = model.app(found.document.owner.app).kubernetes;
        found.is_static && gate::by_default("kubernetes", GATE, version) == Some(true)
    };
    let of = |found: &Found<'_, '_>| {
        let name = reference::names(found).into_iter().find(|name| name.namespace.is_some())?;
        let message = format!(
            "the static pod `{}` names the {} `{}`: the kubelet refuses a static pod that refers to objects of the API",
            found.name(),
            name.kind,
            name.name
        );
        let help =
            "a static pod runs without the API server: put what it needs into files, and mount them with `hostPath`";
        let span = found.span(model, &name.way);
        Some(Diagnostic::new(Code::InvalidConfig, span, message).help(help))
    };
    pods.iter().filter(is_refused).filter_map(of).collect()
}

const GATE: &str = "PreventStaticPodAPIReferences";

/// The namespace and the name of a pod.
fn name(pod: &Record) -> Option<String> {
    let Value::Record(metadata) = pod.get("metadata")?.reveal() else { return None };
    let text = |name: &str| metadata.get(name).and_then(Value::scalar_text);
    Some(format!("{}/{}", text("namespace").unwrap_or_else(|| "default".to_owned()), text("name")?))
}

fn problem(model: &Model<'_>, document: &Document<'_>, message: String, help: &str) -> Diagnostic {
    let span = locate::value(model, document.owner, document.written, &document.way(&["kind".into()]));
    Diagnostic::new(Code::InvalidConfig, span, message).help(help)
}
