//! Files that stand inside a file: in a ConfigMap, in the `write_files` of a cloud-config; and the commands of its `runcmd`.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::Value;
use crate::model::value::Record;
use crate::render::evidence::{Content, Document, Entry, SCRIPT, Step, Unread};

use super::filled;
use super::user_data::{self, Part};

/// What stands inside a document.
pub(super) fn entries<'p>(document: &Document<'p>) -> Vec<Entry<'p>> {
    if let Some(parts) = user_data::parts(document) {
        return parts.into_iter().map(|part| of_part(document, part)).collect();
    }
    let mut list = cron(document);
    if let Some(value) = document.value() {
        archive(document, value, &mut list);
        object(document, value, &[], &mut list);
    }
    list
}

/// The parts of a `#cloud-config-archive`.
fn archive<'p>(document: &Document<'p>, value: &Value, list: &mut Vec<Entry<'p>>) {
    let is_it = matches!(&document.content, Content::Text(text) if text.starts_with("#cloud-config-archive"));
    let Value::List(parts) = value.reveal() else { return };
    for (place, part) in parts.iter().enumerate().filter(|_| is_it) {
        let content = match part.reveal() {
            Value::Record(record) => record.get("content").and_then(Value::scalar_text),
            other => other.scalar_text(),
        };
        let way = [place.into(), "content".into()];
        list.extend(content.map(|text| Entry::Document(inner(document, "user-data", &text, &way, false))));
    }
}

/// A part of user-data, as a file of its own.
fn of_part<'p>(document: &Document<'p>, part: Part) -> Entry<'p> {
    match part {
        // Its keys are found by their names.
        Part::Data(text) => Entry::Document(inner(document, "user-data", &text, &[], false)),
        Part::Script(text, line) => Entry::Document(inner(document, SCRIPT, &text, &[Step::Line(line)], false)),
        Part::Unread(why) => unread(document, &document.path, &[], why),
    }
}

fn object<'p>(document: &Document<'p>, value: &Value, at: &[Step], list: &mut Vec<Entry<'p>>) {
    let record = match value.reveal() {
        Value::List(values) => {
            return values.iter().enumerate().for_each(|(place, one)| object(document, one, &below(at, place), list));
        }
        Value::Record(record) => record,
        _ => return,
    };
    let is_cloud_config = at.is_empty() && is_cloud_config(document);
    match record.get("kind").and_then(Value::scalar_text).as_deref() {
        Some(kind) if kind.ends_with("List") => elements(record, "items").for_each(|(place, item)| {
            object(document, item, &below(&below(at, "items"), place), list);
        }),
        Some("ConfigMap") => {
            texts(document, record, (at, "data"), false, list);
            texts(document, record, (at, "binaryData"), true, list);
        }
        Some("Secret") => {
            texts(document, record, (at, "stringData"), false, list);
            texts(document, record, (at, "data"), true, list);
        }
        None if is_cloud_config => cloud_config(document, record, list),
        _ => {}
    }
}

/// The commands of a table of cron: five times or `@reboot`, a user, and the command (crontab(5)).
fn cron<'p>(document: &Document<'p>) -> Vec<Entry<'p>> {
    let Content::Text(text) = &document.content else { return Vec::new() };
    if document.path != "/etc/crontab" && !document.path.starts_with("/etc/cron.d/") {
        return Vec::new();
    }
    let of = |(place, line): (usize, &str)| {
        let line = line.trim();
        let count = if line.starts_with('@') { 2 } else { 6 };
        let is_entry = line.starts_with(|c: char| c.is_ascii_digit() || "*@".contains(c));
        let command = (0..count).try_fold(line, |rest, _| Some(rest.split_once(char::is_whitespace)?.1.trim_start()));
        let command = command.filter(|_| is_entry)?;
        Some(Entry::Document(inner(document, SCRIPT, command, &[Step::Line(place + 1)], false)))
    };
    text.lines().enumerate().filter_map(of).collect()
}

/// By its first line, or by where cloud-init reads it.
fn is_cloud_config(document: &Document<'_>) -> bool {
    let name = document.path.rsplit('/').next().unwrap_or_default();
    let is_read = document.path.starts_with("/etc/cloud/cloud.cfg") || matches!(name, "user-data" | "vendor-data");
    match &document.content {
        Content::Text(text) => text.starts_with("#cloud-config") || is_read && !text.starts_with("#!"),
        Content::Value(_) => is_read,
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

/// The files in a ConfigMap or a Secret. What the model says is secret is not taken out of it.
fn texts<'p>(
    document: &Document<'p>,
    record: &Record,
    (at, field): (&[Step], &str),
    is_encoded: bool,
    list: &mut Vec<Entry<'p>>,
) {
    let Some(Value::Record(data)) = record.get(field).map(Value::reveal) else { return };
    for (name, text) in data.iter() {
        let text = match text {
            Value::Text(text) if is_encoded => decoded(text, Some("base64")).ok(),
            Value::Text(text) => Some(text.to_string()),
            _ => None,
        };
        let Some(text) = text else { continue };
        let way = below(&below(at, field), &**name);
        // What dials from a pod is not of this machine.
        list.push(Entry::Document(inner(document, name, &text, &way, text.contains("kind: Config\n"))));
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
        branch: document.branch.clone(),
    }
}

fn cloud_config<'p>(document: &Document<'p>, record: &Record, list: &mut Vec<Entry<'p>>) {
    for (place, file) in elements(record, "write_files") {
        let Value::Record(file) = file.reveal() else { continue };
        let text = |key: &str| file.get(key).and_then(Value::scalar_text);
        let Some(path) = text("path") else { continue };
        let field = if file.contains_key("source") { "source" } else { "content" };
        let way = ["write_files".into(), place.into(), field.into()];
        if field == "source" {
            list.push(unread(document, &path, &way, "cloud-init fetches it when the machine boots"));
            continue;
        }
        let Some(content) = text("content") else { continue };
        let is_added = file.get("append").map(Value::reveal) == Some(&Value::Bool(true));
        match decoded(&content, text("encoding").as_deref()) {
            Ok(content) if is_added && adds(list, &path, &content) => {}
            Ok(content) => list.push(Entry::Document(inner(document, &path, &content, &way, false))),
            Err(why) => list.push(unread(document, &path, &way, why)),
        }
    }
    for key in ["bootcmd", "runcmd"] {
        record.get(key).into_iter().for_each(|value| commands(document, value, &[key.into()], list));
    }
    if let Some(Value::Record(snap)) = record.get("snap").map(Value::reveal) {
        let way = ["snap".into(), "commands".into()];
        snap.get("commands").into_iter().for_each(|value| commands(document, value, &way, list));
    }
    list.extend(filled::of_cloud_config(record).into_iter().map(Entry::Filled));
}

/// Commands in a list, or by names of which only the order counts; each as a script of its own, so the programs in it are read
/// like those of others.
fn commands<'p>(document: &Document<'p>, value: &Value, at: &[Step], list: &mut Vec<Entry<'p>>) {
    let all: Vec<(Step, &Value)> = match value.reveal() {
        Value::List(values) => values.iter().enumerate().map(|(place, one)| (place.into(), one)).collect(),
        Value::Record(record) => record.iter().map(|(name, one)| ((&**name).into(), one)).collect(),
        _ => Vec::new(),
    };
    for (step, command) in all {
        let text = match command.reveal() {
            Value::List(words) => words.iter().filter_map(Value::scalar_text).map(word).collect::<Vec<_>>().join(" "),
            other => other.scalar_text().unwrap_or_default(),
        };
        list.push(Entry::Document(inner(document, SCRIPT, &text, &below(at, step), false)));
    }
}

/// Adds to a file that was written before, if there is one.
fn adds(list: &mut [Entry<'_>], path: &str, more: &str) -> bool {
    let known = list.iter_mut().rev().find_map(|entry| match entry {
        Entry::Document(Document { path: own, content: Content::Text(text), .. }) if own == path => Some(text),
        _ => None,
    });
    known.map(|text| text.push_str(more)).is_some()
}

/// A word that is given to a program as it is.
fn word(text: String) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=/.,:@%+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

fn unread<'p>(document: &Document<'p>, path: &str, way: &[Step], why: &'static str) -> Entry<'p> {
    let (written, at, owner) = (document.written, document.way(way), document.owner);
    Entry::Unread(Unread { path: path.to_owned(), written, at, owner, why })
}

/// The largest size of a configuration file, in bytes.
const MOST: u64 = 16 << 20;

/// The text that cloud-init writes (docs.cloud-init.io, module `write_files`).
fn decoded(content: &str, encoding: Option<&str>) -> Result<String, &'static str> {
    let base64 = || {
        let words: String = content.split_whitespace().collect();
        STANDARD.decode(words).map_err(|_| "it is not valid base64")
    };
    let data = match encoding {
        None | Some("" | "text/plain") => return Ok(content.to_owned()),
        Some("b64" | "base64") => base64()?,
        Some("gz+b64" | "gz+base64" | "gzip+b64" | "gzip+base64") => {
            let mut data = Vec::new();
            let packed = base64()?;
            let read = flate2::read::GzDecoder::new(&*packed).take(MOST).read_to_end(&mut data);
            read.map_err(|_| "it is not valid gzip")?;
            data
        }
        Some("gz" | "gzip") => return Err("it is compressed"),
        Some(_) => return Err("its encoding is unknown"),
    };
    String::from_utf8(data).map_err(|_| "it is binary")
}
