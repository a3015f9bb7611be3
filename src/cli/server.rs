//! What commands on a running cluster share: the plan, the client, and what is asked of a person.

use std::io::{IsTerminal, Write, stdin, stdout};

use crate::apply::Client;
use crate::compile::{self, RenderError};
use crate::diag::any_error;
use crate::plan::{Plan, Planned};
use crate::target::{self, lxd};

use super::exit::{CliError, Exit};
use super::model::{ModelArgs, Opened};
use super::{Terminal, report};

/// The plan, if nothing is wrong with it; what is wrong is shown.
pub fn plan_of<'a, 'p>(
    args: &ModelArgs,
    opened: &Opened,
    planned: &'a Planned<'p>,
    terminal: &Terminal,
) -> Option<&'a Plan<'p>> {
    report::show(&opened.checked.program.sources, &planned.problems, args.message_format, &terminal.err);
    planned.plan.as_ref().filter(|_| !any_error(&planned.problems))
}

/// Whether a command has anything to do with the target: said before anything else is.
///
/// # Errors
/// When it is another one than LXD; `command` is for the message.
pub fn is_reached(command: &str, planned: &Planned<'_>) -> Result<(), CliError> {
    let named = planned.plan.as_ref().and_then(|plan| plan.model.targets.first());
    match named {
        Some(target) if target::names().any(|known| *known == *target.name) && &*target.name != "lxd" => {
            Err(elsewhere(command, &target.name))
        }
        _ => Ok(()),
    }
}

fn elsewhere(command: &str, target: &str) -> CliError {
    let render = format!("`kmodel render --target {target}` writes what each machine is given");
    CliError::usage(
        format!("`{command}` works on LXD and Incus, and the target is `{target}`"),
        format!("{render}, and docs/clouds.md says what to do with it; on LXD or Incus, name that with `--target lxd`"),
    )
}

/// The fields of `target lxd`.
///
/// # Errors
/// When the target is another one, or a field cannot be used; `command` is for the message.
pub fn options(command: &str, plan: &Plan<'_>) -> Result<lxd::Options, CliError> {
    let target = plan.model.targets.first().map_or("lxd", |target| &target.name);
    if target != "lxd" {
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

/// A client that reaches its server, and the server's version. `KMODEL_LXC` names another client than the model.
///
/// # Errors
/// What keeps it from its server.
pub fn client(options: &lxd::Options) -> Result<(Client, String), CliError> {
    let named = std::env::var("KMODEL_LXC").ok().filter(|name| !name.is_empty());
    let client = Client::new(named.as_deref().unwrap_or(&options.command), &options.project);
    let version = client.check()?;
    Ok((client, version))
}

/// Asks for a word, and says whether it was given.
///
/// # Errors
/// When there is nobody to ask.
pub fn confirm(question: &str, word: &str) -> Result<bool, CliError> {
    if !stdin().is_terminal() {
        return Err(CliError::usage("nobody is there to be asked", "say `--yes` if it is to be done without asking"));
    }
    print!("{question} ");
    stdout().flush()?;
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    Ok(line.trim() == word)
}

/// Says, when a person interrupts, that nothing is lost by it.
pub fn on_interrupt(text: &'static str) {
    // Only a second handler could be refused, and there is one command a run.
    let _ = ctrlc::set_handler(move || {
        eprintln!("\n{text}");
        std::process::exit(130);
    });
}
