//! `kmodel destroy`: remove what `apply` created, and nothing else.

use std::path::{Path, PathBuf};

use crate::apply::destroy::{Marked, destroy};
use crate::apply::{ApplyLock, Current, Reporter};
use crate::model::Lock;
use crate::text::Count;

use super::exit::{CliError, Exit};
use super::model::ModelArgs;
use super::progress::Board;
use super::visible::say;
use super::{Terminal, lock, output, server};

/// Remove what `apply` created for this cluster: machines and their data, profiles, network, storage pool, project
///
/// Only resources labelled with the cluster's name (user.kmodel.cluster) are removed. The key store and kmodel.lock are
/// kept, so that the same cluster can be created again.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// The target; only lxd can be destroyed [default: the first target in the model]
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// The key store [default: .kmodel/CLUSTER beside the model]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    store: Option<PathBuf>,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
}

/// Removes a cluster.
pub fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    let mut opened = args.model.open(args.target.as_deref())?;
    // What runs is removed, so it does not matter what it could not change.
    nothing_runs(&mut opened.input.lock);
    let planned = opened.plan_for_target();
    server::is_reached("destroy", &planned)?;
    let Some(plan) = server::plan_of(&args.model, &opened, &planned, terminal) else { return Ok(Exit::Problems) };
    let cluster = &plan.model.cluster.name;
    let options = server::options("destroy", plan)?;
    let (client, _) = server::client(&options)?;
    // Without a store there has been no apply from here that could still run.
    let folder = args.model.store(args.store.as_ref(), cluster);
    let _turn = folder.is_dir().then(|| ApplyLock::take(&folder, cluster)).transpose()?;
    let marked = Marked::find(&Current::read(&client, &options)?, cluster);
    if marked.is_empty() {
        return output::print(|out| {
            use std::io::Write;
            writeln!(out, "nothing to remove: the project {} has no resources of {cluster}", options.project)
        });
    }
    if !args.yes && !ask(cluster, &options.project, &marked)? {
        say("nothing removed");
        return Ok(Exit::Differs);
    }
    server::on_interrupt("interrupted: run the same command again to remove the rest");
    let board = Board::new(&terminal.out);
    let report: Reporter<'_> = &|name, progress| board.report(name, progress);
    let result = destroy(&client, &marked, report);
    board.finish();
    result?;
    forget(&args.model.lock_path(), cluster)?;
    output::print(|out| {
        use std::io::Write;
        writeln!(out, "{} {cluster} is removed", terminal.out.good("ok:"))
    })
}

/// After this the model may become another cluster.
fn forget(path: &Path, cluster: &str) -> Result<(), CliError> {
    if !path.exists() {
        return Ok(());
    }
    lock::change(path, cluster, |lock| {
        lock.iter_mut().for_each(nothing_runs);
        Ok(())
    })
}

fn nothing_runs(lock: &mut Lock) {
    lock.immutable.clear();
    lock.earlier.clear();
    lock.model = None;
}

fn ask(cluster: &str, project: &str, marked: &Marked) -> Result<bool, CliError> {
    let machines = Count(marked.machines.len(), "machine");
    output::print(|out| {
        use std::io::Write;
        writeln!(
            out,
            "This removes the cluster {cluster} from the project {project}: {machines} and all data on them."
        )?;
        if marked.machines.is_empty() { Ok(()) } else { writeln!(out, "  {}", marked.machines.join(" ")) }
    })?;
    server::confirm("Type the name of the cluster to continue:", cluster)
}
