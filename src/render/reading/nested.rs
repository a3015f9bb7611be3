//! Files that stand inside a file: in a ConfigMap, in the `write_files` of a cloud-config; and the commands of its `runcmd`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::Value;
use crate::model::value::Record;
use crate::render::evidence::{Command, Content, Document, Entry, Step};

/// What stands inside a document.
pub(super) fn entries<'p>(document: &Document<'p>) -> Vec<Entry<'p>> {
    let mut list = Vec::new();
    if let Some(value) = document.value() {
        object(document, value, &[], &mut list);
    }
    list
}

fn object<'p>(document: &Document<'p>, value: &Value, at: &[Step], list: &mut Vec<Entry<'p>>) {
    let record = match value.reveal() {
        Value::List(values) => {
            return values.iter().enumerate().for_each(|(place, one)| object(document, one, &below(at, place), list));
        }
        Value::Record(record) => record,
        _ => return,
    };
    let is_cloud_config =
        at.is_empty() && matches!(&document.content, Content::Text(text) if text.starts_with("#cloud-config"));
    match record.get("kind").and_then(Value::scalar_text).as_deref() {
        Some("List") => elements(record, "items").for_each(|(place, item)| {
            object(document, item, &below(&below(at, "items"), place), list);
        }),
        Some("ConfigMap") => config_map(document, record, at, list),
        None if is_cloud_config => cloud_config(document, record, list),
        _ => {}
    }
}

fn below(at: &[Step], step: impl Into<Step>) -> Vec<Step> {
    [at, &[step.into()]].concat()
}

fn elements<'v>(record: &'v Record, key: &str) -> impl Iterator<Item = (usize, &'v Value)> {
    let list = match record.get(key).map(Value::reveal) {
        Some(Value::List(list)) => &list[..],
        _ => &[],
    };
    list.iter().enumerate()
}

fn config_map<'p>(document: &Document<'p>, record: &Record, at: &[Step], list: &mut Vec<Entry<'p>>) {
    let Some(Value::Record(data)) = record.get("data").map(Value::reveal) else { return };
    for (name, text) in data.iter() {
        let Value::Text(text) = text.reveal() else { continue };
        let way = below(&below(at, "data"), &**name);
        // What dials from a pod is not of this machine.
        list.push(Entry::Document(inner(document, name, text, &way, text.contains("kind: Config\n"))));
    }
}

fn inner<'p>(document: &Document<'p>, path: &str, text: &str, at: &[Step], derived: bool) -> Document<'p> {
    Document {
        path: path.to_owned(),
        content: Content::Text(text.to_owned()),
        read: None,
        written: document.written,
        at: document.way(at),
        owner: document.owner,
        derived: derived || document.derived,
    }
}

fn cloud_config<'p>(document: &Document<'p>, record: &Record, list: &mut Vec<Entry<'p>>) {
    for (place, file) in elements(record, "write_files") {
        let Value::Record(file) = file.reveal() else { continue };
        let text = |key: &str| file.get(key).and_then(Value::scalar_text);
        let (Some(path), Some(content)) = (text("path"), text("content")) else { continue };
        let way = ["write_files".into(), place.into(), "content".into()];
        let content = match text("encoding").as_deref() {
            None | Some("text/plain") => Some(content),
            Some("b64" | "base64") => {
                STANDARD.decode(content.trim()).ok().and_then(|data| String::from_utf8(data).ok())
            }
            Some(_) => None,
        };
        list.extend(content.map(|content| Entry::Document(inner(document, &path, &content, &way, false))));
    }
    for (_, command) in ["bootcmd", "runcmd"].into_iter().flat_map(|key| elements(record, key)) {
        let text = match command.reveal() {
            Value::List(words) => words.iter().filter_map(Value::scalar_text).collect::<Vec<_>>().join(" "),
            other => other.scalar_text().unwrap_or_default(),
        };
        list.push(Entry::Command(Command { owner: document.owner, span: document.written.span, text }));
    }
}
