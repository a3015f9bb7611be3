//! Files that containers read at their start: whether a volume mounts each of them, and whether the machine of a static pod has it.
//!
//! Source: kubernetes.io/docs/concepts/storage/volumes (hostPath, mountPath); a container sees of its machine only what is mounted.

use std::path::Path;

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic, Help};
use crate::facts::flag;
use crate::facts::setting::{self as facts, Name, is_read};
use crate::model::Model;
use crate::render::evidence::{Sample, Written};
use crate::verify::hosts::presence::{OF_SYSTEM, Presence};
use crate::verify::locate::{self, Step};

use super::inventory::{self, Found};

/// What is wrong with the files of the containers of one machine.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let presence = Presence::of(sample);
    let mut problems = Vec::new();
    for found in inventory::of_sample(sample) {
        let Some((path, template)) = found.pods() else { continue };
        let spec = &template["spec"];
        if is_injected(template) {
            continue;
        }
        for (place, container) in list(&spec["containers"]).iter().enumerate() {
            let way: Vec<Step> = path.iter().map(|key| Step::from(*key)).collect();
            let way = [way, vec!["spec".into(), "containers".into(), place.into()]].concat();
            // Containers that start before it may write what is mounted.
            let is_alone = list(&spec["initContainers"]).is_empty();
            let of_machine = found.is_static.then_some(&presence).filter(|_| sample.whole && is_alone);
            if !is_of_kubernetes(container) {
                continue;
            }
            for argument in arguments(container) {
                let Some(lack) = lack(&argument.path, (spec, container), of_machine) else { continue };
                problems.push(problem(model, &found, (&way, &argument), lack));
            }
        }
    }
    problems
}

fn list(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Whether something else adds containers and mounts to a pod.
fn is_injected(template: &Json) -> bool {
    let annotations = template["metadata"]["annotations"].as_object();
    annotations.is_some_and(|all| all.keys().any(|key| key.contains("inject")))
}

/// Whether an image is one of Kubernetes or etcd, by the name of its program: another one may hold more files.
fn is_of_kubernetes(container: &Json) -> bool {
    let image = container["image"].as_str().unwrap_or_default();
    let name = image.split('@').next().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let name = name.split(':').next().unwrap_or_default();
    name.is_empty() || flag::table(name).is_some()
}

/// A flag that names a file.
struct Argument {
    program: String,
    flag: String,
    path: String,
    /// The word of the container that it is in, and its text.
    word: [Step; 2],
    text: String,
}

/// The files that the program of a container reads at its start; of a shell nothing is known.
fn arguments(container: &Json) -> Vec<Argument> {
    let of = |key: &'static str| list(&container[key]).iter().enumerate().map(move |(place, word)| (key, place, word));
    let words: Vec<_> =
        of("command").chain(of("args")).filter_map(|(key, place, word)| Some((key, place, word.as_str()?))).collect();
    let Some(((_, _, first), rest)) = words.split_first() else { return Vec::new() };
    let program = Path::new(first).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut found = Vec::new();
    for (index, (key, place, word)) in rest.iter().enumerate() {
        let Some(body) = word.strip_prefix('-').map(|body| body.trim_start_matches('-')) else { continue };
        let (flag, value) = match body.split_once('=') {
            Some((flag, value)) => (flag, value),
            None => (body, rest.get(index + 1).map_or("", |(_, _, next)| next)),
        };
        if !is_read(&Name::of_flag(program, flag)) {
            continue;
        }
        let clean = |path: &str| facts::path(path).to_str().map(str::to_owned);
        let paths = value.split(',').filter(|path| path.starts_with('/') && !path.contains('$')).filter_map(clean);
        found.extend(paths.map(|path| Argument {
            program: program.to_owned(),
            flag: flag.to_owned(),
            path,
            word: [Step::from(*key), Step::from(*place)],
            text: (*word).to_owned(),
        }));
    }
    found
}

/// Why a container does not find a file.
enum Lack {
    /// No volume is mounted there.
    Unmounted,
    /// The path on the machine, which nothing puts there, and one that is nearly the same.
    OfMachine(String, Option<String>),
}

fn lack(path: &str, (spec, container): (&Json, &Json), machine: Option<&Presence<'_>>) -> Option<Lack> {
    let below = |mount: &&Json| {
        let place = mount["mountPath"].as_str().map(|place| place.trim_end_matches('/'));
        place.is_some_and(|place| path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    };
    let length = |mount: &&Json| mount["mountPath"].as_str().map_or(0, str::len);
    let Some(mount) = list(&container["volumeMounts"]).iter().filter(below).max_by_key(length) else {
        let is_of_image = OF_SYSTEM.iter().any(|folder| path.starts_with(folder));
        return (!is_of_image).then_some(Lack::Unmounted);
    };
    let volume = list(&spec["volumes"]).iter().find(|volume| volume["name"] == mount["name"])?;
    let host = volume["hostPath"]["path"].as_str().map(|host| host.trim_end_matches('/'))?;
    let is_part = mount["subPath"].is_string() || mount["subPathExpr"].is_string();
    let presence = machine.filter(|_| !is_part)?;
    let rest = path.strip_prefix(mount["mountPath"].as_str()?.trim_end_matches('/'))?;
    let host = format!("{host}{rest}");
    presence.lacks(&host).then(|| Lack::OfMachine(host.clone(), presence.meant(&host).map(str::to_owned)))
}

fn problem(model: &Model<'_>, found: &Found<'_, '_>, at: (&[Step], &Argument), lack: Lack) -> Diagnostic {
    let (way, Argument { program, flag, path, word, text }) = at;
    let document = found.document;
    let word = Written::Word {
        expr: document.written,
        at: document.way(&[&found.way, way, word].concat()),
        text: text.clone(),
    };
    let span = locate::word::span(model, document.owner, &word);
    let begin = format!("`{program} --{flag}` of the {} is `{path}`, which", found.title());
    let (message, help): (String, Help) = match lack {
        Lack::Unmounted => (
            format!("{begin} no volume of the container mounts: {program} exits at startup"),
            "add it to `volumes` as a `hostPath`, and to `volumeMounts`".into(),
        ),
        Lack::OfMachine(host, near) => (
            match host == *path {
                true => format!("{begin} nothing puts on the machine: {program} exits at startup"),
                false => {
                    format!(
                        "{begin} is `{host}` of the machine, and nothing puts that there: {program} exits at startup"
                    )
                }
            },
            near.map_or_else(
                || {
                    "write it with a `file`, a `cert` or a `keypair`; if the image has it, allow this with the reason"
                        .into()
                },
                Help::near,
            ),
        ),
    };
    Diagnostic::new(Code::FileMissing, span, message).help(help)
}
