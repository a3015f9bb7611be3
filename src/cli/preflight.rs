//! `kmodel preflight`: whether machines can be set up.

use std::io::{self, Write};

use crate::apply::preflight::{Finding, Preflight, preflight};
use crate::apply::ssh::examine::Examined;
use crate::text::Count;

use super::exit::{CliError, Exit};
use super::look::Look;
use super::observation::{ClusterArgs, reached};
use super::table::labelled;
use super::{Terminal, facts, output};

/// Show whether the machines can be set up as the model says, before anything is changed
///
/// Enters every machine at once and compares it with the model: address, architecture, clock, identity, programs, kernel modules and
/// settings, ports that are taken, routes between machines, what other clusters have left, cores, memory and disk. Changes nothing. Exits
/// with 4 if a machine cannot be set up.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    cluster: ClusterArgs,
    /// Print JSON; the format is described in docs/commands.md
    #[arg(long)]
    json: bool,
}

/// Asks the machines and prints what they are.
pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    let found = reached("preflight", &args.cluster, Some(Examined::All), terminal, |_, access, deployed, _| {
        let mut found = preflight(&access, &deployed.desired);
        found.warnings.extend(facts::outdated(&args.cluster.model.file, &access, &deployed.desired));
        Ok(found)
    })?;
    let Some(found) = found else { return Ok(Exit::Problems) };
    output::print(|out| match args.json {
        true => {
            serde_json::to_writer_pretty(&mut *out, &found)?;
            writeln!(out)
        }
        false => write(out, &terminal.out, &found),
    })?;
    Ok(if found.ok { Exit::Ok } else { Exit::Differs })
}

fn write(out: &mut dyn Write, look: &Look, found: &Preflight) -> io::Result<()> {
    writeln!(out, "{} on {}\n", look.bold(&found.cluster), found.place)?;
    for machine in &found.machines {
        let sign = match machine.problems.is_empty() {
            true => look.good(look.pick("✓", "ok")),
            false => look.error(look.pick("✗", "!!")),
        };
        writeln!(out, "  {sign} {}  {}", look.name(&machine.name), machine.state)?;
        machine.problems.iter().try_for_each(|one| finding(out, look, ("error", one)))?;
        machine.warnings.iter().try_for_each(|one| finding(out, look, ("warning", one)))?;
        let unseen = machine.not_examined.iter();
        unseen.into_iter().try_for_each(|what| labelled(out, look, 6, "not examined", what))?;
    }
    for warning in &found.warnings {
        labelled(out, look, 2, "warning", warning)?;
    }
    if found.machines.iter().any(|machine| !machine.problems.is_empty() || !machine.warnings.is_empty()) {
        labelled(
            out,
            look,
            2,
            "help",
            "`kmodel explain CODE` explains a code; `allow CODE \"reason\"` in the model accepts it",
        )?;
    }
    let wrong = found.machines.iter().filter(|machine| !machine.problems.is_empty()).count();
    match found.ok {
        true => writeln!(out, "\n{} {} can be set up", look.good("ok:"), Count(found.machines.len(), "machine")),
        false => writeln!(out, "\n{} {} cannot be set up", look.error("error:"), Count(wrong, "machine")),
    }
}

/// What is wrong, and below it what to do.
fn finding(out: &mut dyn Write, look: &Look, (label, finding): (&str, &Finding)) -> io::Result<()> {
    let code = finding.code.map_or_else(String::new, |code| format!(" ({code})"));
    labelled(out, look, 6, label, &format!("{}{code}", finding.message))?;
    finding.help.iter().try_for_each(|help| labelled(out, look, 8, "help", help))
}
