//! The text of a systemd unit that a component writes as a file.

use super::{Finding, Step};
use crate::diag::{Code, Help};
use crate::render::unit_check;

/// The endings of the names of units.
pub const ENDINGS: &[&str] =
    &["service", "socket", "timer", "mount", "automount", "swap", "path", "slice", "scope", "target"];

/// Sections and keys that systemd does not know, values that it would not take, and lines that it drops.
pub fn judge(path: &str, text: &str) -> Vec<Finding> {
    let mut section = String::new();
    let mut findings = Vec::new();
    for line in lines(text) {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_owned();
            findings.extend(unit_check::section(name).err().map(|wrong| finding(name, wrong)));
            continue;
        }
        let Some((key, value)) = trimmed.split_once('=') else {
            let help = "a line is `Key=value`, `[Section]` or a comment".into();
            findings.push(finding(trimmed, (format!("`{path}` has a line that says nothing: `{trimmed}`"), help)));
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        if section.is_empty() {
            let help = "begin with `[Unit]` or `[Service]`".into();
            findings.push(finding(key, (format!("`{key}` stands before the first section"), help)));
            continue;
        }
        let known = unit_check::key(&section, key).and_then(|()| unit_check::value(&section, key, value));
        findings.extend(known.err().filter(|_| unit_check::section(&section).is_ok()).map(|wrong| finding(key, wrong)));
    }
    findings
}

/// The lines of a unit; one that ends in a backslash goes on in the next.
fn lines(text: &str) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines() {
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

fn finding(key: &str, (message, help): (String, Help)) -> Finding {
    let near = help.near.clone();
    Finding { code: Code::InvalidUnit, path: vec![Step::Key(key.to_owned())], message, help: help.into(), near }
}
