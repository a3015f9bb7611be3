//! Files that a file of the model includes, where they are not read with it.
//!
//! Sources: containerd's config.toml(5) (`imports`), coredns.io/plugins/import, keepalived.conf(5) (`include`).

use crate::diag::{Code, Diagnostic};
use crate::model::{Model, Value};
use crate::render::evidence::{Content, Document, Entry, Sample};
use crate::verify::locate::{self, Step};

use super::{HELP, is_written};

/// What is said of them.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let documents = sample.entries.iter().filter_map(|entry| match entry {
        Entry::Document(document) if !model.program.is_library(document.owner.module) => Some(document),
        _ => None,
    });
    documents.flat_map(|document| of_document(model, sample, document)).collect()
}

fn of_document(model: &Model<'_>, sample: &Sample<'_>, document: &Document<'_>) -> Vec<Diagnostic> {
    let say = |(path, way): (String, Vec<Step>)| {
        let span = locate::value(model, document.owner, document.written, &document.way(&way));
        let message = format!("`{path}`, which `{}` includes, is not examined", document.path);
        Diagnostic::new(Code::NotRead, span, message).help(HELP)
    };
    let mut list = imports(document);
    // What a component writes is read as a file of its own; a pattern may name nothing.
    list.retain(|(path, _)| !path.contains('*') && !is_written(sample, path));
    list.extend(directives(document));
    list.into_iter().map(say).collect()
}

/// `imports` of containerd.
fn imports(document: &Document<'_>) -> Vec<(String, Vec<Step>)> {
    let is_it = document.path.starts_with("/etc/containerd/") && document.path.ends_with(".toml");
    let Some(Value::Record(record)) = document.value().filter(|_| is_it).map(Value::reveal) else { return Vec::new() };
    let Some(Value::List(list)) = record.get("imports").map(Value::reveal) else { return Vec::new() };
    let of = |(place, one): (usize, &Value)| Some((one.scalar_text()?, vec!["imports".into(), place.into()]));
    list.iter().enumerate().filter_map(of).collect()
}

/// `import FILE` of CoreDNS, and `include FILE` of keepalived, on lines of their own.
fn directives(document: &Document<'_>) -> Vec<(String, Vec<Step>)> {
    let Content::Text(text) = &document.content else { return Vec::new() };
    let is_corefile = document.path.rsplit('/').next() == Some("Corefile");
    let word = match () {
        () if is_corefile => "import",
        () if document.path.starts_with("/etc/keepalived/") => "include",
        () => return Vec::new(),
    };
    let of = |(place, line): (usize, &str)| {
        let mut words = line.split_whitespace();
        let file = words.next().filter(|first| *first == word).and_then(|_| words.next())?;
        // A snippet of the same file.
        let is_own = is_corefile && text.contains(&format!("({file})"));
        (!is_own).then(|| (file.to_owned(), vec![Step::Line(place + 1)]))
    };
    text.lines().enumerate().filter_map(of).collect()
}
