//! The running cluster as read-only commands observe it.

use std::path::PathBuf;

use crate::apply::status::{Observed, Status};
use crate::apply::{self, Client, Current, Delta};
use crate::compile::{self, Connection, Deployed, RenderError, SharedAddress};
use crate::pki::Store;
use crate::world;

use super::exit::{CliError, Exit};
use super::model::ModelArgs;
use super::{Terminal, report, server};

/// The arguments that identify a running cluster.
#[derive(clap::Args)]
pub struct ClusterArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// The target; only lxd is supported [default: the first target in the model]
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// The key store [default: .kmodel/CLUSTER beside the model]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub store: Option<PathBuf>,
}

/// The desired state, the current state, and the difference.
pub struct Observation {
    pub client: Client,
    /// Of the server.
    pub version: String,
    pub deployed: Deployed,
    pub current: Current,
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
    let opened = args.model.open(args.target.as_deref())?;
    let planned = opened.plan_for_target();
    server::is_reached(command, &planned)?;
    let Some(plan) = server::plan_of(&args.model, &opened, &planned, terminal) else { return Ok(None) };
    let (client, version) = server::client(&server::options(command, plan)?)?;
    let folder = args.model.store(args.store.as_ref(), &plan.model.cluster.name);
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
    let current = Current::read(&client, &deployed.desired.options)?;
    let probes = apply::run::probes(&client, &deployed.desired, &current);
    let delta = apply::diff(&deployed.desired, &current, &probes)?;
    let delta = folder.is_dir().then_some(delta);
    let (connections, shared) = (compile::connections(plan), compile::shared_addresses(&plan.model));
    Ok(Some(Observation { client, version, current, probes, delta, connections, shared, deployed }))
}

impl Observation {
    /// The status, for which the machines are inspected.
    pub fn status(&self) -> Status {
        let Self { client, current, probes, delta, connections, shared, deployed, .. } = self;
        let desired = &deployed.desired;
        Observed { client, desired, connections, shared, current, probes, delta: delta.as_ref() }.status(world::now())
    }
}

/// Success if the cluster matches the model.
pub fn exit(status: &Status) -> Exit {
    if status.well { Exit::Ok } else { Exit::Differs }
}
