//! Machines with their addresses, and what runs on them.

use std::io::{self, Write};
use std::ops::Range;

use crate::model::{AppId, Group, Machine};
use crate::plan::json::runs;

use super::page::{Detail, Page};
use crate::cli::table::{Cell, labelled, table};
use crate::text::{bytes, thousands};

/// A run of more machines than this that are alike is one line.
const MOST: usize = 12;

/// Group by group; machines of a group that run the same stand together.
pub(super) fn write(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let runs = runs(page.model());
    page.heading(out, "Machines", page.model().machines.len())?;
    let heads: Vec<_> = page.model().groups.iter().map(|group| head(page, group)).collect();
    let width = heads.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (group, (name, size)) in page.model().groups.iter().zip(&heads) {
        let padding = width - name.len();
        writeln!(out, "  {}{:padding$}  {size}", page.look.name(name), "")?;
        for block in blocks(group, &runs) {
            machines(page, out, group, block.clone())?;
            labelled(out, page.look, 6, "runs", &names(page, &runs[block.start]))?;
        }
    }
    of_cluster(page, out)?;
    writeln!(out)
}

fn head(page: &Page<'_, '_>, group: &Group) -> (String, String) {
    let times = page.look.pick("×", "x");
    let cores = if group.cores == 1.0 { "core" } else { "cores" };
    let size = format!(
        "{} {times} {} {cores}, {} memory, {} disk, {}",
        thousands(group.machines.len()),
        group.cores,
        bytes(group.memory),
        bytes(group.disk),
        group.arch
    );
    (group.name.to_string(), size)
}

/// The longest runs of a group's machines with the same applications.
fn blocks(group: &Group, runs: &[Vec<AppId>]) -> Vec<Range<usize>> {
    let mut blocks: Vec<Range<usize>> = Vec::new();
    for index in group.machines.start as usize..group.machines.end as usize {
        match blocks.last_mut() {
            Some(block) if runs[block.start] == runs[index] => block.end = index + 1,
            _ => blocks.push(index..index + 1),
        }
    }
    blocks
}

/// Names of their own do not follow from the first and the last.
fn machines(page: &Page<'_, '_>, out: &mut dyn Write, group: &Group, block: Range<usize>) -> io::Result<()> {
    let list = &page.model().machines[block];
    match list {
        [first, .., last] if list.len() > MOST && page.detail == Detail::Grouped && !group.own_names => {
            let (dots, dash) = (page.look.pick("…", "..."), page.look.pick("–", "-"));
            let names = format!("{} {dots} {}", first.name, last.name);
            let addresses = format!("{} {dash} {}", first.address, last.address);
            table(out, page.look, 6, &[vec![Cell::plain(names), Cell::plain(addresses), Cell::dim(zones(list))]])
        }
        _ => table(out, page.look, 6, &list.iter().map(row).collect::<Vec<_>>()),
    }
}

fn row(machine: &Machine) -> Vec<Cell> {
    let mut cells = vec![Cell::plain(&*machine.name), Cell::plain(machine.address.to_string())];
    cells.extend(machine.zone.iter().map(|zone| Cell::dim(format!("zone {zone}"))));
    cells
}

/// `zones a, b, c`.
fn zones(list: &[Machine]) -> String {
    let mut zones: Vec<&str> = Vec::new();
    for zone in list.iter().filter_map(|machine| machine.zone.as_deref()) {
        if !zones.contains(&zone) {
            zones.push(zone);
        }
    }
    if zones.is_empty() { String::new() } else { format!("zones {}", zones.join(", ")) }
}

fn names(page: &Page<'_, '_>, apps: &[AppId]) -> String {
    let names: Vec<_> = apps.iter().map(|app| &*page.model().app(*app).name).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// What runs on no machine.
fn of_cluster(page: &Page<'_, '_>, out: &mut dyn Write) -> io::Result<()> {
    let apps: Vec<AppId> = page.model().apps().filter(|(_, app)| !app.placed).map(|(id, _)| id).collect();
    if apps.is_empty() {
        return Ok(());
    }
    writeln!(out, "  {}", page.look.dim("cluster-wide, on no machine"))?;
    labelled(out, page.look, 6, "has", &names(page, &apps))
}
