//! Files of a folder of which a program reads only the first, beside those of other applications.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic};
use crate::facts::folder::{self, Folder};
use crate::model::{AppId, Model};
use crate::render::evidence::{Sample, Step};
use crate::source::Span;
use crate::verify::Evidence;
use crate::verify::document::cni;
use crate::verify::objects::pods::{self, Number};
use crate::verify::objects::runs_pods;

/// A file of such a folder: on a machine, or one that a pod of every machine puts there.
struct File {
    app: AppId,
    span: Span,
    is_of_pod: bool,
    /// Whether it only has the loopback of pods, and is there for another reader.
    is_loopback: bool,
}

/// The files of one folder by name, in the order in which its reader finds them.
type Files = BTreeMap<String, File>;

/// The files that pods of every machine put into such folders.
pub(super) struct OfPods(Vec<(&'static Folder, Files)>);

impl OfPods {
    pub(super) fn of(evidence: &Evidence<'_, '_>) -> Self {
        let pods: Vec<_> = pods::all(evidence).into_iter().filter(|pods| pods.number == Number::Each).collect();
        let named = |folder: &'static Folder| {
            let mut files = Files::new();
            for pods in &pods {
                for (way, text) in texts(&pods.spec) {
                    if let Some(name) = folder.file(text) {
                        let span = pods.span(evidence.model, &way);
                        files
                            .insert(name.to_owned(), File { app: pods.app, span, is_of_pod: true, is_loopback: false });
                    }
                }
            }
            (folder, files)
        };
        Self(folder::read_once().map(named).collect())
    }

    /// Files that are not the first of their folder, on one machine.
    pub(super) fn verify(&self, evidence: &Evidence<'_, '_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
        self.0.iter().filter_map(|(folder, of_pods)| ignored(evidence, sample, folder, of_pods)).collect()
    }
}

fn ignored(evidence: &Evidence<'_, '_>, sample: &Sample<'_>, folder: &Folder, of_pods: &Files) -> Option<Diagnostic> {
    // Pods run where a kubelet is.
    let of_pods = of_pods.iter().filter(|_| runs_pods(evidence, sample));
    let mut files: BTreeMap<&str, &File> = of_pods.map(|(name, file)| (&**name, file)).collect();
    let own: Vec<(&str, File)> = sample
        .documents()
        .filter_map(|one| {
            let name = folder.file(&one.path)?;
            let (app, span) = (one.owner.app, one.written.span);
            Some((name, File { app, span, is_of_pod: false, is_loopback: cni::is_loopback(one) }))
        })
        .collect();
    files.extend(own.iter().map(|(name, file)| (*name, file)));
    let chains = |text: &[u8]| folder.chains(&String::from_utf8_lossy(text));
    if own.is_empty() || sample.bundle.files.iter().any(|file| chains(&file.content)) {
        return None;
    }
    let (first, used) = files.pop_first()?;
    let is_other = |file: &File| !file.is_loopback && file.app != used.app && !(file.is_of_pod && used.is_of_pod);
    let (name, other) = files.into_iter().find(|(_, file)| is_other(file))?;
    Some(problem(evidence.model, folder, (first, used), (name, other)))
}

fn problem(model: &Model<'_>, folder: &Folder, used: (&str, &File), other: (&str, &File)) -> Diagnostic {
    let ((first, used), (name, other)) = (used, other);
    let message = format!(
        "`{name}` of `{}` is ignored: {} uses only the first file of `{}` by name, which is `{first}` of `{}`",
        model.app(other.app).name,
        folder.reader,
        folder.path,
        model.app(used.app).name
    );
    let found = Diagnostic::new(Code::FileIgnored, other.span, message).label(used.span, format!("`{first}` is used"));
    found.help(format!("keep one of them, or give the one that is to be used a name before `{first}`"))
}

/// The texts in a value, each with the way to it.
fn texts(value: &Json) -> Vec<(Vec<Step>, &str)> {
    let below = |step: Step, value| {
        let own = texts(value);
        own.into_iter().map(|(way, text)| ([vec![step.clone()], way].concat(), text)).collect::<Vec<_>>()
    };
    match value {
        Json::String(text) => vec![(Vec::new(), text)],
        Json::Array(list) => list.iter().enumerate().flat_map(|(place, one)| below(place.into(), one)).collect(),
        Json::Object(map) => map.iter().flat_map(|(key, one)| below(key.as_str().into(), one)).collect(),
        _ => Vec::new(),
    }
}
