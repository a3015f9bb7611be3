//! `kmodel lsp`: the language server.

use std::path::Path;

use super::exit::{CliError, Exit};
use super::lock;
use crate::lsp::{self, Ended, Host};
use crate::model::Lock;

/// Serve an editor: diagnostics, completion, hover and more, over standard input and output
///
/// An editor starts this; there is nothing to type. docs/editors says how to set one up.
#[derive(clap::Args)]
pub struct Args {
    /// Speak over standard input and output; there is no other way, and editors like to say so
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

/// What was decided earlier; nothing where it cannot be read, which `kmodel check` reports.
fn lock_of(model: &Path, cluster: &str) -> Lock {
    lock::read(model, cluster).unwrap_or_default()
}
