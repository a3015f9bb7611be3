//! `kmodel check`: every problem of a model.

use std::io::Write;
use std::path::PathBuf;

use crate::compile;
use crate::diag::{Diagnostic, any_error, tidy};
use crate::pki::Store;
use crate::plan::Plan;
use crate::text::Count;

use super::exit::{CliError, Exit};
use super::model::ModelArgs;
use super::{Terminal, output, report};

pub mod assumption;
mod what_if;

use assumption::Assumption;

/// Check a model and report every problem in it
///
/// Checks everything that does not require issuing keys: syntax, names, types, flags, placement, relations, and the
/// verification of `kmodel plan`. Writes nothing. With --if, reports what would still work with some machines down or
/// with other values.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// Assume a change and report what breaks: machine=NAME down, zone=NAME down, rack=NAME down, group=NAME down,
    /// kubernetes=VERSION, GROUP=COUNT, PATH=VALUE; can be repeated
    #[arg(long = "if", value_name = "WHAT", value_parser = assumption::parse)]
    assumptions: Vec<Assumption>,
    /// The key store, whose keys are compared with kmodel.lock [default: .kmodel/CLUSTER beside the model]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    store: Option<PathBuf>,
    /// Print the result of --if as JSON
    #[arg(long, requires = "assumptions")]
    json: bool,
}

/// Checks the model and reports the result.
pub fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    if !args.assumptions.is_empty() {
        return what_if::run(args, terminal);
    }
    let opened = args.model.open(None)?;
    let mut planned = opened.plan();
    let warnings = planned.plan.as_ref().map(|plan| keys(args, plan)).transpose()?;
    planned.problems.extend(warnings.into_iter().flatten());
    tidy(&mut planned.problems);
    report::show(&opened.checked.program.sources, &planned.problems, args.model.message_format, &terminal.err);
    match &planned.plan {
        Some(plan) if !any_error(&planned.problems) => {
            output::print(|out| writeln!(out, "{} {}", terminal.out.good("ok:"), summary(plan)))
        }
        _ => Ok(Exit::Problems),
    }
}

/// Keys of the last render that the store does not have, and what the operator's authorities in it may not sign.
fn keys(args: &Args, plan: &Plan<'_>) -> Result<Vec<Diagnostic>, CliError> {
    let folder = args.model.store(args.store.as_ref(), &plan.model.cluster.name);
    let store = Store::open_read(&folder)?;
    store.as_ref().map_or(Ok(()), |store| store.permits(&plan.pki.request))?;
    Ok(compile::missing_keys::warnings(plan, store.as_ref(), &folder))
}

/// `cluster ha: 8 machines, 14 applications, 46 units, 27 checks`.
fn summary(plan: &Plan<'_>) -> String {
    let model = &plan.model;
    let checks = plan.proofs.iter().find(|proof| proof.name == "checks").map_or(0, |proof| proof.count);
    format!(
        "cluster {}: {}, {}, {}, {}",
        model.cluster.name,
        Count(model.machines.len(), "machine"),
        Count(model.apps.len(), "application"),
        Count(model.units.len(), "unit"),
        Count(checks, "check"),
    )
}
