//! What the firewalls of the machines admit, or those of others have to.

use std::io::{self, Write};

use super::page::Page;
use crate::cli::table::{Cell, table};
use crate::plan::firewall::{Opening, needed, openings};

/// One line a port; nothing where no machine has a firewall.
pub(super) fn write(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let list = openings(page.model());
    if list.is_empty() {
        return Ok(());
    }
    lines(page, out, "Openings", &list)
}

/// The same; where no machine has a firewall, what a filter between the machines has to let in.
pub(super) fn write_all(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    if !openings(page.model()).is_empty() {
        return write(page, out);
    }
    lines(page, out, "Openings for a firewall or security group between the machines", &needed(page.model()))
}

fn lines(page: &Page<'_, '_>, out: &mut dyn Write, title: &str, list: &[Opening]) -> io::Result<()> {
    page.heading(out, title, list.len())?;
    let row = |one: &Opening| {
        vec![Cell::plain(one.service.clone()), Cell::name(one.port.clone()), Cell::plain(one.from.join(", "))]
    };
    table(out, page.look, 2, &list.iter().map(row).collect::<Vec<_>>())?;
    writeln!(out)
}
