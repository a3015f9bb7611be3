//! Problems as annotations of GitHub Actions.
//!
//! The form is that of the workflow commands: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.

use std::io::{self, Write};

use crate::diag::Diagnostic;
use crate::source::{Sources, Span};

use super::{own_first, severity};

/// Writes one problem at its first place in the model's own files, if it has one.
pub(super) fn write(out: &mut dyn Write, sources: &Sources, problem: &Diagnostic) -> io::Result<()> {
    let place = own_first(sources, problem).first().map(|label| label.span);
    let place = place.map_or(String::new(), |span| {
        let (line, column) = sources.line_column(span);
        let (end_line, end_column) = sources.line_column(Span { start: span.end, ..span });
        // GitHub shows columns only where a place is on one line.
        let end = if line == end_line { format!("endColumn={end_column},") } else { format!("endLine={end_line},") };
        format!("file={},line={line},col={column},{end}", property(&sources.get(span.source).name))
    });
    let help = problem.help.as_ref().map_or(String::new(), |help| format!("\nhelp: {help}"));
    let text = data(&format!("{}{help}", problem.message));
    writeln!(out, "::{} {place}title={}::{text}", severity(problem), problem.code_name())
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
