//! `kmodel destroy`: remove what `apply` created, and nothing else.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::apply::lxd::current::Current;
use crate::apply::lxd::destroy::Marked;
use crate::apply::ssh::Existing;
use crate::apply::terraform::folder::Lasting;
use crate::apply::terraform::{self, Terraform};
use crate::apply::{ApplyLock, Reporter, lxd, ssh};
use crate::compile::{self, Place, RenderError};
use crate::model::Lock;
use crate::pki::Store;
use crate::plan::Plan;
use crate::plan::version::remembered;
use crate::text::Count;
use crate::world;

use super::exit::{CliError, Exit};
use super::model::ModelArgs;
use super::progress::Board;
use super::server::{Client, LoginArgs};
use super::visible::say;
use super::{Terminal, lock, output, server};

/// Remove what `apply` created for this cluster: machines and their data, profiles, network, storage pool, project
///
/// Only resources labelled with the cluster's name (user.kmodel.cluster), or in Terraform's state of it, are removed. The key store and kmodel.lock are
/// kept, so that the same cluster can be created again.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// The target: lxd, ssh, or a cloud with its platform deployed [default: the first target in the model]
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// The key store [default: .kmodel/CLUSTER beside the model]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    store: Option<PathBuf>,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    login: LoginArgs,
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
    let place = server::place("destroy", plan)?;
    // Without a store there has been no apply from here that could still run.
    let folder = args.model.store(args.store.as_ref(), cluster);
    let client = server::client(&place, (&args.model, &folder), &args.login)?;
    let _turn = folder.is_dir().then(|| ApplyLock::take(&folder, cluster)).transpose()?;
    let there = match (&client, &place) {
        (Client::Lxd(client, _), Place::Lxd(options)) => {
            let marked = Marked::find(&Current::read(client, options)?, cluster);
            There::Lxd { client: Arc::clone(client), project: options.project.clone(), marked }
        }
        (Client::Ssh(client), Place::Ssh(hosts)) => {
            There::Ssh(client.existing(cluster, hosts, &remembered(&plan.model))?)
        }
        (Client::Terraform(..), Place::Terraform) => There::made(&client, plan, &folder)?,
        _ => unreachable!("a client is made for its place"),
    };
    server::on_interrupt("interrupted: run the same command again to remove the rest");
    there.is_known()?;
    if there.is_empty() {
        return output::print(|out| {
            use std::io::Write;
            writeln!(out, "nothing to remove: {} of {cluster}", there.nothing())
        });
    }
    if !args.yes && !there.ask(cluster)? {
        say("nothing removed");
        return Ok(Exit::Differs);
    }
    let board = Board::new(&terminal.out);
    let report: Reporter<'_> = &|name, progress| board.report(name, progress);
    let result = there.remove(report);
    board.finish();
    result?;
    forget(&args.model.lock_path(), cluster)?;
    output::print(|out| {
        use std::io::Write;
        writeln!(out, "{} {cluster} is removed", terminal.out.good("ok:"))
    })
}

/// What there is of a cluster.
enum There {
    Lxd { client: Arc<lxd::client::Client>, project: String, marked: Marked },
    Ssh(Existing),
    Terraform(Arc<Terraform>),
}

impl There {
    /// What Terraform has made. Its configuration is written as if by `apply`, with keys that no machine gets.
    fn made(client: &Client, plan: &Plan<'_>, folder: &Path) -> Result<Self, CliError> {
        let mut store = Store::open_trial(folder)?;
        let deployed = compile::deploy(plan, &mut store, world::now()).map_err(|error| match error {
            RenderError::Pki(error) => error.into(),
            RenderError::Problems(problems) => {
                CliError::outside(problems.into_iter().next().map(|problem| problem.message).unwrap_or_default())
            }
        })?;
        client.terraform(&deployed, server::Preflight::LeftOut, (folder, Lasting::Yes)).map(Self::Terraform)
    }

    /// A machine that cannot be entered may have a part of the cluster.
    fn is_known(&self) -> Result<(), CliError> {
        let Self::Ssh(existing) = self else { return Ok(()) };
        let first = existing.unreachable().into_iter().next();
        first.map_or(Ok(()), |(_, error)| Err(error.clone().into()))
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Lxd { marked, .. } => marked.is_empty(),
            Self::Ssh(existing) => existing.marked().is_empty(),
            Self::Terraform(terraform) => terraform.standing().0 == 0,
        }
    }

    /// Where nothing is.
    fn nothing(&self) -> String {
        match self {
            Self::Lxd { project, .. } => format!("the project {project} has no resources"),
            Self::Ssh(_) => "no machine is marked as one".to_owned(),
            Self::Terraform(_) => "Terraform's state has no resources".to_owned(),
        }
    }

    fn remove(&self, report: Reporter<'_>) -> Result<(), crate::apply::ApplyError> {
        match self {
            Self::Lxd { client, marked, .. } => lxd::destroy::destroy(client, marked, report),
            Self::Ssh(existing) => ssh::destroy(existing, report),
            Self::Terraform(terraform) => terraform::destroy(terraform, report),
        }
    }

    fn ask(&self, cluster: &str) -> Result<bool, CliError> {
        let (from, names): (String, Vec<String>) = match self {
            Self::Lxd { project, marked, .. } => (format!("the project {project}"), marked.machines.clone()),
            Self::Ssh(existing) => {
                ("its machines, which stay".to_owned(), existing.marked().into_iter().map(str::to_owned).collect())
            }
            Self::Terraform(terraform) => {
                let (count, names) = terraform.standing();
                (format!("{} of Terraform", Count(count, "resource")), names)
            }
        };
        let machines = Count(names.len(), "machine");
        output::print(|out| {
            use std::io::Write;
            writeln!(out, "This removes the cluster {cluster} from {from}: {machines} and all its data on them.")?;
            if names.is_empty() { Ok(()) } else { writeln!(out, "  {}", names.join(" ")) }
        })?;
        server::confirm("Type the name of the cluster to continue:", cluster)
    }
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
