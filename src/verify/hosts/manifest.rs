//! Static pods in a directory that the kubelet of their machine does not read.

use crate::diag::{Code, Diagnostic, Help};
use crate::model::{Model, Value};
use crate::render::evidence::{Document, Entry, KnownStaticPods, Sample};
use crate::verify::locate;

/// The directory of kubeadm: what lies there is meant for the kubelet.
const USUAL: &str = "/etc/kubernetes/manifests";

/// The pods of one machine that no kubelet starts.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    if sample.static_pods.known == KnownStaticPods::Nothing {
        return Vec::new();
    }
    let is_lost = |document: &&Document<'_>| !document.derived && is_pod(document) && is_lost(sample, &document.path);
    sample.documents().filter(is_lost).map(|document| problem(model, sample, document)).collect()
}

fn problem(model: &Model<'_>, sample: &Sample<'_>, document: &Document<'_>) -> Diagnostic {
    let (path, folder) = (&document.path, &sample.static_pods.folder);
    let (why, help): (String, Help) = match sample.static_pods.known {
        KnownStaticPods::Unset => (
            "the configuration of the kubelet sets no `staticPodPath`, so the kubelet runs no static pods".into(),
            format!("set `staticPodPath` to `{folder}`").into(),
        ),
        _ => (
            format!("the kubelet reads static pods from `{folder}`"),
            format!("write it to `{folder}`, or correct `staticPodPath`").into(),
        ),
    };
    let file = sample.bundle.files.iter().find(|file| file.path == *path);
    let written = || locate::value(model, document.owner, document.written, &document.at);
    let span = file.and_then(|file| file.origin.span).unwrap_or_else(written);
    Diagnostic::new(Code::FileIgnored, span, format!("the static pod `{path}` is ignored: {why}")).help(help)
}

/// Whether a path is one of a static pod, by the usual directory or a slip of the kubelet's own, and nothing reads it there.
fn is_lost(sample: &Sample<'_>, path: &str) -> bool {
    let (Some((folder, name)), pods) = (path.rsplit_once('/'), &sample.static_pods) else { return false };
    let is_unset = pods.known == KnownStaticPods::Unset;
    let is_meant = folder == USUAL || strsim::damerau_levenshtein(folder, &pods.folder) <= 2;
    is_meant && !name.starts_with('.') && (is_unset || !pods.reads(path)) && !is_moved(sample, folder)
}

/// Whether a command or a script names the directory: it may move or link what is there.
fn is_moved(sample: &Sample<'_>, folder: &str) -> bool {
    let names = |text: &str| text.contains(folder) || text.contains("kubeadm");
    let by_entry = |entry: &Entry<'_>| matches!(entry, Entry::Command(command) if names(&command.text));
    let bundle = &sample.bundle;
    let scripts = bundle.files.iter().filter(|file| file.mode & 0o111 != 0);
    bundle.commands.iter().any(|command| names(command))
        || sample.entries.iter().any(by_entry)
        || scripts.into_iter().any(|file| names(&String::from_utf8_lossy(&file.content)))
}

fn is_pod(document: &Document<'_>) -> bool {
    let Some(Value::Record(record)) = document.value().map(Value::reveal) else { return false };
    record.get("kind").and_then(Value::scalar_text).as_deref() == Some("Pod")
}
