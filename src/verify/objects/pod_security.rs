//! Pods that Pod Security admission rejects: by the label of their namespace, or by the defaults of the API server.
//!
//! Source: kubernetes.io/docs/concepts/security/pod-security-standards; kubernetes.io/docs/tasks/configure-pod-container/
//! enforce-standards-admission-controller.

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::source::Span;
use crate::verify::locate::Step;

use super::inventory::{Found, at};

const LABEL: &str = "pod-security.kubernetes.io/enforce";

/// Capabilities that a pod of level `baseline` may add.
const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// What a namespace enforces, and where that is written.
struct Level<'f> {
    level: &'f str,
    said: String,
    span: Span,
}

/// Pods of the model that the level of their namespace does not admit.
pub(super) fn verify(model: &Model<'_>, list: &[Found<'_, '_>]) -> Vec<Diagnostic> {
    let pods = list.iter().filter(|found| found.document.path.starts_with('/') && !found.is_static);
    pods.filter_map(|found| {
        let (path, pods) = found.pods()?;
        let level = level(model, list, found, &pods["spec"])?;
        let (way, what) = refused(&pods["spec"], level.level)?;
        let to: Vec<Step> = path.iter().chain(&["spec"]).map(|key| Step::from(*key)).collect();
        let place = found.namespace().unwrap_or_default();
        let message = format!(
            "the API server rejects {}: it has {what}, and the namespace `{place}` admits only `{}`, by {}",
            if path.is_empty() { found.title() } else { format!("each pod of {}", found.title()) },
            level.level,
            level.said
        );
        let problem = Diagnostic::new(Code::InvalidConfig, found.span(model, &[to, way].concat()), message);
        let help = format!("label the namespace `{LABEL}: privileged`, or add it to `exemptions.namespaces`");
        Some(problem.label(level.span, format!("`{}`", level.level)).help(help))
    })
    .collect()
}

/// What is enforced for an object: the label of its namespace, else the default.
fn level<'f>(model: &Model<'_>, list: &'f [Found<'_, '_>], found: &Found<'_, '_>, pod: &Json) -> Option<Level<'f>> {
    let namespace = found.namespace()?;
    let own = list.iter().find(|other| other.kind() == "Namespace" && other.name() == namespace);
    if let Some((own, level)) = own.and_then(|own| Some((own, own.object["metadata"]["labels"][LABEL].as_str()?))) {
        let span = own.span(model, &["metadata".into(), "labels".into(), LABEL.into()]);
        return Some(Level { level, said: "its label".to_owned(), span });
    }
    let is_there = own.is_some() || namespace.starts_with("kube-") || namespace == "default";
    list.iter().filter(|_| is_there).find_map(|file| {
        let (way, plugin) = plugin(file)?;
        let has = |key: &str, name: &str| texts(&plugin["exemptions"][key]).any(|known| known == name);
        let exempt = has("namespaces", namespace)
            || texts(&plugin["exemptions"]["usernames"]).next().is_some()
            || has("runtimeClasses", pod["runtimeClassName"].as_str().unwrap_or_default());
        let level = plugin["defaults"]["enforce"].as_str().filter(|_| !exempt)?;
        let way = [way, vec!["defaults".into(), "enforce".into()]].concat();
        Some(Level { level, said: "the default of the API server".to_owned(), span: file.span(model, &way) })
    })
}

/// The configuration of the plugin, in a file of its own or in that of all plugins.
fn plugin<'f>(file: &'f Found<'_, '_>) -> Option<(Vec<Step>, &'f Json)> {
    if file.kind() == "PodSecurityConfiguration" {
        return Some((Vec::new(), &file.object));
    }
    let plugins = at(&file.object, "plugins[].configuration");
    plugins
        .into_iter()
        .find(|(_, own)| file.kind() == "AdmissionConfiguration" && own["kind"] == "PodSecurityConfiguration")
}

fn texts(list: &Json) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Json::as_str)
}

/// What a level does not admit, and where it is.
fn refused(pod: &Json, level: &str) -> Option<(Vec<Step>, String)> {
    if !matches!(level, "baseline" | "restricted") {
        return None;
    }
    let own = ["hostNetwork", "hostPID", "hostIPC"].into_iter().find(|key| pod[*key] == true);
    let own = own.map(|key| (vec![key.into()], format!("`{key}`")));
    let volume = || {
        let mut volumes = at(pod, "volumes[].hostPath").into_iter();
        volumes.next().map(|(way, _)| (way, "a `hostPath` volume".to_owned()))
    };
    let container = || {
        let kinds = ["initContainers[]", "containers[]"].into_iter().flat_map(|kind| at(pod, kind));
        kinds
            .filter_map(|(way, one)| {
                let (below, what) = of_container(pod, one, level)?;
                Some(([way, below.iter().map(|key| Step::from(*key)).collect()].concat(), what))
            })
            .next()
    };
    own.or_else(volume).or_else(container)
}

fn of_container(pod: &Json, container: &Json, level: &str) -> Option<(Vec<&'static str>, String)> {
    let context = &container["securityContext"];
    if context["privileged"] == true {
        return Some((vec!["securityContext", "privileged"], "a privileged container".to_owned()));
    }
    let mut added = texts(&context["capabilities"]["add"]);
    if let Some(name) = added.find(|name| !CAPABILITIES.contains(name)) {
        return Some((vec!["securityContext", "capabilities", "add"], format!("the capability `{name}`")));
    }
    if at(container, "ports[].hostPort").iter().any(|(_, port)| port.as_u64().is_some_and(|port| port > 0)) {
        return Some((vec!["ports"], "a `hostPort`".to_owned()));
    }
    let either = |key: &str| if context[key].is_null() { &pod["securityContext"][key] } else { &context[key] };
    let missing = [
        (context["allowPrivilegeEscalation"] != false, "no `allowPrivilegeEscalation: false`"),
        (*either("runAsNonRoot") != true, "no `runAsNonRoot: true`"),
        (!texts(&context["capabilities"]["drop"]).any(|name| name == "ALL"), "capabilities that are not dropped"),
        (
            !matches!(either("seccompProfile")["type"].as_str(), Some("RuntimeDefault" | "Localhost")),
            "no `seccompProfile`",
        ),
    ];
    let found = missing.into_iter().find(|(is_missing, _)| *is_missing && level == "restricted");
    found.map(|(_, what)| (vec![], what.to_owned()))
}
