//! Selectors that no pod of the model has the labels for: services that lead nowhere, budgets and policies of nothing.

use serde_json::{Map, Value as Json};

use crate::diag::{Code, Diagnostic, closest};
use crate::model::Model;
use crate::verify::locate::Step;

use super::inventory::Found;
use super::reference::Objects;

/// The kinds with a selector of pods, the way to it, and what comes of one that selects none.
const SELECTORS: [(&str, &[&str], &str); 2] = [
    ("Service", &["spec", "selector"], "its clients reach no pod"),
    ("PodDisruptionBudget", &["spec", "selector", "matchLabels"], "it protects none"),
];

/// Labels that controllers give to pods.
///
/// Source: kubernetes.io/docs/reference/labels-annotations-taints.
const OF_CONTROLLERS: [&str; 9] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// Those that select no pod, where all pods of the namespace are known.
pub(super) fn verify(model: &Model<'_>, objects: &Objects<'_, '_, '_>) -> Vec<Diagnostic> {
    let of = |found: &Found<'_, '_>| {
        let (_, path, what) = SELECTORS.iter().find(|(kind, ..)| *kind == found.kind())?;
        let namespace = found.namespace()?;
        let selector = path.iter().fold(&found.object, |inner, key| &inner[*key]).as_object()?;
        // These labels are given to pods by their controllers.
        if selector.keys().any(|key| OF_CONTROLLERS.contains(&key.as_str())) {
            return None;
        }
        if selector.is_empty() || !objects.is_whole(Some(namespace)) || is_external(found) {
            return None;
        }
        let own = objects.list.iter().filter(|other| other.namespace() == Some(namespace));
        let labels: Vec<_> = own.filter_map(labels).collect();
        // Where the model writes no pods at all, others do.
        if labels.is_empty() || labels.iter().any(|own| selector.iter().all(|(key, value)| own.get(key) == Some(value)))
        {
            return None;
        }
        let message = format!(
            "{} selects {}, and no pod of the model in `{namespace}` has that: {what}",
            found.title(),
            said(selector)
        );
        let way: Vec<Step> = path.iter().map(|key| Step::from(*key)).collect();
        let problem = Diagnostic::new(Code::ObjectMissing, found.span(model, &way), message);
        Some(problem.help(help(selector, &labels)))
    };
    objects.list.iter().filter_map(of).collect()
}

/// Whether a service leads out of the cluster; then its selector is not read.
fn is_external(found: &Found<'_, '_>) -> bool {
    found.object["spec"]["type"] == "ExternalName"
}

fn labels<'f>(found: &'f Found<'_, '_>) -> Option<&'f Map<String, Json>> {
    found.pods()?.1["metadata"]["labels"].as_object()
}

/// `` `app=web,tier=front` ``.
fn said(selector: &Map<String, Json>) -> String {
    let pairs = selector.iter().map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or("?")));
    format!("`{}`", pairs.collect::<Vec<_>>().join(","))
}

/// The label that was probably meant.
fn help(selector: &Map<String, Json>, labels: &[&Map<String, Json>]) -> String {
    let near = selector.iter().find_map(|(key, value)| {
        let known = labels.iter().filter_map(|own| own.get(key)?.as_str());
        closest(value.as_str()?, known).map(|near| format!("did you mean `{key}={near}`?"))
    });
    near.unwrap_or_else(|| {
        "use labels of the pods that it is for; if something else makes them, allow this with that reason".to_owned()
    })
}
