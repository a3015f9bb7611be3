//! A kernel setting has one value on a machine, whoever sets it: `needs sysctl`, or files of systemd-sysctl.

use crate::diag::{Code, Diagnostic};
use crate::model::{Model, Value};
use crate::render::evidence::{Branch, Content, Document, Entry, SYSCTL, Sample};
use crate::source::Span;
use crate::verify::{Evidence, locate};

/// Where `needs sysctl` is written to.
const OWN: &str = "/etc/sysctl.d/90-kmodel.conf";

/// What a file sets.
struct Setting<'a> {
    key: String,
    value: String,
    path: &'a str,
    span: Span,
    branch: &'a Branch,
}

/// Settings with two values on one machine.
pub(super) fn verify(evidence: &Evidence<'_, '_>) -> Vec<Diagnostic> {
    evidence.on_each(|sample| differ(evidence.model, sample))
}

fn differ(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let of_files: Vec<Setting<'_>> = sample
        .entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Document(document) if is_read(&document.path) => Some(settings(model, document)),
            _ => None,
        })
        .flatten()
        .collect();
    let needed = sample.bundle.sysctls.iter();
    let needed: Vec<_> = needed.map(|(key, value)| (dotted(key), plain(value))).collect();
    let mut problems = Vec::new();
    for (place, setting) in of_files.iter().enumerate() {
        let other = of_files[..place].iter().filter(|other| setting.branch.goes_with(other.branch));
        let other = other.map(|other| (&other.key, &other.value, other.path));
        let others = needed.iter().map(|(key, value)| (key, value, OWN)).chain(other);
        let unlike = others.filter(|(key, value, _)| **key == setting.key && **value != setting.value);
        problems.extend(unlike.map(|(_, value, path)| problem(setting, value, path)));
    }
    problems
}

/// The names that systemd-sysctl reads (sysctl.d(5)).
fn is_read(path: &str) -> bool {
    path == SYSCTL || path == "/etc/sysctl.conf" || path.starts_with("/etc/sysctl.d/") && path.ends_with(".conf")
}

fn settings<'a>(model: &Model<'_>, document: &'a Document<'_>) -> Vec<Setting<'a>> {
    let one = |written: &str, value: &str| {
        let span = locate::element(model, document.owner, document.written, written);
        Setting { key: dotted(written), value: plain(value), path: &document.path, span, branch: &document.branch }
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

/// `net/ipv4/ip_forward` is another way to write `net.ipv4.ip_forward`.
fn dotted(key: &str) -> String {
    key.replace('/', ".")
}

fn plain(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn problem(setting: &Setting<'_>, other: &str, path: &str) -> Diagnostic {
    let Setting { key, value, path: own, span, .. } = setting;
    // Files are read in the order of their names, wherever they are, and the last one counts; a command comes after the boot has read them.
    let rank = |path: &str| (path == SYSCTL, file_name(path).to_owned());
    let (last, counts) = if rank(own) > rank(path) { (own, value.as_str()) } else { (&path, other) };
    let how = if *last == SYSCTL { "runs after the files are read" } else { "is read last" };
    let message = format!("`{own}` sets sysctl `{key}` to {value}, and `{path}` to {other}");
    let message = format!("{message}: it is {counts}, since `{last}` {how}");
    Diagnostic::new(Code::UnwiseSetting, *span, message).help("keep one of them")
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
