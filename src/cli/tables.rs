//! `kmodel tables`: the built-in tables of other programs' flags, and how a program differs from them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::apply::process;
use crate::diag::did_you_mean;
use crate::facts::flag::{self, Table};
use crate::facts::help::{Difference, DifferenceKind, compare, probe, refuses};
use crate::facts::lifespan::parse;
use crate::facts::short;
use crate::syntax::ast::Version;
use crate::text::Count;

use super::exit::{CliError, Exit};
use super::table::{Cell, table};
use super::{Terminal, output};

pub mod given;
mod provider;
mod source;
mod update;

/// List the built-in tables of flags, compare one with a program's own --help, or make tables of a new minor
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List the tables: the versions each covers, its number of flags, and its source
    List,
    Check(CheckArgs),
    Provider(provider::Args),
    Update(update::Args),
}

/// Compare a table with a program's --help, and report the differences
///
/// Exits with 1 if they differ. The program is only ever run with `--help`, so it does not start.
#[derive(clap::Args)]
struct CheckArgs {
    /// The program whose table is compared, such as kubelet
    program: String,
    /// The version of the program, such as 1.34 or 1.34.2
    #[arg(value_parser = version)]
    version: Version,
    /// The program to run with --help
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::ExecutablePath, required_unless_present = "help_text")]
    binary: Option<PathBuf>,
    /// A file with the output of `--help`; `-` reads stdin
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "binary")]
    help_text: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn version(text: &str) -> Result<Version, String> {
    parse(text.trim_start_matches('v')).ok_or_else(|| "expected a version, as in `1.34`".to_owned())
}

/// Lists or compares.
pub fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    match &args.action {
        Action::List => list(terminal),
        Action::Check(args) => check(args, terminal),
        Action::Provider(args) => provider::run(args, terminal),
        Action::Update(args) => update::run(args, terminal),
    }
}

fn list(terminal: &Terminal) -> Result<Exit, CliError> {
    let look = &terminal.out;
    let rows: Vec<_> = flag::programs().filter_map(flag::table).map(row).collect();
    output::print(|out| table(out, look, 0, &rows))
}

fn row(table: &Table) -> Vec<Cell> {
    let (from, through) = (short(table.range.known_from), short(table.range.known_through));
    vec![
        Cell::plain(&table.program),
        Cell::plain(Count(table.flags.len(), "flag").to_string()),
        Cell::plain(format!("{from} to {through}")),
        Cell::dim(&table.range.source),
    ]
}

fn check(args: &CheckArgs, terminal: &Terminal) -> Result<Exit, CliError> {
    let Some(known) = flag::table(&args.program) else {
        let help = did_you_mean(&args.program, flag::programs(), "`kmodel tables list` lists them");
        return Err(CliError::usage(format!("no table of flags for `{}`", args.program), help));
    };
    if !known.range.knows(args.version) {
        let (from, through) = (short(known.range.known_from), short(known.range.known_through));
        let message = format!("the table for `{}` covers {from} to {through}, not {}", args.program, args.version);
        return Err(CliError::usage(message, "pass the version of the program"));
    }
    let help = help_text(args)?;
    let compared = compare(known, args.version, &help);
    let mut differences =
        compared.map_err(|why| CliError::outside(why).help("pass a file with its output as `--help-text`"))?;
    if let Some(binary) = &args.binary {
        differences = asked_again(binary, known, differences)?;
    }
    if args.json {
        json(&differences)?;
    } else {
        show(args, known, &differences, terminal)?;
    }
    Ok(if differences.is_empty() { Exit::Ok } else { Exit::Problems })
}

fn show(args: &CheckArgs, known: &Table, differences: &[Difference], terminal: &Terminal) -> Result<Exit, CliError> {
    let look = &terminal.out;
    let rows: Vec<_> =
        differences.iter().map(|one| vec![Cell::plain(format!("--{}", one.flag)), Cell::plain(&one.message)]).collect();
    output::print(|out| {
        let (program, version) = (&args.program, args.version);
        match differences.len() {
            0 => writeln!(
                out,
                "{} {program} {version}: the help and the table agree on {}",
                look.good("ok:"),
                Count(known.flags.len(), "flag")
            )?,
            found => writeln!(out, "{program} {version}: {}", Count(found, "difference"))?,
        }
        table(out, look, 2, &rows)
    })
}

fn help_text(args: &CheckArgs) -> Result<String, CliError> {
    match (&args.binary, &args.help_text) {
        (Some(binary), _) => help_of(binary, &[]),
        (None, Some(file)) => given_text(file),
        (None, None) => Err(CliError::usage(
            "no program to compare with",
            "pass a program with `--binary`, or its help with `--help-text`",
        )),
    }
}

/// Prints differences for programs.
fn json(differences: &impl serde::Serialize) -> Result<Exit, CliError> {
    output::print(|out| {
        serde_json::to_writer_pretty(&mut *out, differences)?;
        writeln!(out)
    })
}

/// The text of a file; `-` is stdin.
fn given_text(file: &Path) -> Result<String, CliError> {
    let text =
        if file.as_os_str() == "-" { std::io::read_to_string(std::io::stdin()) } else { fs::read_to_string(file) };
    text.map_err(|error| CliError::file(file, "read", &error))
}

/// The help of a program, or of a subcommand of it. Some print it to stderr.
fn help_of(binary: &Path, words: &[String]) -> Result<String, CliError> {
    let arguments: Vec<String> = words.iter().cloned().chain(["--help".to_owned()]).collect();
    let (stdout, stderr) = said(binary, &arguments)?;
    Ok(if stdout.len() > stderr.len() { stdout } else { stderr })
}

/// A flag missing from the help may be hidden: the program is run with it to find out.
fn asked_again(binary: &Path, known: &Table, differences: Vec<Difference>) -> Result<Vec<Difference>, CliError> {
    let mut list = Vec::with_capacity(differences.len());
    for mut difference in differences {
        if let Some(arguments) = probe(known, &difference.flag).filter(|_| difference.kind == DifferenceKind::NotInHelp)
        {
            let (stdout, stderr) = said(binary, &arguments)?;
            let refused = refuses(&stdout) || refuses(&stderr);
            difference.message = match refused {
                true => "in the table, but the program rejects it".to_owned(),
                false => "the program accepts it without listing it, but the table does not mark it hidden".to_owned(),
            };
            difference.kind = if refused { DifferenceKind::NotInHelp } else { DifferenceKind::Hidden };
        }
        list.push(difference);
    }
    Ok(list)
}

/// How long a program may take to print its help, and how much of that is read.
const PATIENCE: Duration = Duration::from_secs(20);
const LONGEST: usize = 4 << 20;

/// What a program prints to stdout and stderr.
fn said(binary: &Path, arguments: &[String]) -> Result<(String, String), CliError> {
    // A name alone is a file of this folder, if there is one; else the system looks for it.
    let here = Path::new(".").join(binary);
    let place = if binary.components().count() == 1 && here.is_file() { &here } else { binary };
    let answer = process::run(Command::new(place).args(arguments).env("COLUMNS", "200"), &[], PATIENCE);
    let answer = answer.map_err(|error| CliError::file(binary, "run", &error))?.ok_or_else(|| {
        CliError::outside(format!("`{}` does not end within {} seconds", binary.display(), PATIENCE.as_secs()))
            .help("pass the program itself, which prints its flags with `--help`")
    })?;
    let text = |mut bytes: Vec<u8>| {
        bytes.truncate(LONGEST);
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Ok((text(answer.out), answer.err))
}
