//! Addresses of applications that are not tied to one machine.

use std::io::{self, Write};

use super::page::Page;
use crate::cli::table::{Cell, table};
use crate::text::Count;

/// One line an address; nothing when there are none.
pub(super) fn write(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let model = page.model();
    let mut rows = Vec::new();
    for (id, app) in model.apps() {
        for (item, address) in model.component_of(id).addresses.iter().zip(&app.addresses) {
            let held =
                if app.placed { format!("held by one of {}", Count(app.units.len(), "unit")) } else { String::new() };
            let name = format!("{}.{}", app.name, item.name.name);
            rows.push(vec![Cell::plain(address.to_string()), Cell::name(name), Cell::dim(held)]);
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    page.heading(out, "Addresses of applications", rows.len())?;
    table(out, page.look, 2, &rows)?;
    writeln!(out)
}
