//! `kmodel lsp`: the language server.

use std::path::{Path, PathBuf};

use super::exit::{CliError, Exit};
use super::lock;
use crate::lsp::{self, Ended, Host};
use crate::model::Lock;
use crate::world::access::Access;

/// Run the language server for an editor: diagnostics, completion, hover and more
///
/// The editor starts this command and talks to it over standard input and output; docs/lsp.md describes the setup.
#[derive(clap::Args)]
pub struct Args {
    /// Use standard input and output; this is the only transport, and the flag is accepted because some editors pass it
    #[arg(long)]
    stdio: bool,
    /// Let models read files below this directory too, besides the workspace; can be repeated
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    allow_read: Vec<PathBuf>,
}

/// Serves until the editor ends the session.
pub fn run(args: &Args) -> Result<Exit, CliError> {
    let Args { stdio: _, allow_read } = args;
    let access = allow_read.iter().fold(Access::default(), |access, folder| access.and(folder));
    match lsp::serve(Host { lock: lock_of, begins: |_| {} }, access, std::io::stdin(), std::io::stdout()) {
        Ended::Well => Ok(Exit::Ok),
        Ended::Badly => Ok(Exit::Problems),
    }
}

/// The lock; empty if it cannot be read, which `kmodel check` reports.
fn lock_of(model: &Path, cluster: &str) -> Lock {
    lock::read(&lock::path(model), model, cluster).map(|(lock, _)| lock).unwrap_or_default()
}
