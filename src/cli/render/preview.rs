//! `kmodel render --dry-run`: what would change in the output that is there.

use std::io::{self, Write};

use crate::cli::change;
use crate::cli::look::Look;
use crate::cli::table::labelled;
use crate::compile::preview::{MachinePreview, Preview};
use crate::emit::compare::{Difference, Sort};
use crate::hash::IndexMap;
use crate::text::{Count, thousands};

/// How many files of a machine, and how many machines, a page names.
const FILES: usize = 12;
const MACHINES: usize = 12;

/// Machines that change in the same way share their lines.
#[derive(PartialEq, Eq, Hash)]
struct Shape<'a> {
    sort: Sort,
    count: usize,
    files: Vec<(&'a str, Sort, bool)>,
    restarts: &'a [String],
}

/// Writes what would change; with texts, how.
pub(super) fn write(out: &mut dyn Write, look: &Look, (folder, preview): (&str, &Preview)) -> io::Result<()> {
    if preview.is_empty() {
        return writeln!(out, "{} would stay as it is", look.name(folder));
    }
    match preview.has_earlier {
        true => writeln!(out, "{} would change", look.name(folder))?,
        false => writeln!(out, "{} would be new", look.name(folder))?,
    }
    let mut shapes: IndexMap<Shape<'_>, Vec<&MachinePreview>> = IndexMap::default();
    for machine in &preview.machines {
        shapes.entry(shape(machine)).or_default().push(machine);
    }
    for (shape, machines) in &shapes {
        machines_of(out, look, shape, machines)?;
    }
    if !preview.shared.is_empty() {
        writeln!(out, "  {} shared: {}", look.warning("~"), Count(preview.shared.len(), "file"))?;
        files(out, look, &preview.shared.iter().map(line).collect::<Vec<_>>())?;
    }
    if preview.issued > 0 {
        writeln!(out, "  {} keys and certificates: {} new", look.good("+"), thousands(preview.issued))?;
    }
    let machines = preview.machines.iter().flat_map(|machine| {
        machine.differences.iter().map(move |difference| (format!("{}:{}", machine.name, difference.path), difference))
    });
    let shared = preview.shared.iter().map(|difference| (difference.path.clone(), difference));
    for (name, difference) in machines.chain(shared) {
        if let Some((old, new)) = &difference.texts {
            writeln!(out)?;
            change::write(out, look, &name, "rendered", (old, new))?;
        }
    }
    Ok(())
}

fn shape(machine: &MachinePreview) -> Shape<'_> {
    let files = match machine.sort {
        Sort::New | Sort::Gone => Vec::new(),
        Sort::Changed | Sort::Mode => machine.differences.iter().map(line).collect(),
    };
    Shape { sort: machine.sort, count: machine.differences.len(), files, restarts: &machine.restarts }
}

fn line(difference: &Difference) -> (&str, Sort, bool) {
    (&difference.path, difference.sort, difference.by_hand)
}

fn machines_of(out: &mut dyn Write, look: &Look, shape: &Shape<'_>, machines: &[&MachinePreview]) -> io::Result<()> {
    let mut names: Vec<&str> = machines.iter().take(MACHINES).map(|machine| &*machine.name).collect();
    let more = format!("{} more", machines.len().saturating_sub(MACHINES));
    if machines.len() > MACHINES {
        names.push(&more);
    }
    let each = if machines.len() > 1 { " each" } else { "" };
    let count = Count(shape.count, "file");
    write!(out, "  {} {}: {count}{each}", sign(look, shape.sort), look.name(&names.join(", ")))?;
    match shape.restarts {
        [] => writeln!(out)?,
        units => {
            writeln!(out)?;
            labelled(out, look, 6, "restarts", &units.join(", "))?;
        }
    }
    files(out, look, &shape.files)
}

fn files(out: &mut dyn Write, look: &Look, files: &[(&str, Sort, bool)]) -> io::Result<()> {
    for (path, sort, by_hand) in files.iter().take(FILES) {
        let note = match (sort, by_hand) {
            (Sort::Gone, _) | (_, false) => "",
            (Sort::New, true) => " (it was removed since it was written)",
            (_, true) => " (changed by another program since it was written)",
        };
        let mode = if *sort == Sort::Mode { " (its mode)" } else { "" };
        writeln!(out, "      {} {path}{mode}{note}", sign(look, *sort))?;
    }
    match files.len().saturating_sub(FILES) {
        0 => Ok(()),
        more => writeln!(out, "      and {}", Count(more, "more file")),
    }
}

fn sign(look: &Look, sort: Sort) -> String {
    match sort {
        Sort::New => look.good("+"),
        Sort::Gone => look.bad("-"),
        Sort::Changed | Sort::Mode => look.warning("~"),
    }
}
