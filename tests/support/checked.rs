//! Checking a text in memory, and showing the problems as plain text.
//!
//! A text may hold several files: a line `//# NAME` begins the next one. The first is `main.km`.

use std::fmt::Write as _;
use std::path::Path;

use kmodel::check::{self, Checked};
use kmodel::diag::{Diagnostic, Safety};
use kmodel::source::Sources;

use super::plan::world;

/// Checks a text.
pub fn checked(text: &str) -> Checked {
    check::check(&world(text), Path::new("main.km"))
}

/// The problems, each with its places.
pub fn shown(checked: &Checked) -> String {
    let sources = &checked.program.sources;
    checked.diagnostics.iter().map(|diagnostic| one(sources, diagnostic)).collect::<Vec<_>>().join("\n")
}

fn one(sources: &Sources, diagnostic: &Diagnostic) -> String {
    let mut out = format!("{}[{}]: {}\n", word(diagnostic), diagnostic.code, diagnostic.message);
    for label in &diagnostic.labels {
        let (line, column) = sources.line_column(label.span);
        let text = sources.get(label.span.source).text.lines().nth(line - 1).unwrap_or("");
        let width = sources.text(label.span).lines().next().unwrap_or("").chars().count().max(1);
        let _ = writeln!(out, "  --> {}", sources.place(label.span));
        let _ = writeln!(out, "{line:4} | {text}");
        let _ = writeln!(out, "     | {}{} {}", " ".repeat(column - 1), "^".repeat(width), label.text);
    }
    diagnostic.help.iter().for_each(|help| {
        let _ = writeln!(out, "  help: {help}");
    });
    for fix in &diagnostic.fixes {
        let safety = if fix.safety == Safety::Safe { "safe fix" } else { "fix" };
        for edit in &fix.edits {
            let (text, place) = (edit.replacement.escape_debug(), sources.place(edit.span));
            let _ = writeln!(out, "  {safety}: {}: `{text}` at {place}", fix.title);
        }
    }
    out.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn word(diagnostic: &Diagnostic) -> &'static str {
    if diagnostic.is_error() { "error" } else { "warning" }
}
