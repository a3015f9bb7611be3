//! What commands on a running cluster share: the plan, the client, and the confirmation.

use std::io::{IsTerminal, Write, stdin, stdout};

use crate::apply::Client;
use crate::compile::Planned;
use crate::compile::{self, RenderError};
use crate::diag::any_error;
use crate::plan::Plan;
use crate::target::{Target, lxd};

use super::exit::{CliError, Exit};
use super::model::{ModelArgs, Opened};
use super::visible::{Visible, say};
use super::{Terminal, report};

/// The plan, if it has no errors; problems are shown.
pub fn plan_of<'a, 'p>(
    args: &ModelArgs,
    opened: &Opened,
    planned: &'a Planned<'p>,
    terminal: &Terminal,
) -> Option<&'a Plan<'p>> {
    report::show(&opened.checked.program.sources, &planned.problems, args.message_format, &terminal.err);
    planned.plan.as_ref().filter(|_| !any_error(&planned.problems))
}

/// Checks first of all that the command supports the target.
///
/// # Errors
/// When the target is not LXD; `command` is for the message.
pub fn is_reached(command: &str, planned: &Planned<'_>) -> Result<(), CliError> {
    let planned = planned.plan.as_ref().and_then(|plan| compile::planned_target(&plan.model).ok());
    match planned {
        Some(target) if !target.is_applied() => Err(elsewhere(command, target)),
        _ => Ok(()),
    }
}

fn elsewhere(command: &str, target: Target) -> CliError {
    let reached = Target::all().filter(|target| target.is_applied());
    let (titles, names): (Vec<_>, Vec<_>) = reached.map(|target| (target.title(), target.name())).unzip();
    let (titles, name) = (titles.join(", "), target.name());
    let render = format!("`kmodel render --target {name}` writes the files of each machine");
    CliError::usage(
        format!("`{command}` works on {titles} only, and the target is `{name}`"),
        format!("{render}, and docs/clouds.md has the next steps; for {titles}, pass `--target {}`", names.join("|")),
    )
}

/// The fields of `target lxd`.
///
/// # Errors
/// When the target is not LXD, or a field is invalid; `command` is for the message.
pub fn options(command: &str, plan: &Plan<'_>) -> Result<lxd::Options, CliError> {
    if let Some(target) = compile::planned_target(&plan.model).ok().filter(|target| !target.is_applied()) {
        return Err(elsewhere(command, target));
    }
    compile::lxd_options(plan).map_err(|error| match error {
        RenderError::Pki(error) => error.into(),
        RenderError::Problems(problems) => {
            let first = problems.into_iter().next().map(|problem| problem.message);
            CliError { exit: Exit::Problems, ..CliError::outside(first.unwrap_or_default()) }
        }
    })
}

/// A client that reaches its server, and the server's version. `KMODEL_LXC` overrides the client that the model names.
///
/// # Errors
/// Why the client or its server cannot be used.
pub fn client(options: &lxd::Options) -> Result<(Client, String), CliError> {
    let named = std::env::var("KMODEL_LXC").ok().filter(|name| !name.is_empty());
    let client = Client::new(named.as_deref().unwrap_or(&options.command), &options.project);
    let version = client.check()?;
    Ok((client, version))
}

/// Asks the user to type a word, and returns whether it was typed.
///
/// # Errors
/// When stdin is not a terminal.
pub fn confirm(question: &str, word: &str) -> Result<bool, CliError> {
    if !stdin().is_terminal() {
        return Err(CliError::usage(
            "cannot ask for confirmation: stdin is not a terminal",
            "pass `--yes` to proceed without it",
        ));
    }
    let mut out = Visible(stdout());
    write!(out, "{question} ")?;
    out.flush()?;
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    Ok(line.trim() == word)
}

/// Prints a message on interrupt, so that the user knows how to continue.
#[expect(clippy::exit, reason = "an interrupt ends the program")]
pub fn on_interrupt(text: &'static str) {
    // Only a second handler could be refused, and there is one command a run.
    let _ = ctrlc::set_handler(move || {
        say(format!("\n{text}"));
        std::process::exit(130);
    });
}
