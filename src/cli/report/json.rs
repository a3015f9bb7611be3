//! Problems for programs: one JSON object a line.

use std::io::{self, Write};

use serde::Serialize;

use crate::diag::{Diagnostic, Fix, Help, Safety};
use crate::source::{SourceKind, Sources, Span};

use super::{in_files, is_place, severity};

#[derive(Serialize)]
struct Line<'a> {
    code: &'a str,
    severity: &'static str,
    message: &'a str,
    help: Option<&'a str>,
    labels: Vec<LabelLine<'a>>,
    fixes: Vec<FixLine<'a>>,
}

/// Lines and columns count from 1, columns in characters; the end is exclusive.
#[derive(Serialize)]
struct JsonLocation<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

/// A place of a file, or the option whose value is meant: `"option": "--set"`.
#[derive(Serialize)]
#[serde(untagged)]
enum Where<'a> {
    File(JsonLocation<'a>),
    Option { option: &'static str },
}

#[derive(Serialize)]
struct LabelLine<'a> {
    #[serde(flatten)]
    place: Where<'a>,
    text: &'a str,
    primary: bool,
}

#[derive(Serialize)]
struct FixLine<'a> {
    title: &'a str,
    safe: bool,
    edits: Vec<EditLine<'a>>,
}

#[derive(Serialize)]
struct EditLine<'a> {
    #[serde(flatten)]
    place: JsonLocation<'a>,
    replacement: &'a str,
}

/// Writes one problem.
pub(super) fn write(out: &mut dyn Write, sources: &Sources, problem: &Diagnostic) -> io::Result<()> {
    let labels = problem.labels.iter().enumerate().filter(|(_, label)| is_place(label.span));
    let line = Line {
        code: problem.code_name(),
        severity: severity(problem),
        message: &problem.message,
        help: problem.help.as_ref().map(Help::text),
        labels: labels
            .map(|(index, label)| LabelLine {
                place: whence(sources, label.span),
                text: &label.text,
                primary: index == 0,
            })
            .collect(),
        fixes: problem.fixes.iter().filter(|fix| in_files(sources, fix)).map(|fix| fix_line(sources, fix)).collect(),
    };
    serde_json::to_writer(&mut *out, &line)?;
    writeln!(out)
}

fn fix_line<'a>(sources: &'a Sources, fix: &'a Fix) -> FixLine<'a> {
    let edits = fix.edits.iter();
    FixLine {
        title: &fix.title,
        safe: fix.safety == Safety::Safe,
        edits: edits.map(|e| EditLine { place: place(sources, e.span), replacement: &e.replacement }).collect(),
    }
}

fn whence(sources: &Sources, span: Span) -> Where<'_> {
    match sources.get(span.source).kind {
        SourceKind::CommandLine(option) => Where::Option { option },
        SourceKind::File | SourceKind::Library => Where::File(place(sources, span)),
    }
}

fn place(sources: &Sources, span: Span) -> JsonLocation<'_> {
    let (line, column) = sources.line_column(span);
    let (end_line, end_column) = sources.line_column(Span { start: span.end, ..span });
    JsonLocation { file: &sources.get(span.source).name, line, column, end_line, end_column }
}
