//! Changes as Markdown: the comment of a merge request.

use std::io::{self, Write};

use crate::apply::agenda::AgendaStep;
use crate::apply::forecast::Forecast;
use crate::compile::record::FileChange;
use crate::emit::compare::Sort;
use crate::text::{Count, List};

use super::report::Changes;
use super::text::{field_text, pace};

/// How many machines a cell names.
const MACHINES: usize = 6;

/// Writes what would change.
pub(super) fn write(out: &mut dyn Write, changes: &Changes, _: &Forecast) -> io::Result<()> {
    writeln!(out, "### kmodel plan: {} on {}\n", code(&changes.cluster), code(&changes.target))?;
    if changes.empty {
        return writeln!(out, "No changes: {}.", changes.title());
    }
    writeln!(out, "**{}**, {}.\n", changes.totals(), changes.title())?;
    causes(out, changes)?;
    writeln!(out, "| | class | machines | what |\n| ---: | --- | --- | --- |")?;
    for (place, step) in changes.steps.iter().enumerate() {
        row(out, (place + 1, step))?;
    }
    writeln!(out)?;
    for (place, step) in changes.steps.iter().enumerate() {
        details(out, &format!("Step {}", place + 1), &step.files)?;
    }
    details(out, "Files that machines share", &changes.shared)?;
    changes.pending.iter().try_for_each(|note| writeln!(out, "Pending: {}\n", escaped(note)))
}

fn causes(out: &mut dyn Write, changes: &Changes) -> io::Result<()> {
    for cause in &changes.causes {
        let place = if cause.place.is_empty() { String::new() } else { format!("{}: ", code(&cause.place)) };
        writeln!(out, "* {place}{} {}", escaped(&cause.what), sort(cause.change))?;
    }
    if changes.causes.is_empty() { Ok(()) } else { writeln!(out) }
}

fn row(out: &mut dyn Write, (number, step): (usize, &AgendaStep)) -> io::Result<()> {
    let mut what: Vec<String> = step.actions.iter().map(|action| escaped(action)).collect();
    let fields = step.fields.iter().map(|field| escaped(&field_text(field)));
    what.extend(
        fields.filter(|text| !step.actions.iter().any(|action| action.contains(text.as_str()))).collect::<Vec<_>>(),
    );
    what.extend(
        step.effect
            .applications
            .iter()
            .map(|one| format!("meanwhile {} is **{}**: {}", code(&one.application), one.state, escaped(&one.why))),
    );
    if !step.effect.clients.is_empty() {
        let names = List::of(&step.effect.clients).most(MACHINES).to_string();
        what.push(format!("cuts connections of {}", escaped(&names)));
    }
    let program = step.program.as_ref().map(|program| format!("new {}: ", code(program))).unwrap_or_default();
    let machines = escaped(&List::of(&step.machines).most(MACHINES).to_string());
    writeln!(out, "| {number} | {} | {program}{machines}{} | {} |", step.class, pace(step), what.join("<br>"))
}

fn details(out: &mut dyn Write, title: &str, files: &[FileChange]) -> io::Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    writeln!(out, "<details><summary>{title}: {}</summary>\n", Count(files.len(), "file"))?;
    for file in files {
        let origin = file.origin.as_ref().map(|origin| format!(" ({})", escaped(origin))).unwrap_or_default();
        let secret = if file.secret { ", secret" } else { "" };
        writeln!(out, "* {} {}{secret}{origin}", code(&file.path), sort(file.change))?;
    }
    writeln!(out, "\n</details>\n")
}

fn sort(change: Sort) -> &'static str {
    match change {
        Sort::New => "new",
        Sort::Gone => "removed",
        Sort::Changed => "changed",
        Sort::Mode => "changed (its mode)",
    }
}

/// A text in backticks, which ends none.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'"))
}

/// A text that ends no cell of a table and begins no element.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('|', "\\|").replace('\n', " ")
}
