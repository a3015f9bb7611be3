//! The running cluster as read-only commands observe it.

use std::path::PathBuf;

use crate::apply::provider::Found;
use crate::apply::ssh::examine::Examined;
use crate::apply::status::{Observed, Status};
use crate::apply::terraform::folder::Lasting;
use crate::apply::{self, Access, Delta};
use crate::compile::{self, Connection, Deployed, RenderError, SharedAddress};
use crate::pki::Store;
use crate::plan::Plan;
use crate::world;

use super::exit::{CliError, Exit};
use super::model::ModelArgs;
use super::server::{LoginArgs, Preflight};
use super::{Terminal, report, server};

/// The arguments that identify a running cluster.
#[derive(clap::Args)]
pub struct ClusterArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// The target: lxd, ssh, or a cloud with its platform deployed [default: the first target in the model]
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// The key store [default: .kmodel/CLUSTER beside the model]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub store: Option<PathBuf>,
    #[command(flatten)]
    pub login: LoginArgs,
}

/// The desired state, the current state, and the difference.
pub struct Observation {
    pub access: Access,
    /// The machines that there are.
    pub(super) found: Vec<Found>,
    pub deployed: Deployed,
    pub probes: apply::diff::Probes,
    /// Absent without a key store, since every key would differ.
    pub delta: Option<Delta>,
    connections: Vec<Connection>,
    shared: Vec<SharedAddress>,
}

/// Reads the state of the cluster; issues and writes nothing. `None` when the model has problems, which are shown.
///
/// # Errors
/// An error of the client or the key store.
pub fn observe(command: &str, args: &ClusterArgs, terminal: &Terminal) -> Result<Option<Observation>, CliError> {
    reached(command, args, None, terminal, |plan, access, deployed, has_store| {
        let found = access.provider().machines();
        let probes = apply::run::probes(&access, &deployed.desired);
        let delta = apply::diff(&deployed.desired, access.provider(), &probes)?;
        let delta = has_store.then_some(delta);
        let (connections, shared) = (compile::connections(plan), compile::shared_addresses(&plan.model));
        Ok(Observation { access, found, probes, delta, connections, shared, deployed })
    })
}

/// What comes of the machines that there are and those that there should be; issues and writes nothing. `None` when the model has
/// problems, which are shown.
///
/// # Errors
/// An error of the client or the key store.
pub(super) fn reached<T>(
    command: &str,
    args: &ClusterArgs,
    examined: Option<Examined>,
    terminal: &Terminal,
    then: impl FnOnce(&Plan<'_>, Access, Deployed, bool) -> Result<T, CliError>,
) -> Result<Option<T>, CliError> {
    let opened = args.model.open(args.target.as_deref())?;
    let mut planned = opened.plan_for_target();
    if examined == Some(Examined::All) {
        server::without_recorded(&mut planned);
    }
    server::is_reached(command, &planned)?;
    let Some(plan) = server::plan_of(&args.model, &opened, &planned, terminal) else { return Ok(None) };
    let folder = args.model.store(args.store.as_ref(), &plan.model.cluster.name);
    let client = server::client(&server::place(command, plan)?, (&args.model, &folder), &args.login)?;
    let missing = compile::missing_keys::warnings(plan, Store::open_read(&folder)?.as_ref(), &folder);
    report::show(&opened.checked.program.sources, &missing, args.model.message_format, &terminal.err);
    let mut store = Store::open_trial(&folder)?;
    let deployed = match compile::deploy(plan, &mut store, world::now()) {
        Ok(deployed) => deployed,
        Err(RenderError::Pki(error)) => return Err(error.into()),
        Err(RenderError::Problems(problems)) => {
            report::show(&opened.checked.program.sources, &problems, args.model.message_format, &terminal.err);
            return Ok(None);
        }
    };
    let dials = || compile::connections(plan);
    let preflight = examined.map_or(Preflight::LeftOut, |which| Preflight::Made(which, &dials));
    let access = client.access(&deployed, preflight, (&folder, Lasting::No))?;
    then(plan, access, deployed, folder.is_dir()).map(Some)
}

impl Observation {
    /// The status, for which the machines are inspected.
    pub fn status(&self) -> Status {
        let Self { access, found, probes, delta, connections, shared, deployed } = self;
        let desired = &deployed.desired;
        Observed { access, desired, connections, shared, found, probes, delta: delta.as_ref() }.status(world::now())
    }
}

/// Success if the cluster matches the model.
pub fn exit(status: &Status) -> Exit {
    if status.well { Exit::Ok } else { Exit::Differs }
}
