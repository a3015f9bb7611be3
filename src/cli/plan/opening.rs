//! What the firewalls of the machines admit.

use std::io::{self, Write};

use super::page::Page;
use crate::cli::table::{Cell, table};
use crate::plan::firewall::openings;

/// One line a port; nothing where no machine has a firewall.
pub fn write(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let list = openings(page.model());
    if list.is_empty() {
        return Ok(());
    }
    page.heading(out, "Openings", list.len())?;
    let row = |one: &crate::plan::firewall::Opening| {
        vec![Cell::plain(one.service.clone()), Cell::name(one.port.clone()), Cell::plain(one.from.join(", "))]
    };
    table(out, page.look, 2, &list.iter().map(row).collect::<Vec<_>>())?;
    writeln!(out)
}
