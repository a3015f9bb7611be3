//! Arguments in kubeadm's configuration: their form by the version of the file, texts as their values, and files that are mounted.
//!
//! Source: cmd/kubeadm/app/apis/kubeadm/v1beta3 and v1beta4 of kubernetes/kubernetes (`ExtraArgs map[string]string`,
//! `ExtraArgs []Arg`), decoded as strict JSON, which takes no number or truth value for a string.

use serde_json::Value as Json;

use super::DocumentProblem;
use crate::diag::{Code, Help, closest};
use crate::facts::setting::{Name, is_read};
use crate::render::evidence::{Document, KUBEADM_ARGUMENTS, Sample};
use crate::render::format::Secrets;
use crate::verify::locate::Step;

/// What is wrong with the arguments of a document.
pub(super) fn arguments(value: &Json) -> Vec<DocumentProblem> {
    let field = |name: &str| value.get(name).and_then(Json::as_str).unwrap_or_default();
    let (kind, version) = (field("kind"), field("apiVersion").rsplit('/').next().unwrap_or_default());
    // Older versions are gone, which another rule tells.
    let is_known = matches!(version, "v1beta3" | "v1beta4");
    let is_map = version == "v1beta3";
    let places = KUBEADM_ARGUMENTS.iter().filter(|(own, ..)| *own == kind && is_known);
    let of_place = |(_, path, _): &(_, &[&str], _)| {
        let found = path.iter().try_fold(value, |value, key| value.get(key))?;
        let way: Vec<Step> = path.iter().map(|key| Step::from(*key)).collect();
        Some(of_list(&way, found, is_map))
    };
    places.filter_map(of_place).flatten().collect()
}

/// Files that arguments name and that neither kubeadm nor an extra volume mounts into the program's pod.
///
/// Source: cmd/kubeadm/app/phases/controlplane/volumes.go and manifests.go of kubernetes/kubernetes.
pub(super) fn unmounted(sample: &Sample<'_>, document: &Document<'_>) -> Vec<DocumentProblem> {
    let Some(value) = of_kubeadm(document).filter(|_| !document.derived) else { return Vec::new() };
    // A patch may mount anything.
    if sample.documents().filter_map(of_kubeadm).any(|other| parts(&other).any(is_patched)) {
        return Vec::new();
    }
    let of = |(way, part): (Vec<Step>, &Json)| {
        let below = move |found: DocumentProblem| DocumentProblem { path: [&*way, &*found.path].concat(), ..found };
        of_cluster(part).into_iter().map(below)
    };
    match &value {
        Json::Array(list) => list.iter().enumerate().flat_map(|(place, one)| of((vec![place.into()], one))).collect(),
        value => of((Vec::new(), value)).collect(),
    }
}

/// The value of a file that has a part of kubeadm's.
fn of_kubeadm(document: &Document<'_>) -> Option<Json> {
    let value = document.value().map(|value| super::json(value, Secrets::Hidden))?;
    let is_own = |part: &Json| part["apiVersion"].as_str().is_some_and(|api| api.starts_with("kubeadm.k8s.io/"));
    let has = parts(&value).any(is_own);
    has.then_some(value)
}

fn parts(value: &Json) -> impl Iterator<Item = &Json> {
    let several = value.as_array().into_iter().flatten();
    several.chain((!value.is_array()).then_some(value))
}

fn is_patched(part: &Json) -> bool {
    part["patches"]["directory"].is_string()
}

fn of_cluster(value: &Json) -> Vec<DocumentProblem> {
    let parts = PARTS.iter().filter(|_| value["kind"] == "ClusterConfiguration");
    parts.flat_map(|part| of_part(value, part)).collect()
}

fn of_part(value: &Json, (part, program, own): &(&str, &str, &[&str])) -> Vec<DocumentProblem> {
    let Some(inside) = value.get(part) else { return Vec::new() };
    let volumes = list(&inside["extraVolumes"]).iter().filter_map(|volume| volume["mountPath"].as_str());
    let certificates = value["certificatesDir"].as_str().unwrap_or("/etc/kubernetes/pki");
    let of_etcd = ["caFile", "certFile", "keyFile"].into_iter();
    let of_etcd = of_etcd.filter_map(|key| Some(value["etcd"]["external"][key].as_str()?.rsplit_once('/')?.0));
    let mounts: Vec<&str> = volumes.chain(own.iter().copied()).chain([certificates]).chain(of_etcd).collect();
    let is_mounted = |path: &str| mounts.iter().any(|own| is_below(path, own));
    let lost = texts(&inside["extraArgs"]).into_iter().filter_map(|(steps, name, text)| {
        let read = is_read(&Name::of_flag(program, name)) && text.starts_with('/');
        let path = text.split(',').find(|path| read && !is_mounted(path))?;
        Some((steps, name, path))
    });
    let said = |(steps, name, path): (Vec<Step>, &str, &str)| {
        let message = format!(
            "`{name}` of {program} is `{path}`, which kubeadm does not mount into its pod: {program} exits at startup"
        );
        let help = format!("add `hostPath` and `mountPath` of it to `extraVolumes` of `{part}`");
        let way = [&[Step::from(*part), Step::from("extraArgs")], &*steps].concat();
        DocumentProblem { code: Code::FileMissing, ..problem(way, message, help) }
    };
    lost.map(said).collect()
}

/// What kubeadm mounts without `extraVolumes`, besides the directory of certificates.
const PARTS: [(&str, &str, &[&str]); 3] = [
    ("apiServer", "kube-apiserver", &SYSTEM),
    (
        "controllerManager",
        "kube-controller-manager",
        &[SYSTEM[0], SYSTEM[1], SYSTEM[2], SYSTEM[3], SYSTEM[4], SYSTEM[5], "/etc/kubernetes/controller-manager.conf"],
    ),
    ("scheduler", "kube-scheduler", &["/etc/kubernetes/scheduler.conf"]),
];

/// Folders of the authorities of a system; those that it has are mounted.
const SYSTEM: [&str; 6] = [
    "/etc/ca-certificates",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/ssl/certs",
    "/usr/local/share/ca-certificates",
    "/usr/share/ca-certificates",
];

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The types of a `hostPath` (k8s.io/api core/v1 types.go, HostPathType); the kubelet does not start a pod with another one.
const PATH_TYPES: [&str; 8] =
    ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

/// Types of the extra volumes of a document that there are not.
pub(super) fn path_types(value: &Json) -> Vec<DocumentProblem> {
    let parts = PARTS.iter().filter(|_| value["kind"] == "ClusterConfiguration");
    let of = |(part, ..): &(&str, &str, &[&str])| {
        let volumes = list(&value[part]["extraVolumes"]).iter().enumerate();
        let wrong = volumes.filter_map(|(place, volume)| Some((place, volume["pathType"].as_str()?)));
        let wrong = wrong.filter(|(_, kind)| !PATH_TYPES.contains(kind));
        wrong.map(|(place, kind)| path_type(part, place, kind)).collect::<Vec<_>>()
    };
    parts.flat_map(of).collect()
}

fn path_type(part: &str, place: usize, kind: &str) -> DocumentProblem {
    let way = [Step::from(part), "extraVolumes".into(), place.into(), "pathType".into()].to_vec();
    let help = closest(kind, PATH_TYPES)
        .map_or_else(|| "use Directory, DirectoryOrCreate, File or FileOrCreate".into(), Help::near);
    problem(way, format!("`{kind}` is not a type of a hostPath: the kubelet rejects the static pod"), help)
}

fn list(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Arguments in either form: the way to each value, its name and its text.
fn texts(value: &Json) -> Vec<(Vec<Step>, &str, &str)> {
    match value {
        Json::Object(map) => {
            map.iter().filter_map(|(name, text)| Some((vec![name.as_str().into()], &**name, text.as_str()?))).collect()
        }
        value => {
            let elements = list(value).iter().enumerate();
            let way = |place: usize| vec![place.into(), "value".into()];
            elements
                .filter_map(|(place, one)| Some((way(place), one["name"].as_str()?, one["value"].as_str()?)))
                .collect()
        }
    }
}

fn of_list(way: &[Step], value: &Json, is_map: bool) -> Vec<DocumentProblem> {
    match value {
        Json::Object(map) if is_map => map
            .iter()
            .filter_map(|(name, value)| not_text([way, &[name.as_str().into()]].concat(), name, value))
            .collect(),
        Json::Array(list) if !is_map => {
            list.iter().enumerate().flat_map(|(place, one)| of_element(&[way, &[place.into()]].concat(), one)).collect()
        }
        Json::Object(_) => vec![problem(
            way.to_vec(),
            "v1beta4 expects a list of arguments, found a map, which is the form of v1beta3: kubeadm exits".to_owned(),
            "write `- name: NAME` and `value: \"VALUE\"` for each",
        )],
        Json::Array(_) => vec![problem(
            way.to_vec(),
            "v1beta3 expects a map of arguments, found a list, which is the form of v1beta4: kubeadm exits".to_owned(),
            "write `NAME: \"VALUE\"` for each, or use `kubeadm.k8s.io/v1beta4`",
        )],
        _ => Vec::new(),
    }
}

fn of_element(way: &[Step], element: &Json) -> Vec<DocumentProblem> {
    let Some(map) = element.as_object() else { return Vec::new() };
    let at = |key: &str| [way, &[key.into()]].concat();
    let name = map.get("name").and_then(Json::as_str).unwrap_or("name");
    let unknown = map.keys().filter(|key| !matches!(key.as_str(), "name" | "value")).map(|key| {
        let help = closest(key, ["name", "value"]).map_or_else(|| "remove it".into(), Help::near);
        problem(at(key), format!("an argument has `name` and `value`, not `{key}`: kubeadm exits"), help)
    });
    let values = ["name", "value"].into_iter().filter_map(|key| not_text(at(key), name, map.get(key)?));
    unknown.chain(values).collect()
}

/// An argument that is not a text.
fn not_text(path: Vec<Step>, name: &str, value: &Json) -> Option<DocumentProblem> {
    let what = match value {
        Json::Bool(_) => "a truth value",
        Json::Number(_) => "a number",
        Json::Array(_) => "a list",
        Json::Object(_) => "a map",
        Json::Null | Json::String(_) => return None,
    };
    let message = format!("the value of the argument `{name}` has to be a text, found {what}: kubeadm exits");
    let help: Help = match value {
        Json::Bool(_) | Json::Number(_) => format!("write `\"{value}\"`").into(),
        _ => "write it as the program's flag takes it, in quotes".into(),
    };
    Some(problem(path, message, help))
}

fn problem(path: Vec<Step>, message: String, help: impl Into<Help>) -> DocumentProblem {
    DocumentProblem { code: Code::InvalidConfig, path, message, help: help.into(), is_value: true }
}
