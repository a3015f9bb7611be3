//! `kmodel pki`: keys and certificates over the years.

use std::path::PathBuf;

use crate::diag::any_error;
use crate::plan::Plan;

use super::exit::{CliError, Exit};
use super::model::{ModelArgs, Opened};
use super::{Terminal, report};

mod renew;
mod rotate;
mod status;

/// Show, renew and rotate keys and certificates
#[derive(clap::Args)]
#[command(arg_required_else_help = true, disable_help_subcommand = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: PkiCommand,
}

#[derive(clap::Subcommand)]
enum PkiCommand {
    Status(status::Args),
    Renew(renew::Args),
    Rotate(rotate::Args),
}

/// The keys of a model.
#[derive(clap::Args)]
pub(super) struct KeysArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// The key store [default: .kmodel/CLUSTER beside the model]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub store: Option<PathBuf>,
}

/// Runs one of the commands below it.
pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    match &args.command {
        PkiCommand::Status(args) => status::run(args, terminal),
        PkiCommand::Renew(args) => renew::run(args, terminal),
        PkiCommand::Rotate(args) => rotate::run(args, terminal),
    }
}

impl KeysArgs {
    /// Plans the model and does something with the plan; what is wrong with the model is shown, and nothing is done.
    ///
    /// # Errors
    /// When the model cannot be read, and what is done fails.
    pub(super) fn with_plan(
        &self,
        terminal: &Terminal,
        then: impl FnOnce(&Plan<'_>, &Opened<'_>, PathBuf) -> Result<Exit, CliError>,
    ) -> Result<Exit, CliError> {
        let opened = self.model.open(None)?;
        let planned = opened.plan();
        let sources = &opened.checked.program.sources;
        report::show(sources, &planned.problems, self.model.message_format, &terminal.err);
        match planned.plan.as_ref().filter(|_| !any_error(&planned.problems)) {
            Some(plan) => then(plan, &opened, self.model.store(self.store.as_ref(), &plan.model.cluster.name)),
            None => Ok(Exit::Problems),
        }
    }
}
