//! `kmodel plan`: preview what would be built.

use std::mem::ManuallyDrop;
use std::path::PathBuf;

use crate::compile;
use crate::diag::{Diagnostic, any_error, tidy};
use crate::pki::Store;
use crate::plan::graph::{self, Notation};
use crate::plan::issue_status::{IssueStatus, issue_status};
use crate::plan::{Plan, json};
use crate::world;

use super::exit::{CliError, Exit};
use super::model::{ModelArgs, Opened};
use super::server::LoginArgs;
use super::{Terminal, keep, output, report};

mod address;
mod certificate;
pub(super) mod changes;
mod cluster;
mod issue;
mod machine;
mod opening;
mod page;
mod proof;
mod reissue;
mod relation;
mod section;
mod step;
mod upgrade;
mod version;
mod at;

pub use page::Detail;
use page::Page;
use section::PlanSection;

/// Preview what would change since the last render or apply; before the first, what would be built
///
/// With `--full`, or if nothing was rendered or applied yet: machines, relations, certificates, start order and verified
/// properties. Issues and writes nothing. Addresses allocated by an earlier `render` are read from kmodel.lock beside the model, and
/// issued certificates from the key store.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// Plan for this target instead of the first target in the model
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// The key store [default: .kmodel/CLUSTER beside the model]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    store: Option<PathBuf>,
    /// Print JSON; the schema is in docs/plan-json.md
    #[arg(long, conflicts_with_all = ["graph", "show", "all"])]
    json: bool,
    /// Print the applications and relations as a graph: dot (Graphviz) or mermaid
    #[arg(long, value_name = "NOTATION", hide_possible_values = true, conflicts_with_all = ["show", "all"])]
    graph: Option<Notation>,
    /// Show how to upgrade to a newer version, hop by hop: edits needed, steps, and disruption
    #[arg(long, value_name = "kubernetes=VERSION", value_parser = upgrade::target, conflicts_with_all = ["graph", "show", "all"])]
    upgrade: Option<crate::compile::upgrade::Wanted>,
    /// Show what expires by a date: certificates and authorities with what stops working, and versions
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = at::date, conflicts_with_all = ["graph", "show", "all", "upgrade"])]
    at: Option<time::Date>,
    #[command(flatten)]
    login: LoginArgs,
    #[command(flatten)]
    changes: changes::ChangesArgs,
    /// Show only these sections, separated by commas: cluster, machines, versions, addresses, relations, openings, certificates, order, proofs
    #[arg(long, value_name = "PARTS", value_delimiter = ',', hide_possible_values = true)]
    show: Vec<PlanSection>,
    /// Show every machine and certificate instead of summarizing similar ones
    #[arg(long)]
    all: bool,
}

/// Prints the plan, which may exist even if the model has errors.
pub fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    // The process ends when it is printed: nothing is given back piece by piece.
    let opened = ManuallyDrop::new(args.model.open(args.target.as_deref())?);
    if let Some(notation) = args.graph {
        return graph(&args.model, &opened, notation, terminal);
    }
    if let Some(to) = args.upgrade {
        return upgrade::run(&args.model, &opened, to, args.json, terminal);
    }
    let planned = ManuallyDrop::new(opened.plan());
    let mut problems = planned.problems.clone();
    if args.is_of_changes() && any_error(&problems) {
        return finish(&args.model, &opened, &problems, terminal);
    }
    if let Some(plan) = planned.plan.as_ref().filter(|_| !any_error(&problems)) {
        match changes::run(args, (&opened, plan), terminal)? {
            Ok(None) => {}
            Ok(Some(exit)) => {
                problems.extend(issue_status_of(args, plan)?.1);
                finish(&args.model, &opened, &problems, terminal)?;
                return Ok(exit);
            }
            Err(found) => return finish(&args.model, &opened, &found, terminal),
        }
    }
    if let Some(plan) = &planned.plan {
        let (status, warnings) = issue_status_of(args, plan)?;
        problems.extend(warnings);
        tidy(&mut problems);
        if let Some(date) = args.at {
            at::run(plan, &status, date, args.json, &terminal.out)?;
        } else if args.json {
            output::print(|out| json::write(out, plan, &opened.input.lock, &status))?;
        } else {
            let tally = report::tally(&problems);
            let page = Page { plan, status: &status, look: &terminal.out, detail: args.detail() };
            let machines = args.show.is_empty() || args.show.contains(&PlanSection::Machines);
            output::print(|out| {
                if machines {
                    keep::moves(out, &terminal.out, (&opened.input.lock, &plan.model))?;
                }
                section::write(&page, out, &args.show, &tally)
            })?;
        }
    }
    finish(&args.model, &opened, &problems, terminal)
}

/// Prints the graph of a model.
pub fn graph(args: &ModelArgs, opened: &Opened<'_>, notation: Notation, terminal: &Terminal) -> Result<Exit, CliError> {
    let planned = opened.plan();
    if let Some(plan) = &planned.plan {
        output::print(|out| graph::write(out, &plan.model, notation))?;
    }
    finish(args, opened, &planned.problems, terminal)
}

/// Problems come last: that is where the eye is when a command has ended.
fn finish(
    args: &ModelArgs,
    opened: &Opened<'_>,
    problems: &[crate::diag::Diagnostic],
    terminal: &Terminal,
) -> Result<Exit, CliError> {
    report::show(&opened.checked.program.sources, problems, args.message_format, &terminal.err);
    Ok(if any_error(problems) { Exit::Problems } else { Exit::Ok })
}

/// How certificates stand in the store, and which of its keys are not those of the last render.
fn issue_status_of(args: &Args, plan: &Plan<'_>) -> Result<(IssueStatus, Vec<Diagnostic>), CliError> {
    let folder = args.model.store(args.store.as_ref(), &plan.model.cluster.name);
    let store = Store::open_read(&folder)?;
    store.as_ref().map_or(Ok(()), |store| store.permits(&plan.pki.request))?;
    let warnings = compile::missing_keys::warnings(plan, store.as_ref(), &folder);
    Ok((issue_status(&plan.pki.request, store.as_ref(), world::now())?, warnings))
}

impl Args {
    /// Whether changes are asked for, and nothing else will do.
    fn is_of_changes(&self) -> bool {
        self.changes.is_asked()
    }

    fn detail(&self) -> Detail {
        if self.all { Detail::Each } else { Detail::Grouped }
    }
}
