//! What was verified.

use std::io::{self, Write};

use super::page::Page;
use crate::cli::table::{Cell, table};

/// One line per rule that holds; violations are among the problems.
pub(super) fn write(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    page.heading(out, "Proved", page.plan.proofs.len())?;
    let mark = page.look.pick("✓", "+");
    let rows = page
        .plan
        .proofs
        .iter()
        .map(|proof| vec![Cell::name(mark), Cell::plain(proof.name), Cell::plain(proof.statement.clone())]);
    table(out, page.look, 2, &rows.collect::<Vec<_>>())?;
    writeln!(out)
}
