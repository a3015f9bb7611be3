//! Files that configuration files and units name and that nothing puts on the machine: certificates of a kubeconfig, of haproxy, of nginx, scripts of
//! keepalived, environments and credentials of units.

use std::path::Path;

use crate::diag::{Code, Diagnostic, Help};
use crate::facts::named;
use crate::model::{Model, Value};
use crate::render::evidence::{Content, Document, Sample, Service};
use crate::source::Span;
use crate::verify::locate::{self, Step};
use crate::verify::objects::host_paths;

use super::installed::CONDITIONS;
use super::presence::Presence;

/// A file that is named, and where.
struct Named {
    path: String,
    span: Span,
    /// Of what it is: `` `clusters[0].cluster.certificate-authority` of `/etc/a` ``.
    by: String,
    /// The file that names it.
    reader: String,
    what: &'static str,
}

/// What is wrong on one machine.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let presence = Presence::of(sample);
    let moved = host_paths::moved(sample);
    let is_own = |document: &&Document<'_>| {
        let is_moved = moved.iter().any(|folder| Path::new(&document.path).starts_with(folder));
        document.path.starts_with('/')
            && !document.derived
            && !is_moved
            && !model.program.is_library(document.owner.module)
    };
    let documents = sample.documents().filter(is_own);
    let of_files = documents.flat_map(|document| of_document(model, document));
    let of_units = sample.services.iter().flat_map(|service| of_unit(model, service));
    let all = of_files.chain(of_units);
    all.filter(|named| presence.lacks_beside(&named.path, &named.reader))
        .map(|named| problem(&presence, &named))
        .collect()
}

fn of_document(model: &Model<'_>, document: &Document<'_>) -> Vec<Named> {
    let mut found = Vec::new();
    match document.value().map(Value::reveal) {
        Some(value @ Value::Record(_)) => of_value(model, document, value, &[], &mut found),
        Some(Value::List(list)) => {
            for (place, value) in list.iter().enumerate() {
                of_value(model, document, value, &[place.into()], &mut found);
            }
        }
        _ => {}
    }
    found.extend(lines(model, document));
    found
}

fn of_value(model: &Model<'_>, document: &Document<'_>, value: &Value, at: &[Step], found: &mut Vec<Named>) {
    let Value::Record(record) = value.reveal() else { return };
    let kind = record.get("kind").and_then(Value::scalar_text);
    let Some(row) = kind.as_deref().and_then(named::of_kind) else { return };
    for path in &row.paths {
        let keys: Vec<&str> = path.split('.').collect();
        each(value, &keys, at.to_vec(), &mut |text, way| {
            let Some(path) = whole(text, &document.path, row.relative) else { return };
            let span = locate::value(model, document.owner, document.written, &document.way(way));
            let last = keys.last().copied().unwrap_or_default();
            let (by, reader) = (format!("`{last}` of `{}`", document.path), document.path.clone());
            found.push(Named { path, span, by, reader, what: &row.what });
        });
    }
}

/// Every text at a path.
fn each(value: &Value, keys: &[&str], way: Vec<Step>, say: &mut dyn FnMut(&str, &[Step])) {
    let Some((key, rest)) = keys.split_first() else {
        if let Value::Text(text) = value.reveal() {
            say(text, &way);
        }
        return;
    };
    let below = |step: Step| [&way[..], &[step]].concat();
    match value.reveal() {
        Value::List(list) if *key == "*" => {
            list.iter().enumerate().for_each(|(place, one)| each(one, rest, below(place.into()), say));
        }
        Value::Record(record) => {
            record.get(*key).into_iter().for_each(|one| each(one, rest, below((*key).into()), say));
        }
        _ => {}
    }
}

/// The path that a text is, from the folder of the file that names it. What a kubelet writes itself, and a program of `$PATH`, is none.
fn whole(text: &str, file: &str, is_relative: bool) -> Option<String> {
    let is_of_kubelet = text.starts_with("/var/lib/kubelet/pki/") || text.contains("kubelet-client-current");
    match text.starts_with('/') {
        _ if is_of_kubelet => None,
        true => Some(text.to_owned()),
        false if is_relative && text.contains(['/', '.']) => {
            Some(Path::new(file).parent()?.join(text).to_str()?.to_owned())
        }
        false => None,
    }
}

/// Words of a file with files behind them.
fn lines(model: &Model<'_>, document: &Document<'_>) -> Vec<Named> {
    let (Some(row), Content::Text(text)) = (named::of_file(&document.path), &document.content) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (place, line) in text.lines().enumerate() {
        let code = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = code.split([' ', '\t', ';']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2).filter(|pair| row.words.iter().any(|word| word == pair[0])) {
            let path = pair[1].trim_matches(['"', '\'']);
            // `ca-file @system-ca`
            if !path.starts_with('/') || path.ends_with('/') {
                continue;
            }
            let way = document.way(&[Step::Line(place + 1)]);
            let span = locate::value(model, document.owner, document.written, &way);
            let span = locate::or_given(model, document, &[Step::Line(place + 1)], span);
            let by = format!("`{}` of `{}`", pair[0], document.path);
            let (path, reader) = (path.to_owned(), document.path.clone());
            found.push(Named { path, span, by, reader, what: &row.what });
        }
    }
    found
}

/// Environments and credentials, without which systemd does not start the unit (systemd.exec(5)).
fn of_unit(model: &Model<'_>, service: &Service<'_>) -> Vec<Named> {
    let of = |key: &'static str| {
        service.values("Service", key).map(move |(part, value, written)| (key, part, value, written))
    };
    let all = of("EnvironmentFile").chain(of("LoadCredential"));
    let own = all.filter(|(_, part, ..)| !model.program.is_library(part.owner.module));
    let named = own.filter_map(|(key, part, value, written)| {
        // The flags in such a file are reported as not read.
        let is_of_flags = key == "EnvironmentFile"
            && service.values("Service", "ExecStart").any(|(_, command, _)| command.contains(" $"));
        let path = if key == "LoadCredential" { value.split_once(':')?.1 } else { value };
        // Packages bring files of these folders.
        let is_of_package = ["/etc/default/", "/etc/sysconfig/"].iter().any(|folder| path.starts_with(folder));
        let span = locate::word::span(model, part.owner, written);
        let by = format!("`{key}` of `{}`", service.name);
        let asks =
            |key: &&'static str| service.values("Unit", key).any(|(_, value, _)| value.trim_start_matches('|') == path);
        let is_awaited = CONDITIONS.iter().any(asks);
        let what = "systemd does not start the unit";
        let is_needed = !is_of_package && !is_of_flags && !is_awaited;
        is_needed.then(|| Named { path: path.to_owned(), span, by, reader: part.path.to_string(), what })
    });
    named.collect()
}

fn problem(presence: &Presence<'_>, named: &Named) -> Diagnostic {
    let Named { path, span, by, what, .. } = named;
    let message = format!("{by} is `{path}`, which nothing puts on the machine: {what}");
    let help = match presence.meant(path) {
        Some(near) => Help::near(near),
        None => {
            "write it with a `file`, a `cert` or a `keypair`; if the image has it, allow this with the reason".into()
        }
    };
    Diagnostic::new(Code::FileMissing, *span, message).help(help)
}
