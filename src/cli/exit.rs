//! How a run ends.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use crate::apply::ApplyError;
use crate::emit::EmitError;
use crate::pki::PkiError;
use crate::world::refusal::Refusal;

use super::look::Look;
use super::visible::say;

/// The exit code; documented in `--help`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    Ok = 0,
    /// The model, or a file to be formatted, has problems; they have been reported.
    Problems = 1,
    Usage = 2,
    /// A file, the disk, the key store, or a server that machines run on.
    Outside = 3,
    /// The running cluster differs from the model; the differences have been reported.
    Differs = 4,
    /// A plan has changes, and `--exit-code` asked; as Terraform says it, and so the same number as that of a wrong command line,
    /// which prints nothing to stdout.
    Changes,
}

/// Why a command failed, other than because of problems in the model.
#[derive(Debug)]
pub struct CliError {
    pub exit: Exit,
    pub message: String,
    pub help: Option<String>,
}

impl CliError {
    /// The command line is invalid.
    pub fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into(), help: Some(help.into()) }
    }

    /// A file, the disk or a server failed.
    pub fn outside(message: impl Into<String>) -> Self {
        Self { exit: Exit::Outside, message: message.into(), help: None }
    }

    /// The file system refused something.
    pub fn file(path: &Path, action: &str, error: &io::Error) -> Self {
        Self::outside(format!("cannot {action} `{}`: {}", path.display(), reason(error)))
    }

    /// Adds what to do about it.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Writes it to stderr.
    pub fn show(&self, look: &Look) -> Exit {
        say(format!("{} {}", look.error("error:"), self.message));
        if let Some(help) = &self.help {
            say(format!("{} {help}", look.help(" help:")));
        }
        self.exit
    }
}

/// Why the file system refused.
fn reason(error: &io::Error) -> String {
    if let Some(refusal) = Refusal::of(error).filter(|_| error.kind() != io::ErrorKind::IsADirectory) {
        return refusal.to_string();
    }
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::InvalidData => "not valid UTF-8".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string().to_lowercase(),
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Changes => Exit::Usage as u8,
            other => other as u8,
        })
    }
}

impl From<PkiError> for CliError {
    fn from(error: PkiError) -> Self {
        Self { exit: Exit::Outside, message: error.to_string(), help: error.help() }
    }
}

impl From<EmitError> for CliError {
    fn from(error: EmitError) -> Self {
        Self { exit: Exit::Outside, message: error.to_string(), help: error.help().map(str::to_owned) }
    }
}

impl From<ApplyError> for CliError {
    fn from(error: ApplyError) -> Self {
        Self { exit: Exit::Outside, message: error.message, help: error.help }
    }
}

/// Output could not be written; a closed pipe is handled in `output`.
impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        Self::outside(format!("cannot write the output: {}", reason(&error)))
    }
}
