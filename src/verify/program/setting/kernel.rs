//! A kernel setting has one value on a machine, whoever sets it: `needs sysctl`, or files of systemd-sysctl.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic};
use crate::model::{Model, Value};
use crate::render::evidence::{Content, Document, Entry, SYSCTL, Sample};
use crate::verify::document::host::sysctl::canonical;
use crate::verify::{Evidence, locate};

/// Where `needs sysctl` is written to.
const OWN: &str = "/etc/sysctl.d/90-kmodel.conf";

/// What a file sets.
struct Setting<'a, 'p> {
    key: String,
    /// The key as it stands there.
    written: String,
    value: String,
    document: &'a Document<'p>,
}

/// Settings with two values on one machine.
pub(super) fn verify(evidence: &Evidence<'_, '_>) -> Vec<Diagnostic> {
    evidence.on_each(|sample| differ(evidence.model, sample))
}

fn differ(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let of_files: Vec<Setting<'_, '_>> = sample
        .entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Document(document) if is_read(&document.path) => Some(settings(document)),
            _ => None,
        })
        .flatten()
        .collect();
    let needed = sample.bundle.sysctls.iter();
    let needed: HashMap<String, String> = needed.map(|(key, value)| (dotted(key), plain(value))).collect();
    let mut before: HashMap<&str, Vec<&Setting<'_, '_>>> = HashMap::new();
    let mut problems = Vec::new();
    for setting in &of_files {
        let others = before.entry(&setting.key).or_default();
        let other = others.iter().filter(|other| setting.document.branch.goes_with(&other.document.branch));
        let other = other.map(|other| (&other.value, &*other.document.path));
        let all = needed.get(&setting.key).map(|value| (value, OWN)).into_iter().chain(other);
        let unlike = all.filter(|(value, _)| **value != setting.value);
        problems.extend(unlike.map(|(value, path)| problem(model, setting, value, path)));
        others.push(setting);
    }
    problems
}

/// The names that systemd-sysctl reads (sysctl.d(5)).
fn is_read(path: &str) -> bool {
    path == SYSCTL || path == "/etc/sysctl.conf" || path.starts_with("/etc/sysctl.d/") && path.ends_with(".conf")
}

fn settings<'a, 'p>(document: &'a Document<'p>) -> Vec<Setting<'a, 'p>> {
    let one = |written: &str, value: &str| Setting {
        key: dotted(written),
        written: written.to_owned(),
        value: plain(value),
        document,
    };
    if let Content::Text(text) = &document.content {
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';']));
        let pairs = lines.filter_map(|line| line.split_once('='));
        return pairs.map(|(key, value)| one(key.trim().trim_start_matches('-').trim(), value)).collect();
    }
    let Some(Value::Record(record)) = document.value().map(Value::reveal) else { return Vec::new() };
    let pairs = record.iter().filter_map(|(key, value)| Some((key, value.scalar_text()?)));
    pairs.map(|(key, value)| one(key, &value)).collect()
}

/// `net/ipv4/ip_forward` is another way to write `net.ipv4.ip_forward`, and `net.ipv4.conf.all.forwarding` another name of it.
fn dotted(key: &str) -> String {
    canonical(&key.replace('/', ".")).to_owned()
}

fn plain(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn problem(model: &Model<'_>, setting: &Setting<'_, '_>, other: &str, path: &str) -> Diagnostic {
    let Setting { key, written, value, document } = setting;
    let own = &document.path;
    // Files are read in the order of their names, wherever they are, and the last one counts; a command comes after the boot has read them.
    let rank = |path: &str| (path == SYSCTL, file_name(path).to_owned());
    let (last, counts) = if rank(own) > rank(path) { (own.as_str(), value.as_str()) } else { (path, other) };
    let how = if last == SYSCTL { "runs after the files are read" } else { "is read last" };
    let message = format!("`{own}` sets sysctl `{key}` to {value}, and `{path}` to {other}");
    let message = format!("{message}: it is {counts}, since `{last}` {how}");
    let span = locate::element(model, document.owner, document.written, written);
    Diagnostic::new(Code::UnwiseSetting, span, message).help("keep one of them")
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
