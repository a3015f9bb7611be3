//! The command line: arguments in, text and an exit code out.
//!
//! Results go to stdout, problems to stderr. One file per command; none of them decides anything about a model. Besides the
//! key store and `emit`, this is the only module that writes files: `fmt` its inputs, `render` the lock.

#![expect(clippy::disallowed_methods, reason = "the command line reads its arguments, files and environment")]

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{CommandFactory, Parser, Subcommand};

pub mod exit;
pub mod look;
pub mod table;
pub mod output;
pub mod model;
pub mod lock;
pub mod report;
pub mod check;
pub mod plan;
mod preflight;
mod recorded;
pub mod graph;
pub mod folder;
pub mod keep;
mod backup;
mod duration;
mod kubeconfig;
mod pki;
pub mod render;
pub mod progress;
pub mod server;
pub mod apply;
mod only;
pub mod observation;
pub mod status;
pub mod debug;
pub mod destroy;
pub mod artifacts;
pub mod pin;
pub mod change;
pub mod fmt;
pub mod lsp;
pub mod fix;
pub mod explain;
mod facts;
pub mod tables;
pub mod why;
pub mod completions;
mod visible;

use exit::{CliError, Exit};
use look::{Color, Look};

const LONG_ABOUT: &str = "\
kmodel compiles a description of a cluster into everything its machines need.

A .km file declares the machines, what runs on them and how the parts relate. kmodel checks the model, allocates \
addresses, derives the certificates, and verifies before anything is written that every connection can be authenticated, \
no two ranges overlap and no two programs share a port.";

const EXAMPLES: &str = "\
Examples:
  kmodel check cluster.km                       report every problem
  kmodel plan cluster.km                        preview what would be built
  kmodel plan cluster.km --overlay lab          ... with an overlay
  kmodel plan cluster.km --set workers=5        ... with a parameter
  kmodel render cluster.km --out build          write every file that the machines need
  kmodel apply cluster.km                       create or update the cluster on LXD
  kmodel fix cluster.km --diff                  preview the automatic fixes
  kmodel fmt .                                  format every .km file in this folder
  kmodel explain even-quorum                    explain an error code
  kmodel why cluster.km etcd --initial-cluster  trace a flag, value, file or certificate name to its source

Exit codes: 0 success, 1 the model has errors, 2 invalid command line, 3 a file, the disk, the key store or the server \
failed, 4 the running cluster differs from the model.

More: docs/language.md (the language), docs/commands.md (every command and option), examples/.";

/// Declare a cluster once; check, plan, render and apply it
#[derive(Parser)]
#[command(name = "kmodel", version, long_about = LONG_ABOUT, after_help = EXAMPLES, styles = STYLES)]
#[command(arg_required_else_help = true, disable_help_subcommand = true, max_term_width = 120)]
struct Cli {
    /// When to use colors: auto, always or never; auto respects NO_COLOR and CLICOLOR [default: auto]
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    #[arg(hide_default_value = true)]
    color: Color,
    /// Check against the tables in this directory, instead of the built-in ones of the same programs
    #[arg(long, global = true, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    tables: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

#[derive(Subcommand)]
enum Command {
    Check(check::Args),
    Plan(plan::Args),
    Graph(graph::Args),
    Render(render::Args),
    Apply(apply::Args),
    Preflight(preflight::Args),
    Facts(facts::Args),
    Status(status::Args),
    Debug(debug::Args),
    Destroy(destroy::Args),
    Backup(backup::Args),
    Restore(backup::RestoreArgs),
    Pki(pki::Args),
    Kubeconfig(kubeconfig::Args),
    Artifacts(artifacts::Args),
    Pin(pin::Args),
    Fmt(fmt::Args),
    Lsp(lsp::Args),
    Fix(fix::Args),
    Explain(explain::Args),
    Tables(tables::Args),
    Why(why::Args),
    WhyNot(why::NotArgs),
    Completions(completions::Args),
}

/// The styles of stdout and stderr, for every command.
pub struct Terminal {
    pub out: Look,
    pub err: Look,
}

/// Runs the program with these arguments, the first of which is its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(why::in_front(check::assumption::join(arguments))) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let terminal = Terminal { out: Look::stdout(cli.color), err: Look::stderr(cli.color) };
    if terminal.out.colour || terminal.err.colour {
        visible::styled();
    }
    let replaced = cli.tables.as_deref().map_or(Ok(()), tables::given::read);
    match replaced.and_then(|()| dispatch(&cli.command, &terminal)) {
        Ok(exit) => exit.into(),
        Err(error) => error.show(&terminal.err).into(),
    }
}

/// Help and version go to stdout with success, everything else to stderr. A closed pipe is not an error.
fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() { Exit::Usage.into() } else { Exit::Ok.into() }
}

fn dispatch(command: &Command, terminal: &Terminal) -> Result<Exit, CliError> {
    match command {
        Command::Check(args) => check::run(args, terminal),
        Command::Plan(args) => plan::run(args, terminal),
        Command::Graph(args) => graph::run(args, terminal),
        Command::Render(args) => render::run(args, terminal),
        Command::Apply(args) => apply::run(args, terminal),
        Command::Preflight(args) => preflight::run(args, terminal),
        Command::Facts(args) => facts::run(args, terminal),
        Command::Status(args) => status::run(args, terminal),
        Command::Debug(args) => debug::run(args, terminal),
        Command::Destroy(args) => destroy::run(args, terminal),
        Command::Backup(args) => backup::run(args, terminal),
        Command::Restore(args) => backup::restore(args, terminal),
        Command::Pki(args) => pki::run(args, terminal),
        Command::Kubeconfig(args) => kubeconfig::run(args, terminal),
        Command::Artifacts(args) => artifacts::run(args, terminal),
        Command::Pin(args) => pin::run(args, terminal),
        Command::Fmt(args) => fmt::run(args, terminal),
        Command::Lsp(args) => lsp::run(args),
        Command::Fix(args) => fix::run(args, terminal),
        Command::Explain(args) => explain::run(args, terminal),
        Command::Tables(args) => tables::run(args, terminal),
        Command::Why(args) => why::run(args, why::why, terminal),
        Command::WhyNot(args) => why::run(&args.args, why::why_not, terminal),
        Command::Completions(args) => completions::run(args),
    }
}

/// The whole command line, as completions and tests see it.
pub fn command() -> clap::Command {
    Cli::command()
}
