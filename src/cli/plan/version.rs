//! Which version of each program runs, and what decides on it.

use std::io::{self, Write};

use super::page::Page;
use crate::cli::table::{Cell, table};
use crate::plan::inventory::{Decider, Part, inventory};

/// One line a program and version; nothing if no application installs anything.
pub(super) fn write(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let parts = inventory(page.model());
    if parts.is_empty() {
        return Ok(());
    }
    page.heading(out, "Versions", parts.len())?;
    let rows = parts.iter().map(|part| {
        vec![Cell::plain(part.program.clone()), Cell::plain(part.version.clone()), Cell::dim(decision(part))]
    });
    table(out, page.look, 2, &rows.collect::<Vec<_>>())?;
    writeln!(out)
}

fn decision(part: &Part) -> String {
    match &part.decided_by {
        Decider::Kubernetes => String::new(),
        Decider::Versions => "set in `versions`".to_owned(),
        Decider::Matching { kubernetes } => format!("belongs to Kubernetes {kubernetes}"),
        Decider::LastRender => "kept: the last render had it".to_owned(),
        Decider::Option => "set in `deploy`".to_owned(),
        Decider::Component { name } => format!("default of `{name}`"),
    }
}
