//! The flags of programs that pods run: static pods, and the pods of workloads.

use crate::model::value::Record;
use crate::model::{Model, Value};
use crate::render::evidence::{Document, Flags, Step, Written};
use crate::render::flag;
use crate::syntax::ast::Version;

use super::argument::{self, Word, known_program};
use super::script::Script;
use super::static_pods::StaticPods;
use super::variable;

/// Where a pod stands in an object of a kind.
fn spec_of(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "Pod" => &["spec"],
        "DaemonSet" | "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController" | "Job" => {
            &["spec", "template", "spec"]
        }
        "PodTemplate" => &["template", "spec"],
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
        // One that ends before the others start is a helper, such as `cp`.
        if at.contains(&"initContainers".into()) {
            return;
        }
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
    for field in ["containers", "initContainers"] {
        let Some(Value::List(containers)) = spec.and_then(|spec| spec.get(field)).map(Value::reveal) else { continue };
        for (place, container) in containers.iter().enumerate() {
            let Value::Record(container) = container.reveal() else { continue };
            let steps = path.iter().map(|key| Step::from(*key)).chain([field.into(), place.into()]);
            visit(container, &way(at, steps), has_host_network(spec));
        }
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
    let variables = environment(document, container, at);
    let words = ["command", "args"].into_iter().flat_map(|key| {
        let list = match container.get(key).map(Value::reveal) {
            Some(Value::List(list)) => &list[..],
            _ => &[],
        };
        list.iter().enumerate().map(move |(index, word)| {
            let text = word.scalar_text().unwrap_or_default();
            let at = document.way(&way(at, [key.into(), index.into()]));
            (text.clone(), Written::Word { expr: document.written, at, text })
        })
    });
    let word = |(text, written): (String, Written<'p>)| {
        let whole = text.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')'));
        let known = whole.and_then(|name| variables.iter().find(|(known, _)| known == name));
        match known {
            Some((_, word)) => word.clone(),
            None => Word { text: expanded(&text, &variables), written },
        }
    };
    words.map(word).collect()
}

/// The variables of a container that the object gives a value; each may name those before it.
fn environment<'p>(document: &Document<'p>, container: &Record, at: &[Step]) -> Vec<(String, Word<'p>)> {
    let list = match container.get("env").map(Value::reveal) {
        Some(Value::List(list)) => &list[..],
        _ => &[],
    };
    let mut variables: Vec<(String, Word<'p>)> = Vec::new();
    for (index, one) in list.iter().enumerate() {
        let Value::Record(one) = one.reveal() else { continue };
        let text = |key: &str| one.get(key).and_then(Value::scalar_text);
        let (Some(name), Some(value)) = (text("name"), text("value")) else { continue };
        let at = document.way(&way(at, ["env".into(), index.into(), "value".into()]));
        let written = Written::Word { expr: document.written, at, text: value.clone() };
        let value = expanded(&value, &variables);
        variables.retain(|(known, _)| *known != name);
        variables.push((name, Word { text: value, written }));
    }
    variables
}

/// `$(NAME)` with the value of that variable; `$$` is `$`, and what is not known stays (kubernetes.io/docs/tasks/inject-data-application/
/// define-environment-variable-container, k8s.io/kubernetes third_party/forked/golang/expansion).
fn expanded(text: &str, variables: &[(String, Word<'_>)]) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let name = rest.strip_prefix('(').and_then(|inner| inner.split_once(')'));
        let value = name.and_then(|(name, _)| variables.iter().find(|(known, _)| known == name));
        match (name, value) {
            _ if rest.starts_with('$') => (rest, out) = (&rest[1..], out + "$"),
            (Some((_, behind)), Some((_, word))) => (rest, out) = (behind, out + &word.text),
            _ => out.push('$'),
        }
    }
    out + rest
}

/// The programs of a container: the one that it starts, or those that its shell does.
fn of_container<'p>(model: &Model<'_>, document: &Document<'p>, container: &Record, at: &[Step]) -> Vec<Flags<'p>> {
    let words = words(document, container, at);
    let lines = match Script::of_words(&words, document.owner, &[]) {
        Some(script) => script.lines(),
        None => vec![words],
    };
    let mut list: Vec<Flags<'p>> =
        lines.iter().filter_map(|words| of_line(model, document, container, words)).collect();
    let variables = environment(document, container, at);
    let is_used = |name: &str| {
        let names = [format!("$({name})"), format!("${name}"), format!("${{{name}}}")];
        given(container).any(|text| names.iter().any(|name| text.contains(name.as_str())))
    };
    variable::set(list.iter_mut().collect(), &variables, is_used);
    list
}

/// The words of a container as they are written.
fn given(container: &Record) -> impl Iterator<Item = String> {
    let lists = ["command", "args"].into_iter().filter_map(|key| match container.get(key)?.reveal() {
        Value::List(list) => Some(list),
        _ => None,
    });
    lists.flat_map(|list| list.iter().filter_map(Value::scalar_text))
}

fn of_line<'p>(
    model: &Model<'_>,
    document: &Document<'p>,
    container: &Record,
    words: &[Word<'p>],
) -> Option<Flags<'p>> {
    let (table, rest) = known_program(words).filter(|(table, rest)| !argument::only_prints(table, rest))?;
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
