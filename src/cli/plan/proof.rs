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
    writeln!(out)?;
    gaps(page, out)
}

/// One line per kind of thing that no rule looked at.
fn gaps(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let gaps = &page.plan.gaps;
    if gaps.is_empty() {
        return Ok(());
    }
    page.heading(out, "Not examined", gaps.len())?;
    let mark = page.look.pick("–", "-");
    let rows = gaps.iter().map(|gap| vec![Cell::name(mark), Cell::plain(gap.name), Cell::plain(gap.statement.clone())]);
    table(out, page.look, 2, &rows.collect::<Vec<_>>())?;
    writeln!(out)
}
