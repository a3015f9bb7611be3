//! `kmodel plan --upgrade kubernetes=1.36`: the hops to a newer version, for people and programs.

use std::io::{self, Write};

use crate::compile::upgrade::{Edit, Hop, NoUpgrade, Phase, Upgrade, UpgradeStep, Wanted, upgrade};
use crate::facts::lifespan::parse;

use crate::cli::exit::{CliError, Exit};
use crate::cli::look::Look;
use crate::cli::model::{ModelArgs, Opened};
use crate::cli::table::{Cell, table, wrap};
use crate::cli::{Terminal, output, report};
use crate::text::{Count, thousands};

/// Reads `kubernetes=1.36`.
pub(super) fn target(text: &str) -> Result<Wanted, String> {
    let Some(version) = text.strip_prefix("kubernetes=") else {
        return Err("expected `kubernetes=VERSION`, as in `kubernetes=1.36`".to_owned());
    };
    let form = if version.matches('.').count() < 2 { Wanted::Minor } else { Wanted::Patch };
    parse(version.trim_start_matches('v'))
        .map(form)
        .ok_or_else(|| format!("`{version}` is not a version; expected `1.36` or `1.36.2`"))
}

/// Prints the way to a version.
pub(super) fn run(
    args: &ModelArgs,
    opened: &Opened<'_>,
    to: Wanted,
    json: bool,
    terminal: &Terminal,
) -> Result<Exit, CliError> {
    let show = |problems: &[_]| {
        report::show(&opened.checked.program.sources, problems, args.message_format, &terminal.err);
        Ok(Exit::Problems)
    };
    if crate::diag::any_error(&opened.checked.diagnostics) {
        return show(&opened.checked.diagnostics);
    }
    let way = match upgrade(&opened.checked.program, opened.world, &opened.input, to) {
        Ok(way) => way,
        Err(NoUpgrade::Problems(problems)) => return show(&problems),
        Err(NoUpgrade::Unreachable { message, help }) => return Err(CliError::usage(message, help)),
    };
    if json {
        output::print(|out| {
            serde_json::to_writer_pretty(&mut *out, &way)?;
            writeln!(out)
        })
    } else {
        output::print(|out| write(out, &terminal.out, &way))
    }
}

fn write(out: &mut dyn Write, look: &Look, way: &Upgrade) -> io::Result<()> {
    let hops = Count(way.hops.len(), "hop");
    writeln!(out, "{} {}: {} to {}, {hops}\n", look.bold("Upgrade of"), look.name(&way.cluster), way.from, way.to)?;
    let arrow = look.pick("→", "->");
    for (number, hop) in way.hops.iter().enumerate() {
        let title = format!("Hop {}", number + 1);
        writeln!(out, "{} {} {arrow} {}", look.bold(&title), hop.from, hop.to)?;
        before(out, look, hop)?;
        for step in &hop.steps {
            one(out, look, step)?;
        }
        writeln!(out)?;
    }
    let text = "For each hop: make the edits, set its version as `kubernetes` in the cluster, run `kmodel render`, roll it out, and check that \
                the cluster is healthy before the next hop.";
    wrap(text, look.width).iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn before(out: &mut dyn Write, look: &Look, hop: &Hop) -> io::Result<()> {
    for Edit { code, severity, message, place, help } in &hop.edits {
        let place = place.as_ref().map_or_else(String::new, |place| format!("{place}: "));
        let word = if *severity == "error" { look.error("edit") } else { look.warning("look") };
        let text = format!("{place}{message} ({code})");
        indented(out, look, &format!("  {word}  "), 8, &text)?;
        if let Some(help) = help {
            indented(out, look, "        ", 8, help)?;
        }
    }
    for note in &hop.notes {
        indented(out, look, &format!("  {}  ", look.dim("note")), 8, note)?;
    }
    Ok(())
}

/// A text behind a head of a known width, wrapped under itself.
fn indented(out: &mut dyn Write, look: &Look, head: &str, width: usize, text: &str) -> io::Result<()> {
    let lines = wrap(text, look.width.saturating_sub(width));
    for (place, line) in lines.iter().enumerate() {
        match place {
            0 => writeln!(out, "{head}{line}")?,
            _ => writeln!(out, "{:width$}{line}", "")?,
        }
    }
    Ok(())
}

fn one(out: &mut dyn Write, look: &Look, step: &UpgradeStep) -> io::Result<()> {
    let names = step.applications.join(", ");
    let what = match (step.phase, step.drain) {
        (Phase::Machine, true) => format!("drain, then {names}, then uncordon"),
        _ => names,
    };
    writeln!(out, "  {:>4}  {}", step.number, look.name(&what))?;
    let mut rows = Vec::new();
    let mut row = |name: &str, text: String| rows.push(vec![Cell::dim(name), Cell::plain(text)]);
    if !step.machines.is_empty() {
        let way = if step.machines.len() > 1 { ", one after another" } else { "" };
        row("on", format!("{}{way}", machines(&step.machines)));
    }
    row("new", some(&step.changes));
    row("effect", step.disturbs.clone());
    table(out, look, 8, &rows)
}

/// A few names, or the first and the last.
fn machines(names: &[String]) -> String {
    match names {
        [first, .., last] if names.len() > 6 => format!("{first} to {last} ({})", thousands(names.len())),
        _ => names.join(", "),
    }
}

fn some(changes: &[String]) -> String {
    const MOST: usize = 8;
    let more = changes.len().saturating_sub(MOST);
    let shown = changes[..changes.len().min(MOST)].join(", ");
    if more > 0 { format!("{shown}, and {more} more") } else { shown }
}
