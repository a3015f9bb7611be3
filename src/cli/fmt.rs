//! `kmodel fmt`: the canonical format of models.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::source::{SourceKind, Sources};
use crate::syntax;
use crate::world::access::read_named;
use crate::world::file::MODEL_LIMIT;
use crate::world::replace::replace;

use super::exit::{CliError, Exit};
use super::look::Look;
use super::model::unreadable;
use super::report::{self, Format};
use super::{Terminal, change, output};

mod walk;

/// Format .km files
///
/// Files are rewritten in place, atomically; comments are kept. A file with syntax errors is not changed.
#[derive(clap::Args)]
pub struct Args {
    /// Files, or folders to search for .km files; `-` formats stdin to stdout
    #[arg(value_name = "FILES", default_value = ".", value_hint = clap::ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
    /// Do not write; print a diff, and exit with 1 if any file would change
    #[arg(long)]
    check: bool,
}

/// The result for one file.
enum Outcome {
    Same,
    Changed(String),
    Broken,
}

/// Formats everything that was named.
pub fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    if args.paths.iter().any(|path| path == Path::new("-")) {
        return standard_input(args, terminal);
    }
    let mut exit = Exit::Ok;
    for path in walk::models(&args.paths)? {
        let text = read_named(&path, MODEL_LIMIT).map_err(|error| unreadable(&path, &error))?;
        match format(&path.display().to_string(), &text, &terminal.err) {
            Outcome::Same => {}
            Outcome::Broken => exit = Exit::Problems,
            Outcome::Changed(formatted) if args.check => {
                exit = Exit::Problems;
                difference(&path.display().to_string(), &text, &formatted, &terminal.out)?;
            }
            Outcome::Changed(formatted) => {
                write(&path, &formatted)?;
                output::print(|out| writeln!(out, "formatted {}", path.display()))?;
            }
        }
    }
    Ok(exit)
}

fn standard_input(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    if args.paths.len() > 1 {
        return Err(CliError::usage("`-` cannot be combined with files", "format files and stdin in separate runs"));
    }
    let mut text = String::new();
    let read = io::stdin().read_to_string(&mut text);
    read.map_err(|error| CliError::outside(format!("cannot read stdin: {error}").to_lowercase()))?;
    match format("stdin", &text, &terminal.err) {
        Outcome::Broken => Ok(Exit::Problems),
        Outcome::Same if args.check => Ok(Exit::Ok),
        Outcome::Same => output::print_raw(|out| out.write_all(text.as_bytes())),
        Outcome::Changed(formatted) if args.check => {
            difference("stdin", &text, &formatted, &terminal.out)?;
            Ok(Exit::Problems)
        }
        Outcome::Changed(formatted) => output::print_raw(|out| out.write_all(formatted.as_bytes())),
    }
}

/// Formats a text; syntax errors are reported here.
fn format(name: &str, text: &str, look: &Look) -> Outcome {
    match syntax::format(text) {
        Ok(formatted) if formatted == text => Outcome::Same,
        Ok(formatted) => Outcome::Changed(formatted),
        Err(problems) => {
            let mut sources = Sources::default();
            sources.add(SourceKind::File, name, text);
            report::show(&sources, &problems, Format::Human, look);
            Outcome::Broken
        }
    }
}

fn difference(name: &str, old: &str, new: &str, look: &Look) -> Result<Exit, CliError> {
    output::print(|out| change::write(out, look, name, "formatted", (old, new)))
}

/// Replaces a file, which keeps its mode.
///
/// # Errors
/// When the file cannot be found or written; the old content is then still there.
pub fn write(path: &Path, text: &str) -> Result<(), CliError> {
    // A link is followed: it is the file behind it that is formatted.
    let target = fs::canonicalize(path).map_err(|error| CliError::file(path, "find", &error))?;
    let mode = fs::metadata(&target).map_err(|error| CliError::file(path, "read", &error))?.permissions().mode();
    replace(&target, text.as_bytes(), mode & 0o7777).map_err(|error| CliError::file(path, "write", &error))
}
