//! The flags of programs that pods run: static pods, and the pods of workloads.

use crate::model::value::Record;
use crate::model::{Model, Value};
use crate::render::evidence::{Document, Flags, Step, Written};
use crate::render::flag;
use crate::syntax::ast::Version;

use super::argument::{self, Word, known_program};
use super::script::Script;
use super::static_pods::StaticPods;

/// Where a pod stands in an object of a kind.
fn spec_of(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "Pod" => &["spec"],
        "DaemonSet" | "Deployment" | "StatefulSet" | "ReplicaSet" | "Job" => &["spec", "template", "spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        _ => return None,
    })
}

/// The flags of the programs in a document.
pub(super) fn flags<'p>(model: &Model<'_>, document: &Document<'p>, static_pods: &StaticPods) -> Vec<Flags<'p>> {
    let mut list = Vec::new();
    each(document, &mut |container, at, has_host_network| {
        let on_host = has_host_network && static_pods.reads(&document.path);
        list.extend(of_container(model, document, container, at).into_iter().map(|flags| Flags { on_host, ..flags }));
    });
    list
}

/// The programs in a document that have no table of flags: those that are given arguments or an environment.
pub(super) fn unlisted(document: &Document<'_>) -> Vec<String> {
    let mut list = Vec::new();
    each(document, &mut |container, at, _| {
        let words = words(document, container, at);
        let is_set = !words.is_empty() || container.contains_key("env") || container.contains_key("envFrom");
        let program = words.first().map(|word| &*word.text).filter(|word| !word.starts_with('-'));
        if is_set && known_program(&words).is_none() {
            let image = container.get("image").and_then(Value::scalar_text).unwrap_or_default();
            list.extend(argument::program_name(program.unwrap_or_else(|| name(&image))));
        }
    });
    list
}

/// The name of an image, without its registry and its tag.
fn name(image: &str) -> &str {
    let path = image.split('@').next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    last.split(':').next().unwrap_or_default()
}

/// Goes to each container of the pods in a document, with the way to it and whether it asks for the network of the machine.
fn each(document: &Document<'_>, visit: &mut dyn FnMut(&Record, &[Step], bool)) {
    if let Some(value) = document.value().filter(|_| !document.derived) {
        object(value, &[], visit);
    }
}

fn object(value: &Value, at: &[Step], visit: &mut dyn FnMut(&Record, &[Step], bool)) {
    let record = match value.reveal() {
        Value::List(values) => {
            let of = |(place, one): (usize, &Value)| object(one, &way(at, [place.into()]), visit);
            return values.iter().enumerate().for_each(of);
        }
        Value::Record(record) => record,
        _ => return,
    };
    if let Some(items) = record.get("items") {
        object(items, &way(at, ["items".into()]), visit);
    }
    let kind = record.get("kind").and_then(Value::scalar_text);
    let Some(path) = kind.and_then(|kind| spec_of(&kind)) else { return };
    let spec = path.iter().try_fold(&**record, |record, key| inner(record, key));
    let Some(Value::List(containers)) = spec.and_then(|spec| spec.get("containers")).map(Value::reveal) else { return };
    for (place, container) in containers.iter().enumerate() {
        let Value::Record(container) = container.reveal() else { continue };
        let steps = path.iter().map(|key| Step::from(*key)).chain(["containers".into(), place.into()]);
        visit(container, &way(at, steps), has_host_network(spec));
    }
}

fn has_host_network(spec: Option<&Record>) -> bool {
    let host = spec.and_then(|spec| spec.get("hostNetwork")).map(Value::reveal);
    host == Some(&Value::Bool(true))
}

fn inner<'v>(record: &'v Record, key: &str) -> Option<&'v Record> {
    match record.get(key)?.reveal() {
        Value::Record(inner) => Some(inner),
        _ => None,
    }
}

fn way(at: &[Step], steps: impl IntoIterator<Item = Step>) -> Vec<Step> {
    at.iter().cloned().chain(steps).collect()
}

fn words<'p>(document: &Document<'p>, container: &Record, at: &[Step]) -> Vec<Word<'p>> {
    let words = ["command", "args"].into_iter().flat_map(|key| {
        let list = match container.get(key).map(Value::reveal) {
            Some(Value::List(list)) => &list[..],
            _ => &[],
        };
        list.iter().enumerate().map(move |(index, word)| {
            let text = word.scalar_text().unwrap_or_default();
            let at = document.way(&way(at, [key.into(), index.into()]));
            Word { text: text.clone(), written: Written::Word { expr: document.written, at, text } }
        })
    });
    words.collect()
}

/// The programs of a container: the one that it starts, or those that its shell does.
fn of_container<'p>(model: &Model<'_>, document: &Document<'p>, container: &Record, at: &[Step]) -> Vec<Flags<'p>> {
    let words = words(document, container, at);
    let lines = match Script::of_words(&words, document.owner) {
        Some(script) => script.lines(),
        None => vec![words],
    };
    lines.iter().filter_map(|words| of_line(model, document, container, words)).collect()
}

fn of_line<'p>(
    model: &Model<'_>,
    document: &Document<'p>,
    container: &Record,
    words: &[Word<'p>],
) -> Option<Flags<'p>> {
    let (table, rest) = known_program(words)?;
    let (program, name) = (&words[0], &*table.program);
    let image = container.get("image").and_then(Value::scalar_text);
    let version =
        image.and_then(|image| tag(&image)).or_else(|| flag::version(model, Some(document.owner.provider()), name));
    let given = argument::flags(name, &rest);
    let (named, owner) = (program.written.clone(), document.owner);
    Some(Flags { version, given, on_host: false, ..Flags::on_host(name.into(), named, owner) })
}

/// The version in the tag of an image: `registry.k8s.io/kube-proxy:v1.35.5`.
fn tag(image: &str) -> Option<Version> {
    let tag = image.split('@').next()?.rsplit_once(':')?.1;
    release(tag)
}

/// `v1.35.5`; kubeadm also takes `stable-1`, of which nothing is known here.
pub(super) fn release(text: &str) -> Option<Version> {
    let mut parts = text.strip_prefix('v')?.split(['.', '-', '+']);
    let mut number = || parts.next()?.parse().ok();
    Some(Version { major: number()?, minor: number()?, patch: number()? })
}
