//! `kmodel artifacts`: the downloads of the machines, for a mirror.

use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;

use crate::compile::artifact::ArtifactSource;
use crate::compile::{ArtifactRow, artifacts};
use crate::diag::any_error;
use crate::text::{Count, thousands};

use mirror::MirrorStatus;

use super::exit::{CliError, Exit};
use super::look::Look;
use super::model::ModelArgs;
use super::table::{Cell, labelled, table};
use super::{Terminal, output, report};

mod mirror;

/// The version of the JSON.
const VERSION: u32 = 1;

/// More machines than this are listed as the first and the last.
const MOST: usize = 6;

/// List everything the machines download: files with their checksums, images, packages
///
/// For an air-gapped site, copy the files to a local server, each at its mirror path, and name that server in the model:
/// target lxd { mirror = "http://..." }
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Compare with a mirror on disk and print what is missing
    #[arg(long, value_name = "DIR")]
    mirror: Option<PathBuf>,
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    artifacts: Vec<ArtifactJson<'a>>,
}

#[derive(Serialize)]
struct ArtifactJson<'a> {
    #[serde(flatten)]
    row: &'a ArtifactRow,
    /// Its status in the given mirror.
    #[serde(skip_serializing_if = "Option::is_none")]
    mirror: Option<MirrorStatus>,
}

/// Prints the list for a model without errors.
pub fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    let opened = args.model.open(None)?;
    let planned = opened.plan_for_target();
    let show = |problems: &[_]| {
        report::show(&opened.checked.program.sources, problems, args.model.message_format, &terminal.err);
    };
    show(&planned.problems);
    let Some(plan) = planned.plan.as_ref().filter(|_| !any_error(&planned.problems)) else { return Ok(Exit::Problems) };
    let rows = match artifacts(plan) {
        Ok(rows) => rows,
        Err(problems) => {
            show(&problems);
            return Ok(Exit::Problems);
        }
    };
    let statuses = match &args.mirror {
        Some(folder) => {
            let read = mirror::compare(folder, &rows);
            Some(read.map_err(|error| CliError::file(folder, "read the mirror", &error))?)
        }
        None => None,
    };
    output::print(|out| match &statuses {
        _ if args.json => json(out, &rows, statuses.as_deref()),
        Some(statuses) => lacks(out, &terminal.out, &rows, statuses),
        None => text(out, &terminal.out, &rows),
    })?;
    let whole = statuses.is_none_or(|statuses| statuses.iter().all(|status| *status == MirrorStatus::There));
    Ok(if whole { Exit::Ok } else { Exit::Differs })
}

/// What a mirror lacks: one item per line, and their number.
fn lacks(out: &mut dyn Write, look: &Look, rows: &[ArtifactRow], statuses: &[MirrorStatus]) -> io::Result<()> {
    let lacking: Vec<_> = rows.iter().zip(statuses).filter(|(_, status)| **status != MirrorStatus::There).collect();
    for (row, status) in &lacking {
        let (kind, place) = match row.kind {
            ArtifactSource::File => ("file", row.mirror_path.as_deref().unwrap_or(&row.url)),
            ArtifactSource::Image => ("image", &*row.url),
            ArtifactSource::Package => ("package", &*row.url),
        };
        writeln!(out, "{:<10}  {kind:<7}  {}", status.text(), look.name(place))?;
    }
    match lacking.len() {
        0 => writeln!(out, "the mirror has all {} items that the machines download", thousands(rows.len())),
        lacks => writeln!(out, "the mirror lacks {} of {} items", thousands(lacks), thousands(rows.len())),
    }
}

fn json(out: &mut dyn Write, rows: &[ArtifactRow], statuses: Option<&[MirrorStatus]>) -> io::Result<()> {
    let status = |place: usize| statuses.map(|statuses| statuses[place]);
    let artifacts = rows.iter().enumerate().map(|(place, row)| ArtifactJson { row, mirror: status(place) }).collect();
    serde_json::to_writer_pretty(&mut *out, &Document { version: VERSION, artifacts })?;
    writeln!(out)
}

fn text(out: &mut dyn Write, look: &Look, rows: &[ArtifactRow]) -> io::Result<()> {
    let mut first = true;
    for kind in rows.chunk_by(|a, b| a.kind == b.kind) {
        if !first {
            writeln!(out)?;
        }
        first = false;
        let title = match kind[0].kind {
            ArtifactSource::File => "Files",
            ArtifactSource::Image => "Images",
            ArtifactSource::Package => "Packages",
        };
        writeln!(out, "{} {}", look.bold(title), look.dim(&format!("({})", thousands(kind.len()))))?;
        match kind[0].kind {
            ArtifactSource::File | ArtifactSource::Image => kind.iter().try_for_each(|row| file(out, look, row))?,
            ArtifactSource::Package => {
                table(out, look, 2, &kind.iter().map(|row| short(look, row)).collect::<Vec<_>>())?
            }
        }
    }
    Ok(())
}

/// A file or image takes several lines: URLs and hashes are never truncated.
fn file(out: &mut dyn Write, look: &Look, row: &ArtifactRow) -> io::Result<()> {
    let details = [row.version.as_deref(), row.arch.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    writeln!(out, "  {}", format!("{} {details}", look.name(&row.name)).trim_end())?;
    if row.kind == ArtifactSource::File {
        labelled(out, look, 6, "url ", &row.url)?;
    }
    row.hash.iter().try_for_each(|hash| labelled(out, look, 6, "hash", hash))?;
    row.mirror_path.iter().try_for_each(|path| labelled(out, look, 6, "path", path))?;
    labelled(out, look, 6, "for ", &machines(look, row))
}

fn short(look: &Look, row: &ArtifactRow) -> Vec<Cell> {
    vec![Cell::name(&row.url), Cell::plain(machines(look, row))]
}

fn machines(look: &Look, row: &ArtifactRow) -> String {
    match row.machines.as_slice() {
        [] => "the cluster".to_owned(),
        [first, .., last] if row.machines.len() > MOST => {
            format!("{}, {first} {} {last}", Count(row.machines.len(), "machine"), look.pick("…", "..."))
        }
        list => list.join(", "),
    }
}
