//! Problems on stderr: for people, for programs, and for GitHub.

use std::io::{self, BufWriter, Write, stderr};

use crate::diag::{Diagnostic, Fix, Label, Severity};
use crate::source::{SourceKind, Sources, Span};
use crate::text::Count;

use super::look::Look;
use super::visible::Visible;
use mask::Mask;

mod github;
mod human;
mod json;
mod patch;
mod sarif;
mod text;
mod mask;

/// How problems are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Format {
    Human,
    Json,
    Sarif,
    Github,
}

/// Writes all problems to stderr.
pub fn show(sources: &Sources, problems: &[Diagnostic], format: Format, look: &Look) {
    let mut err = Visible(BufWriter::new(stderr().lock()));
    // There is nowhere left to say that stderr cannot be written.
    let _ = write(&mut err, sources, problems, format, look).and_then(|()| err.flush());
    // What is left must not be tried again on drop.
    let _ = err.0.into_parts();
}

fn write(
    out: &mut dyn Write,
    sources: &Sources,
    problems: &[Diagnostic],
    format: Format,
    look: &Look,
) -> io::Result<()> {
    let mask = if problems.is_empty() { Mask::default() } else { Mask::new(sources) };
    let problems = &mask.problems(problems)[..];
    match format {
        Format::Human => human::write(out, (sources, &mask), problems, look),
        Format::Sarif => sarif::write(out, sources, problems),
        Format::Json => problems.iter().try_for_each(|problem| json::write(out, sources, problem)),
        Format::Github => problems.iter().try_for_each(|problem| github::write(out, sources, problem)),
    }
}

/// `2 errors, 1 warning`.
pub fn tally(problems: &[Diagnostic]) -> String {
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let warnings = problems.len() - errors;
    match (errors, warnings) {
        (0, 0) => "no warnings".to_owned(),
        (0, _) => Count(warnings, "warning").to_string(),
        (_, 0) => Count(errors, "error").to_string(),
        _ => format!("{}, {}", Count(errors, "error"), Count(warnings, "warning")),
    }
}

/// The places of a problem's labels that are in files; the first is where to look. The standard library is in no
/// repository, so for those who look into one a place of the model's own comes first.
fn own_first(sources: &Sources, problem: &Diagnostic) -> Vec<Label> {
    let is_own = |label: &&Label| sources.get(label.span.source).kind == SourceKind::File;
    let places = || problem.labels.iter().filter(|label| is_file(sources, label.span));
    let own = places().find(is_own);
    own.into_iter().chain(places().filter(|label| own != Some(*label))).cloned().collect()
}

/// Whether a span is in a file: a value of the command line is in none.
fn is_file(sources: &Sources, span: Span) -> bool {
    is_place(span) && !matches!(sources.get(span.source).kind, SourceKind::CommandLine(_))
}

/// Whether all that a fix changes is in files.
fn in_files(sources: &Sources, fix: &Fix) -> bool {
    fix.edits.iter().all(|edit| is_file(sources, edit.span))
}

/// Whether a span is a place: what comes from the command line has none.
fn is_place(span: Span) -> bool {
    span != Span::default()
}

fn severity(problem: &Diagnostic) -> &'static str {
    match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
