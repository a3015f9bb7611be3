//! `kmodel artifacts`: what is downloaded, for a mirror.

use std::io::{self, Write};

use serde::Serialize;

use crate::compile::artifact::ArtifactSource;
use crate::compile::{ArtifactRow, artifacts};
use crate::diag::any_error;

use super::exit::{Exit, Failure};
use super::look::Look;
use super::model::ModelArgs;
use super::plan::count::thousands;
use super::table::{Cell, labelled, table};
use super::{Terminal, output, report};

/// The version of the JSON.
const VERSION: u32 = 1;

/// More machines than this are told by the first and the last.
const MOST: usize = 6;

/// List everything the machines download: files with their hashes, images, packages
///
/// A site without a way out copies the files to a server of its own, each under its mirror path, and names that server in
/// the model: target lxd { mirror = "http://..." }
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    artifacts: &'a [ArtifactRow],
}

/// Prints the list for a model without errors.
pub fn run(args: &Args, terminal: &Terminal) -> Result<Exit, Failure> {
    let opened = args.model.open(None)?;
    let planned = opened.plan();
    let show = |problems: &[_]| {
        report::show(&opened.checked.program.sources, problems, args.model.message_format, &terminal.err);
    };
    show(&planned.problems);
    let Some(plan) = planned.plan.as_ref().filter(|_| !any_error(&planned.problems)) else { return Ok(Exit::Problems) };
    match artifacts(plan) {
        Ok(rows) if args.json => output::print(|out| json(out, &rows)),
        Ok(rows) => output::print(|out| text(out, &terminal.out, &rows)),
        Err(problems) => {
            show(&problems);
            Ok(Exit::Problems)
        }
    }
}

fn json(out: &mut dyn Write, rows: &[ArtifactRow]) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Document { version: VERSION, artifacts: rows })?;
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

/// A file or image takes some lines: neither a URL nor a hash may be cut.
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
            format!("{} machines, {first} {} {last}", thousands(row.machines.len()), look.pick("…", "..."))
        }
        list => list.join(", "),
    }
}
