//! `kmodel debug`: logs and state of a cluster, in one folder.

use std::io::Write;
use std::path::PathBuf;

use crate::apply::Reporter;
use crate::apply::collect::{Collecting, file};
use crate::apply::redactor::Redactor;
use crate::emit;
use crate::source::Sources;
use crate::text::{Count, about};

use super::exit::{CliError, Exit};
use super::look::Look;
use super::observation::{ClusterArgs, exit, observe};
use super::plan::Detail;
use super::progress::Board;
use super::{Terminal, folder, output, status};

/// Collect logs and state of the cluster into one folder, and report which relations fail
///
/// From each machine: journals, unit states, logs of cloud-init and of the boot; from the server: logs and configuration.
/// Each relation is tested from the connecting machine with the certificate that it would present. Private keys and secrets
/// are redacted.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    cluster: ClusterArgs,
    /// The folder to write [default: debug-CLUSTER in the current folder]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: Option<PathBuf>,
    /// Replace the folder even if it holds files that kmodel did not write; they are deleted
    #[arg(long)]
    force: bool,
}

/// Collects, writes and reports.
pub fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    let Some(observation) = observe("debug", &args.cluster, terminal)? else { return Ok(Exit::Problems) };
    let desired = &observation.deployed.desired;
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("debug-{}", desired.cluster)));
    let store = args.cluster.model.store(args.cluster.store.as_ref(), &desired.cluster);
    folder::refuse(&out, &args.cluster.model, &store)?;
    let board = Board::new(&terminal.out);
    let report: Reporter<'_> = &|name, progress| board.report(name, progress);
    let redactor = Redactor::new(&observation.deployed.issued);
    let mut files = Collecting { access: &observation.access, redactor: &redactor }.collect(report);
    board.finish();
    let status = observation.status();
    let server = observation.access.provider().place();
    let plain = Look { width: 120, colour: false, unicode: true };
    let mut page = Vec::new();
    status::write(&mut page, &plain, (&status, &server), Detail::Each)?;
    files.push(file("report.txt".into(), &redactor.clean(&String::from_utf8_lossy(&page))));
    let json = serde_json::to_string_pretty(&status).expect("a status is plain data");
    files.push(file("status.json".into(), &redactor.clean(&json)));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.push(emit::manifest((&desired.cluster, "debug"), &files, &Sources::default()));
    let written = emit::write(&out, &files, folder::force(args.force))?;
    output::print(|to| {
        status::write(to, &terminal.out, (&status, &server), Detail::Grouped)?;
        let size = format!("{}, {}", Count(written.files, "file"), about(written.bytes));
        writeln!(to, "collected into {}: {size}; keys and secrets are redacted", out.display())
    })?;
    Ok(exit(&status))
}
