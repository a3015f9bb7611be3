//! LXD and Incus: a server makes the machines, and its client enters them.

use std::sync::{Arc, OnceLock};

use crate::target::lxd::Resources;
use crate::target::{Desired, Machine};

use super::change::{Change, Step};
use super::diff::Delta;
use super::error::ApplyError;
use super::progress::Reporter;
use super::provider::{Found, Outer, Provider};

pub(crate) mod client;
mod collect;
pub(crate) mod current;
pub(crate) mod destroy;
mod diff;
mod host;
mod machine;
mod site;
mod volume;

use client::{Client, Scope};
use current::Current;
use diff::Shared;
use machine::Image;

/// A server, as far as it concerns a cluster.
pub(crate) struct Lxd {
    client: Arc<Client>,
    /// Of the server.
    version: String,
    resources: Resources,
    current: Current,
    /// The one of new instances, once it is known.
    image: OnceLock<Image>,
}

impl Lxd {
    /// Reads what there is.
    ///
    /// # Errors
    /// An error of the client.
    pub(crate) fn read(client: Arc<Client>, version: String, resources: Resources) -> Result<Self, ApplyError> {
        let current = Current::read(&client, &resources.options)?;
        Ok(Self { client, version, resources, current, image: OnceLock::new() })
    }

    /// A server where this is.
    #[cfg(test)]
    pub(super) fn with(client: Arc<Client>, resources: Resources, current: Current) -> Self {
        Self { client, version: "5.0".to_owned(), resources, current, image: OnceLock::new() }
    }
}

impl Lxd {
    /// The volumes of a machine that leaves.
    fn volumes(&self, machine: &str) -> Vec<String> {
        volume::of_machine(&self.current, machine, &self.resources.cluster)
    }
}

impl Provider for Lxd {
    fn place(&self) -> String {
        let options = &self.resources.options;
        format!("{} (server {}), project {}", options.command, self.version, options.project)
    }

    fn project(&self) -> Option<&str> {
        Some(&self.resources.options.project)
    }

    fn machines(&self) -> Vec<Found> {
        let ours = self.current.ours(&self.resources.cluster);
        let mut found: Vec<_> = ours
            .map(|machine| Found {
                name: machine.name.clone(),
                state: machine.status.to_ascii_lowercase(),
                why: None,
                addresses: diff::addresses(machine),
            })
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    fn shared(&self) -> Result<Vec<Change>, ApplyError> {
        Shared::of(&self.resources, &self.current).map(Shared::list)
    }

    fn outer(&self, machine: &Machine) -> Result<Outer, ApplyError> {
        diff::outer(&self.resources, &self.current, machine.name())
    }

    /// A missing image is reported before anything is created.
    fn prepare(&self, delta: &Delta) -> Result<(), ApplyError> {
        let is_made = delta.machines.iter().any(|change| matches!(change.steps.first(), Some(Step::Create(_))));
        if is_made && self.image.get().is_none() {
            let scope = if self.current.project.is_none() { Scope::Global } else { Scope::Project };
            let image = Image::find(&self.client, &self.resources.options.image, scope)?;
            // Only another thread could have set it, to the same.
            let _ = self.image.set(image);
        }
        Ok(())
    }

    fn reconcile(&self, _: &[Change], report: Reporter<'_>) -> Result<(), ApplyError> {
        site::reconcile(&self.client, &self.resources, &Shared::of(&self.resources, &self.current)?, report)
    }

    fn step(&self, name: &str, step: &Step) -> Result<(), ApplyError> {
        let Some(instance) = self.resources.instance(name) else { return Ok(()) };
        let server = (&self.resources, &self.current);
        match step {
            Step::Volume { name, change } => volume::change(&self.client, server, instance, (name, change)),
            Step::Create(_) => volume::prepare(&self.client, server, instance)
                .and_then(|()| machine::step(&self.client, instance, step, self.image.get())),
            _ => machine::step(&self.client, instance, step, self.image.get()),
        }
    }

    fn state(&self, machine: &str) -> Result<String, ApplyError> {
        machine::state(&self.client, machine).map(|state| state.to_ascii_lowercase())
    }

    fn remove(&self, machine: &str) -> Result<(), ApplyError> {
        machine::remove(&self.client, machine)?;
        let pool = &self.resources.options.pool;
        self.volumes(machine).iter().try_for_each(|name| volume::remove(&self.client, pool, name))
    }

    fn by_hand(&self, machine: &str) -> String {
        let (shown, pool) = (self.client.shown(), &self.resources.options.pool);
        let volumes =
            self.volumes(machine).into_iter().map(|name| format!("`{shown} storage volume delete {pool} {name}`"));
        [format!("`{shown} delete --force {machine}`")].into_iter().chain(volumes).collect::<Vec<_>>().join(", then ")
    }

    fn warnings(&self, desired: &Desired) -> Vec<String> {
        if desired.runs_pods { host::warnings(&host::settings()) } else { Vec::new() }
    }

    fn evidence(&self) -> Vec<(String, String)> {
        collect::server(&self.client, &self.resources, &self.current)
    }
}
