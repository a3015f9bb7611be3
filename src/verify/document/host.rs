//! Files of the operating system, read as their programs read them: what these refuse, and what they pass over.

use super::DocumentProblem;
use crate::diag::{Code, Help};
use crate::model::Value;
use crate::render::evidence::{Content, ini, toml};
use crate::verify::locate::Step;

pub(in crate::verify) mod address;
mod chrony;
pub(in crate::verify) mod module;
pub(in crate::verify) mod mount;
mod name_service;
mod registry;
pub(in crate::verify) mod resolver;
pub(in crate::verify) mod sysctl;
mod systemd;

/// How a file is read: its path and its text.
type Reader = fn(&str, &str) -> Vec<DocumentProblem>;

/// What is wrong with a file; `None` if it is not one of these.
pub(super) fn check(path: &str, content: &Content) -> Option<Vec<DocumentProblem>> {
    let read = reader(path)?;
    let text = match content {
        Content::Text(text) => text.clone(),
        Content::Value(value) => text(path, value)?,
    };
    let mut found = read(path, &text);
    if matches!(content, Content::Value(_)) {
        found.iter_mut().for_each(|problem| problem.path.retain(|step| !matches!(step, Step::Line(_))));
    }
    Some(found)
}

/// What a value is written as.
fn text(path: &str, value: &Value) -> Option<String> {
    if path.ends_with(".toml") {
        return toml(value);
    }
    if !sysctl::is_read(path) {
        return ini(value);
    }
    let Value::Record(record) = value.reveal() else { return None };
    let lines = record.iter().filter_map(|(key, value)| Some(format!("{key} = {}\n", value.scalar_text()?)));
    Some(lines.collect())
}

fn reader(path: &str) -> Option<Reader> {
    let (folder, name) = path.rsplit_once('/').filter(|_| path.starts_with('/'))?;
    let is_conf = name.ends_with(".conf");
    Some(match (folder, name) {
        _ if sysctl::is_read(path) => sysctl::check,
        ("/etc/modules-load.d", _) if is_conf => module::loaded,
        ("/etc", "modules") => module::loaded,
        ("/etc/modprobe.d", _) if is_conf => module::configured,
        (_, "resolv.conf") => resolver::check,
        ("/etc", "nsswitch.conf") => name_service::check,
        ("/etc", "hosts") => address::check,
        ("/etc", "fstab") => mount::check,
        ("/etc", "chrony.conf") | ("/etc/chrony", "chrony.conf") => chrony::whole,
        ("/etc/chrony/conf.d", _) if is_conf => chrony::check,
        (_, "hosts.toml") if path.starts_with("/etc/containerd/certs.d/") => registry::check,
        _ if systemd::reads(path) => systemd::check,
        _ => return None,
    })
}

/// The lines that are neither empty nor comments, each with its number from 1.
pub(in crate::verify) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let all = text.lines().enumerate().map(|(place, line)| (place + 1, line.trim()));
    all.filter(|(_, line)| !line.is_empty() && !line.starts_with(['#', ';']))
}

/// Something that is wrong on a line.
fn wrong(code: Code, line: usize, message: String, help: impl Into<Help>) -> DocumentProblem {
    DocumentProblem { code, path: vec![Step::Line(line)], message, help: help.into(), is_value: true }
}

/// The known word that one was meant to be, if it is a slip of the hand: `nofial`.
pub(super) fn slip<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let most = if word.len() < 5 { 1 } else { 2 };
    let near = known.into_iter().map(|one| (strsim::damerau_levenshtein(word, one), one));
    near.filter(|(distance, _)| (1..=most).contains(distance)).min().map(|(_, one)| one)
}
