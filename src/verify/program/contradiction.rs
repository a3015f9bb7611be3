//! Objects that name what they do not have: the API server rejects them or their pods, or does not start.

use crate::diag::{Code, Diagnostic};
use crate::model::Value;
use crate::model::value::Record;
use crate::source::Span;
use crate::verify::locate::Step;

mod grant;
mod image;
mod profile;

/// An object, and where its parts are written.
pub(super) struct Object<'a> {
    pub kind: &'a str,
    pub api: &'a str,
    pub record: &'a Record,
    pub place: &'a dyn Fn(&[Step]) -> Span,
}

/// What is wrong within an object.
pub(super) fn verify(object: &Object<'_>) -> Vec<Diagnostic> {
    let mut problems = match object.kind {
        "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet" => object.selector(),
        "ClusterRoleBinding" => {
            let mut found = object.subjects();
            found.extend(grant::verify(object));
            found
        }
        "RoleBinding" => grant::verify(object),
        "KubeSchedulerConfiguration" => profile::verify(object),
        "Policy" if object.api.starts_with("audit.k8s.io/") => {
            object.rules().or_else(|| object.shadow()).into_iter().collect()
        }
        _ => Vec::new(),
    };
    if let Some(path) = pod_path(object.kind)
        && let Some(pod) = inside(object.record, path)
    {
        let at: Vec<Step> = path.iter().map(|key| Step::from(*key)).collect();
        problems.extend(object.mounts(&at, pod));
        problems.extend(image::verify(object, &at, pod));
    }
    problems
}

impl Object<'_> {
    /// A selector that the object's own pods do not match.
    fn selector(&self) -> Vec<Diagnostic> {
        let path: [Step; 3] = ["spec".into(), "selector".into(), "matchLabels".into()];
        let wanted = inside(self.record, &["spec", "selector", "matchLabels"]);
        let own = inside(self.record, &["spec", "template", "metadata", "labels"]);
        let (Some(wanted), Some(own)) = (wanted, own) else { return Vec::new() };
        let differ = wanted.iter().filter_map(|(key, value)| {
            let (value, own) = (value.scalar_text()?, own.get(key).and_then(Value::scalar_text));
            (own.as_ref() != Some(&value)).then_some((key, value, own))
        });
        let problem = |(key, value, own): (&str, String, Option<String>)| {
            let own = own.map_or("do not have this label".to_owned(), |own| format!("have `{key}={own}`"));
            let message = format!("the selector of this {} is `{key}={value}`, but its own pods {own}", self.kind);
            self.rejected(&[&path[..], &[key.into()]].concat(), message, "use the same labels in both")
        };
        differ.map(|(key, value, own)| problem((&**key, value, own))).collect()
    }

    /// A service account without its namespace.
    fn subjects(&self) -> Vec<Diagnostic> {
        let subjects = list(self.record, "subjects").iter().enumerate();
        let is_bare = |subject: &Value| {
            let Value::Record(subject) = subject.reveal() else { return false };
            let text = |name: &str| subject.get(name).and_then(Value::scalar_text).unwrap_or_default();
            text("kind") == "ServiceAccount" && text("namespace").is_empty()
        };
        let message = "a ServiceAccount as subject of a ClusterRoleBinding has no namespace";
        let bare = subjects.filter(|(_, subject)| is_bare(subject));
        bare.map(|(index, _)| self.rejected(&["subjects".into(), index.into()], message.to_owned(), "add `namespace`"))
            .collect()
    }

    /// An audit policy with which nothing would be logged.
    fn rules(&self) -> Option<Diagnostic> {
        if !list(self.record, "rules").is_empty() {
            return None;
        }
        let message = "an audit policy without rules: the API server exits at startup";
        let help = "add a rule, such as `{ level: Metadata }`";
        Some(Diagnostic::new(Code::RefusedSetting, (self.place)(&[]), message).help(help))
    }

    /// A rule of an audit policy that is about every request, with rules after it.
    fn shadow(&self) -> Option<Diagnostic> {
        let rules = list(self.record, "rules");
        let conditions = ["users", "userGroups", "verbs", "resources", "namespaces", "nonResourceURLs"];
        let is_of_all = |rule: &Value| match rule.reveal() {
            Value::Record(rule) => conditions.iter().all(|key| list(rule, key).is_empty()),
            _ => false,
        };
        let first = rules.iter().position(is_of_all).filter(|at| at + 1 < rules.len())?;
        let message = "this rule of an audit policy is about every request, so the rules after it never apply";
        let place = (self.place)(&["rules".into(), first.into()]);
        Some(
            Diagnostic::new(Code::UnwiseSetting, place, message)
                .help("move it to the end: the first rule that matches decides"),
        )
    }

    /// Mounts of volumes that the pod does not have.
    fn mounts(&self, at: &[Step], pod: &Record) -> Vec<Diagnostic> {
        let mut known = names(list(pod, "volumes"));
        let claims = inside(self.record, &["spec"]).map_or(&[][..], |spec| list(spec, "volumeClaimTemplates"));
        let of_claim = |claim: &Value| match claim.reveal() {
            Value::Record(claim) => inside(claim, &["metadata"])?.get("name")?.scalar_text(),
            _ => None,
        };
        known.extend(claims.iter().filter_map(of_claim));
        let kinds = ["containers", "initContainers"].into_iter();
        kinds.flat_map(|kind| self.mounts_of(&[at, &[kind.into()]].concat(), list(pod, kind), &known)).collect()
    }

    fn mounts_of(&self, at: &[Step], containers: &[Value], known: &[String]) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        for (index, container) in containers.iter().enumerate() {
            let Value::Record(container) = container.reveal() else { continue };
            for (place, name) in names(list(container, "volumeMounts")).iter().enumerate() {
                if known.contains(name) {
                    continue;
                }
                let steps: [Step; 4] = [index.into(), "volumeMounts".into(), place.into(), "name".into()];
                let message = format!(
                    "the pod mounts the volume `{name}`, and has no volume of that name: the API server rejects the pod"
                );
                // Of a StatefulSet it accepts the set, and rejects its pods (VictoriaMetrics/operator#1303).
                let place = (self.place)(&[at, &steps].concat());
                let help = "add it to `volumes`, or remove the mount";
                problems.push(Diagnostic::new(Code::InvalidConfig, place, message).help(help));
            }
        }
        problems
    }

    fn rejected(&self, path: &[Step], message: String, help: &str) -> Diagnostic {
        let message = format!("{message}; the API server rejects the object");
        Diagnostic::new(Code::InvalidConfig, (self.place)(path), message).help(help)
    }
}

/// The way to the pods of a kind of object.
fn pod_path(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "Pod" => Some(&["spec"]),
        "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet" | "Job" => Some(&["spec", "template", "spec"]),
        "CronJob" => Some(&["spec", "jobTemplate", "spec", "template", "spec"]),
        _ => None,
    }
}

fn inside<'v>(record: &'v Record, path: &[&str]) -> Option<&'v Record> {
    path.iter().try_fold(record, |record, key| match record.get(*key)?.reveal() {
        Value::Record(inner) => Some(&**inner),
        _ => None,
    })
}

fn list<'v>(record: &'v Record, name: &str) -> &'v [Value] {
    match record.get(name).map(Value::reveal) {
        Some(Value::List(list)) => list,
        _ => &[],
    }
}

/// The names of a list's records; of one without a name it is empty.
fn names(list: &[Value]) -> Vec<String> {
    let of = |value: &Value| match value.reveal() {
        Value::Record(record) => record.get("name").and_then(Value::scalar_text).unwrap_or_default(),
        _ => String::new(),
    };
    list.iter().map(of).collect()
}
