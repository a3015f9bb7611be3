//! `kmodel plan --at 2027-12-01`: what expires by then, and what stops working.

use std::io::{self, Write};

use time::Date;
use time::format_description::well_known::Iso8601;

use crate::cli::exit::{CliError, Exit};
use crate::cli::look::Look;
use crate::cli::output;
use crate::cli::table::{Cell, labelled, line, table, widths};
use crate::plan::Plan;
use crate::plan::issue_status::IssueStatus;
use crate::plan::lifetime::{Ending, Lifetimes, lifetimes};
use crate::text::{Count, thousands};
use crate::world;

/// Reads a date.
pub(super) fn date(text: &str) -> Result<Date, String> {
    Date::parse(text, &Iso8601::DATE).map_err(|_| "expected a date, as in `2027-12-01`".to_owned())
}

/// Prints what expires by a date.
pub(super) fn run(plan: &Plan<'_>, status: &IssueStatus, at: Date, json: bool, look: &Look) -> Result<Exit, CliError> {
    let lifetimes = lifetimes(plan, status, world::now(), at);
    output::print(|out| match json {
        true => {
            serde_json::to_writer_pretty(&mut *out, &lifetimes)?;
            writeln!(out)
        }
        false => write(out, look, &plan.model.cluster.name, &lifetimes),
    })
}

fn write(out: &mut dyn Write, look: &Look, cluster: &str, lifetimes: &Lifetimes) -> io::Result<()> {
    let Lifetimes { at, authorities, certificates, versions, next, render_by } = lifetimes;
    let ended = Count(certificates.iter().map(|ending| ending.count).sum::<usize>(), "certificate");
    writeln!(
        out,
        "{} {at}, without a render before then: {ended} of {} expired\n",
        look.bold("By"),
        look.name(cluster)
    )?;
    for (title, list) in [("Authorities", authorities), ("Certificates", certificates)] {
        if !list.is_empty() {
            writeln!(out, "{} {}", look.bold(title), look.dim(&format!("({})", list.len())))?;
            endings(out, look, list)?;
            writeln!(out)?;
        }
    }
    if !versions.is_empty() {
        writeln!(out, "{}", look.bold("Versions"))?;
        let row = |old: &crate::plan::lifetime::OldVersion| {
            vec![
                Cell::name(format!("{} {}", old.program, old.version)),
                Cell::plain(format!("no fixes since {}", old.since)),
            ]
        };
        table(out, look, 2, &versions.iter().map(row).collect::<Vec<_>>())?;
        writeln!(out)?;
    }
    if let Some((date, many)) = next {
        writeln!(out, "Next to expire: {} on {date}", Count(*many, "certificate"))?;
    }
    match render_by {
        Some(date) => writeln!(out, "Render and apply by {date}, and nothing expires (`renew` of the cluster)"),
        None => writeln!(
            out,
            "Certificates are not renewed before they expire: set `renew = 30d` in the cluster, and render at least that often"
        ),
    }
}

fn endings(out: &mut dyn Write, look: &Look, list: &[Ending]) -> io::Result<()> {
    let head = |ending: &Ending| {
        let many = match ending.total {
            1 => String::new(),
            total if total == ending.count => format!("all {}", thousands(total)),
            total => format!("{} of {}", thousands(ending.count), thousands(total)),
        };
        let how = if ending.issued { "" } else { "if issued today" };
        vec![Cell::plain(&ending.ends), Cell::name(&ending.name), Cell::plain(many), Cell::dim(how)]
    };
    let heads: Vec<_> = list.iter().map(head).collect();
    let widths = widths(&heads);
    for (head, ending) in heads.iter().zip(list) {
        line(out, look, 2, &widths, head)?;
        if !ending.stops.is_empty() {
            labelled(out, look, 14, "then", &ending.stops.join(", "))?;
        }
    }
    Ok(())
}
