//! After lines were appended: a table that knows them, and a file without what has been replaced, once that is most of it.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::batch::Batch;
use super::index;
use super::line::{self, Line};
use super::log::{self, Lines, Log, is_id};
use super::table::{Place, Slot, Table, hash};
use crate::world::fault;
use crate::world::replace::replace_with;

/// A file is made anew when less than this part of it counts.
const MOST_REPLACED: u64 = 3;

/// Writes the index of the file as it is now. All of it is optional: what is left out is done after another run.
pub(super) fn renew(dir: &Path, log: Option<&Log>, batch: Option<&mut Batch>) {
    let _ = renewed(dir, log, batch);
}

fn renewed(dir: &Path, log: Option<&Log>, batch: Option<&mut Batch>) -> io::Result<()> {
    let file = File::open(log::path(dir))?;
    let table = table(dir, &file, (log, batch))?;
    if table.counts().live >= file.metadata()?.len() / MOST_REPLACED {
        index::write(dir, &file, &table);
        return Ok(());
    }
    let table = compact(dir, &file, &table)?;
    index::write(dir, &File::open(log::path(dir))?, &table);
    Ok(())
}

/// The table of a file, of that before lines were appended, and of these.
fn table(dir: &Path, file: &File, (log, batch): (Option<&Log>, Option<&mut Batch>)) -> io::Result<Table> {
    let more = batch.as_ref().map_or(0, |batch| batch.count());
    let mut table = match log.map(Log::table) {
        Some(old) if old.has_room(more) => old.copied(dir)?,
        old => {
            let mut table = Table::on_disk(dir, old.map_or(0, |old| old.counts().used) + more)?;
            old.into_iter().flat_map(Table::each).try_for_each(|slot| table.put(&slot?, |_| Ok(false)))?;
            table
        }
    };
    for slot in batch.map(Batch::slots).transpose()?.into_iter().flatten() {
        let slot = slot?;
        table.put(&slot, |old| is_id(file, old.place, slot.place))?;
    }
    Ok(table)
}

/// Puts a file with nothing but the lines that count into the place of this one. Returns its table.
fn compact(dir: &Path, file: &File, table: &Table) -> io::Result<Table> {
    let mut new = Table::on_disk(dir, table.counts().used)?;
    index::forget(dir);
    replace_with(&log::path(dir), 0o600, |out| {
        fault::check()?;
        let mut out = BufWriter::new(out);
        let (mut lines, head) = (Lines::of(file)?, line::head());
        let mut end = head.len() as u64;
        out.write_all(&head)?;
        while let Some((place, line)) = lines.next()? {
            let Some(Line::Leaf(record)) = line else { continue };
            let counts = table.find(hash(&record.id), |slot| Ok(slot.place == place))?;
            let Some(slot) = counts else { continue };
            let place = Place { offset: end, ..place };
            new.put(&Slot { place, ..slot }, |_| Ok(false))?;
            out.write_all(&lines.text)?;
            end = place.end();
        }
        out.write_all(&line::saved(end))?;
        out.flush()?;
        // Not the whole table was found again: the old file stays.
        if new.counts().used == table.counts().used { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    })?;
    Ok(new)
}
