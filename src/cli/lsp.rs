//! `kmodel lsp`: the language server.

use std::path::Path;

use super::exit::{CliError, Exit};
use super::lock;
use crate::lsp::{self, Ended, Host};
use crate::model::Lock;

/// Run the language server for an editor: diagnostics, completion, hover and more
///
/// The editor starts this command and talks to it over standard input and output; docs/lsp.md describes the setup.
#[derive(clap::Args)]
pub struct Args {
    /// Use standard input and output; this is the only transport, and the flag is accepted because some editors pass it
    #[arg(long)]
    stdio: bool,
}

/// Serves until the editor ends the session.
pub fn run(args: &Args) -> Result<Exit, CliError> {
    let Args { stdio: _ } = args;
    match lsp::serve(Host { lock: lock_of }, std::io::stdin(), std::io::stdout()) {
        Ended::Well => Ok(Exit::Ok),
        Ended::Badly => Ok(Exit::Problems),
    }
}

/// The lock; empty if it cannot be read, which `kmodel check` reports.
fn lock_of(model: &Path, cluster: &str) -> Lock {
    lock::read(&lock::path(model), cluster).unwrap_or_default()
}
