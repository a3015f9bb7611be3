//! Problems as annotations of GitHub Actions.
//!
//! The form is that of the workflow commands: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.

use std::io::{self, Write};

use crate::diag::Diagnostic;
use crate::source::Sources;

use super::{is_place, severity};

/// Writes one problem at its first place. The standard library is in no repository, so places in it come last.
pub fn write(out: &mut dyn Write, sources: &Sources, problem: &Diagnostic) -> io::Result<()> {
    let places: Vec<_> = problem.labels.iter().map(|label| label.span).filter(|span| is_place(*span)).collect();
    let own = places.iter().find(|span| !sources.get(span.source).name.starts_with("std/"));
    let place = own.or(places.first()).copied();
    let place = place.map_or(String::new(), |span| {
        let (line, column) = sources.line_column(span);
        format!("file={},line={line},col={column},", property(&sources.get(span.source).name))
    });
    let help = problem.help.as_ref().map_or(String::new(), |help| format!("\nhelp: {help}"));
    let text = data(&format!("{}{help}", problem.message));
    writeln!(out, "::{} {place}title={}::{text}", severity(problem), problem.code)
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
