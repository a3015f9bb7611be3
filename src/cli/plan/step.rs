//! The order in which things come up.

use std::io::{self, Write};

use crate::plan::{Step, StepKind};

use super::page::Page;
use crate::cli::table::{Cell, table};
use crate::text::Count;

/// One row a step: what it does, what it waits for, and to whom.
pub(super) fn write(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    page.heading(out, "Order", page.plan.steps.len())?;
    table(out, page.look, 2, &page.plan.steps.iter().map(row).collect::<Vec<_>>())?;
    writeln!(out)
}

fn row(step: &Step) -> Vec<Cell> {
    let count = step.count as usize;
    let (verb, what) = match step.kind {
        StepKind::Create => ("create", Count(count, "machine").to_string()),
        StepKind::Boot => ("boot", format!("{}; each fetches what it runs", Count(count, "machine"))),
        StepKind::Start => ("start", format!("{}: {}", Count(count, "unit"), step.applications.join(", "))),
        StepKind::Migrate => ("migrate", step.note.clone().unwrap_or_default()),
    };
    let after: Vec<_> = step.after.iter().map(u32::to_string).collect();
    let after = if after.is_empty() { String::new() } else { format!("after {}", after.join(", ")) };
    vec![Cell::plain(step.number.to_string()), Cell::name(verb), Cell::dim(after), Cell::plain(what)]
}
