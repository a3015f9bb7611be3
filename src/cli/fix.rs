//! `kmodel fix`: apply the fixes of problems.

use std::io::Write;

use crate::check::own_code::own_codes;
use crate::compile::fix::{self, Applied, Change, Fixed, Wanted};
use crate::diag::{Code, Diagnostic, Safety, any_error, did_you_mean};
use crate::text::Count;
use crate::world::World;

use super::exit::{CliError, Exit};
use super::look::Look;
use super::model::{self, ModelArgs};
use super::table::{Cell, table};
use super::visible::say;
use super::{Terminal, change, output, report};

/// Apply automatic fixes
///
/// Applies the fixes of problems that `kmodel check` reports: safe fixes by default, and with --unsafe also fixes that are a
/// guess or change what is built. A problem with several possible fixes is left for you to decide. Only files of the model
/// are changed, each atomically.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// Also apply fixes that may be wrong; review the result
    #[arg(long)]
    r#unsafe: bool,
    /// Fix only problems with this code; can be repeated
    #[arg(long, value_name = "CODE")]
    only: Vec<String>,
    /// Do not write; print a diff
    #[arg(long, visible_alias = "diff")]
    dry_run: bool,
}

/// Fixes the files, then prints what was fixed and what remains.
pub fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    args.only.iter().try_for_each(|code| known(args, code))?;
    let safety = if args.r#unsafe { Safety::Unsafe } else { Safety::Safe };
    let fixed = fix::fix(args.model.disk(), Wanted { safety, codes: &args.only }, |world| verify(args, world))?;
    if args.dry_run {
        differences(&fixed, &terminal.out)?;
    } else {
        fixed.changes.iter().try_for_each(write)?;
    }
    output::print(|out| summary(out, &terminal.out, &fixed, args.dry_run))?;
    rest(args, &fixed, terminal)
}

/// A code of kmodel, or of a component of the model.
fn known(args: &Args, code: &str) -> Result<(), CliError> {
    if Code::named(code).is_some() {
        return Ok(());
    }
    let program = model::program(&args.model.file, &args.model.allow_read)?;
    let own = own_codes(&program);
    let names = || Code::ALL.iter().map(|code| code.name()).chain(own.iter().map(|own| &*own.name));
    if names().any(|name| name == code) {
        return Ok(());
    }
    let help = did_you_mean(code, names(), "`kmodel explain --list` lists all codes");
    Err(CliError::usage(format!("unknown code `{code}`"), help))
}

fn verify(args: &Args, world: &dyn World) -> Result<fix::Round, CliError> {
    let opened = args.model.open_in(world, None)?;
    let problems = opened.plan().problems;
    Ok((opened.checked.program, problems))
}

fn write(change: &Change) -> Result<(), CliError> {
    super::fmt::write(&change.path, &change.new)
}

fn differences(fixed: &Fixed, look: &Look) -> Result<Exit, CliError> {
    output::print(|out| {
        let mut changes = fixed.changes.iter();
        changes.try_for_each(|c| change::write(out, look, &c.path.display().to_string(), "fixed", (&c.old, &c.new)))
    })
}

/// What was done, problem by problem.
fn summary(out: &mut dyn Write, look: &Look, fixed: &Fixed, dry: bool) -> std::io::Result<()> {
    let (would, files) = (if dry { "would fix" } else { "fixed" }, Count(fixed.changes.len(), "file"));
    if fixed.applied.is_empty() {
        return writeln!(out, "nothing to fix");
    }
    let problems = Count(fixed.applied.len(), "problem");
    writeln!(out, "{} {would} {problems} in {files}", look.good("ok:"))?;
    table(out, look, 2, &fixed.applied.iter().map(row).collect::<Vec<_>>())
}

fn row(applied: &Applied) -> Vec<Cell> {
    let guess = if applied.safety == Safety::Safe { "" } else { " (a guess)" };
    vec![Cell::dim(&applied.place), Cell::name(&applied.code), Cell::plain(format!("{}{guess}", applied.title))]
}

/// The remaining problems, for the files as they are now or would be.
fn rest(args: &Args, fixed: &Fixed, terminal: &Terminal) -> Result<Exit, CliError> {
    let world = fix::Edited::with(args.model.disk(), &fixed.changes);
    let opened = args.model.open_in(&world, None)?;
    let problems = opened.plan().problems;
    report::show(&opened.checked.program.sources, &problems, args.model.message_format, &terminal.err);
    if args.model.message_format == report::Format::Human {
        hint(args, &problems, &terminal.err);
    }
    Ok(if any_error(&problems) { Exit::Problems } else { Exit::Ok })
}

/// What to do about the remaining problems.
fn hint(args: &Args, problems: &[Diagnostic], look: &Look) {
    let more = problems.iter().filter(|problem| fix::only(problem, Safety::Unsafe).is_some()).count();
    let choices = problems.iter().filter(|problem| problem.fixes.len() > 1).count();
    if more > 0 && !args.r#unsafe {
        let text = format!("{} may be wrong: kmodel fix --unsafe --diff shows them", Count(more, "more fix"));
        say(look.dim(&text.replace("more fixs", "more fixes")));
    }
    if choices > 0 {
        say(look.dim(&format!("{} can be fixed in several ways; choose one", Count(choices, "problem"))));
    }
}
