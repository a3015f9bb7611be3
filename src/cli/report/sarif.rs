//! Problems as SARIF 2.1.0, for code scanning and for editors.
//!
//! The form is that of the standard: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>. One run with one
//! result a problem; the codes that occur are its rules, each with its page.

use std::io::{self, Write};

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::diag::{Diagnostic, Edit, Fix, Label, Severity};
use crate::source::{Source, SourceId, SourceKind, Sources, Span};

use super::{in_files, own_first};

/// What stands for the folder in which the standard library would be: it is inside the program.
const STANDARD: &str = "KMODEL";

/// Writes all problems as one log.
pub(super) fn write(out: &mut dyn Write, sources: &Sources, problems: &[Diagnostic]) -> io::Result<()> {
    let rules: IndexMap<&str, &Diagnostic> = problems.iter().rev().map(|p| (p.code_name(), p)).collect();
    let results: Vec<Value> =
        problems.iter().map(|problem| result(sources, problem, rules.get_index_of(problem.code_name()))).collect();
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "kmodel",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|(name, problem)| rule(name, problem)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { STANDARD: { "description": { "text": "the standard library inside kmodel" } } },
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

/// A code, with the page that explains it. One that a component brought is explained by its message.
fn rule(name: &str, problem: &Diagnostic) -> Value {
    let mut rule = json!({
        "id": name,
        "shortDescription": { "text": problem.message },
        "defaultConfiguration": { "level": level(problem.code.severity()) },
    });
    if problem.own_code.is_none() {
        let page = problem.code.page();
        rule["shortDescription"] = json!({ "text": problem.code.summary() });
        rule["help"] = json!({ "text": page, "markdown": page });
    }
    rule
}

fn result(sources: &Sources, problem: &Diagnostic, rule: Option<usize>) -> Value {
    let labels = own_first(sources, problem);
    let help = problem.help.as_ref().map_or(String::new(), |help| format!("\nhelp: {help}"));
    let mut result = json!({
        "ruleId": problem.code_name(),
        "ruleIndex": rule,
        "level": level(problem.severity),
        "message": { "text": format!("{}{help}", problem.message) },
        "locations": labels.iter().take(1).map(|label| location(sources, label, None)).collect::<Vec<_>>(),
    });
    if labels.len() > 1 {
        let related = labels.iter().enumerate().skip(1);
        result["relatedLocations"] = related.map(|(id, label)| location(sources, label, Some(id))).collect();
    }
    let fixes: Vec<Value> = problem.fixes.iter().filter_map(|fix| self::fix(sources, fix)).collect();
    if !fixes.is_empty() {
        result["fixes"] = fixes.into();
    }
    result
}

fn location(sources: &Sources, label: &Label, id: Option<usize>) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": artifact(sources, label.span.source),
            "region": region(sources, label.span),
        },
    });
    if !label.text.is_empty() {
        location["message"] = json!({ "text": label.text });
    }
    if let Some(id) = id {
        location["id"] = json!(id);
    }
    location
}

fn artifact(sources: &Sources, source: SourceId) -> Value {
    let Source { kind, name, .. } = sources.get(source);
    match kind {
        SourceKind::Library => json!({ "uri": uri(name), "uriBaseId": STANDARD }),
        SourceKind::File | SourceKind::CommandLine(_) => json!({ "uri": uri(name) }),
    }
}

/// A path as a URI reference (RFC 3986): what may not stand in one is escaped.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let text = path.bytes().fold(String::new(), |text, byte| match plain(byte) {
        true => text + &char::from(byte).to_string(),
        false => text + &format!("%{byte:02X}"),
    });
    if text.starts_with('/') { format!("file://{text}") } else { text }
}

/// Lines and columns count from 1, the end is exclusive.
fn region(sources: &Sources, span: Span) -> Value {
    let (line, column) = sources.line_column(span);
    let (end_line, end_column) = sources.line_column(Span { start: span.end, ..span });
    json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
}

/// A fix, if all of it is in files.
fn fix(sources: &Sources, fix: &Fix) -> Option<Value> {
    let mut files: IndexMap<SourceId, Vec<&Edit>> = IndexMap::new();
    if !in_files(sources, fix) {
        return None;
    }
    for edit in &fix.edits {
        files.entry(edit.span.source).or_default().push(edit);
    }
    let changes: Vec<Value> = files
        .iter()
        .map(|(source, edits)| {
            let replacement = |edit: &&Edit| {
                json!({
                    "deletedRegion": region(sources, edit.span),
                    "insertedContent": { "text": edit.replacement },
                })
            };
            json!({
                "artifactLocation": artifact(sources, *source),
                "replacements": edits.iter().map(replacement).collect::<Vec<_>>(),
            })
        })
        .collect();
    (!changes.is_empty()).then(|| json!({ "description": { "text": fix.title }, "artifactChanges": changes }))
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
