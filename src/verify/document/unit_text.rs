//! The text of a systemd unit that a component writes as a file.

use super::DocumentProblem;
use super::systemd::{self, Wrong};
use crate::diag::Code;

/// The endings of the names of units.
pub(super) const ENDINGS: &[&str] =
    &["service", "socket", "timer", "mount", "automount", "swap", "path", "slice", "scope", "target"];

/// Sections and keys that systemd does not know, values that it would not take, and lines that it drops.
pub(super) fn check(path: &str, text: &str) -> Vec<DocumentProblem> {
    let (mut section, mut meant) = (String::new(), String::new());
    let mut findings = Vec::new();
    for line in lines(text) {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            (section, meant) = (name.to_owned(), name.to_owned());
            if let Err(wrong) = systemd::section(name) {
                // What is in it is that of the section that was meant.
                meant = wrong.help.near.clone().unwrap_or(meant);
                findings.push(finding(name, wrong));
            }
            continue;
        }
        let Some((key, value)) = trimmed.split_once('=') else {
            let message = format!("`{path}` has an invalid line: `{trimmed}`");
            findings.push(finding(trimmed, Wrong::new(message, "expected `Key=value`, `[Section]` or a comment")));
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        if section.is_empty() {
            let message = format!("`{key}` is before the first section");
            findings.push(finding(key, Wrong::new(message, "start the file with `[Unit]` or `[Service]`")));
            continue;
        }
        // What is wrong with a section was reported where it begins.
        if systemd::section(&meant).is_err() {
            continue;
        }
        let unknown = systemd::key(&meant, key).err();
        let known = unknown.as_ref().map_or(Some(key.to_owned()), |wrong| wrong.help.near.clone());
        findings.extend(unknown.map(|wrong| in_section(&section, key, wrong)));
        let wrong = known.and_then(|known| systemd::value(&meant, &known, value).err());
        findings.extend(wrong.map(|wrong| DocumentProblem { is_value: true, ..in_section(&section, key, wrong) }));
    }
    findings
}

/// The lines of a unit; one that ends in a backslash goes on in the next.
fn lines(text: &str) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    let mut open = false;
    // A comment between two of its lines does not end one (systemd.syntax(7)).
    let is_comment = |line: &&str| line.trim_start().starts_with(['#', ';']);
    for line in text.lines().filter(|line| !is_comment(line)) {
        match list.last_mut().filter(|_| open) {
            Some(last) => {
                last.push(' ');
                last.push_str(line.trim_end_matches('\\'));
            }
            None => list.push(line.trim_end_matches('\\').to_owned()),
        }
        open = line.ends_with('\\');
    }
    list
}

fn in_section(section: &str, key: &str, wrong: Wrong) -> DocumentProblem {
    DocumentProblem { path: vec![section.into(), key.into()], ..finding(key, wrong) }
}

fn finding(key: &str, Wrong { message, help }: Wrong) -> DocumentProblem {
    DocumentProblem { code: Code::InvalidUnit, path: vec![key.into()], message, help, is_value: false }
}
