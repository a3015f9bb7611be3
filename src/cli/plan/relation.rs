//! Relations between applications.

use std::io::{self, Write};

use super::page::Page;
use crate::cli::table::{Cell, table};

/// One line a relation; `*` marks those wired by inference.
pub(super) fn write(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let model = page.model();
    page.heading(out, "Relations", model.relations.len())?;
    let arrow = page.look.pick("→", "->");
    let rows = model.relations.iter().map(|relation| {
        let mark = if relation.inferred { "*" } else { " " };
        vec![
            Cell::dim(mark),
            Cell::plain(model.endpoint_name(relation.from)),
            Cell::plain(format!("{arrow} {}", model.endpoint_name(relation.to))),
            Cell::dim(&*model.endpoint_info(relation.from).ast.interface.name),
        ]
    });
    table(out, page.look, 2, &rows.collect::<Vec<_>>())?;
    if model.relations.iter().any(|relation| relation.inferred) {
        writeln!(
            out,
            "  {}",
            page.look.dim("* inferred: there is only one possible provider, so no `relate` is needed")
        )?;
    }
    writeln!(out)
}
