//! The current state of the server.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use crate::target::lxd::{MARK, Options};

use super::client::{Client, Scope};
use crate::apply::error::ApplyError;

/// Everything on the server that concerns a cluster.
#[derive(Clone, Debug, Default)]
pub(crate) struct Current {
    pub project: Option<Resource>,
    pub pool: Option<Resource>,
    pub network: Option<Resource>,
    /// All other networks on the server.
    pub others: Vec<Resource>,
    /// Those of the project.
    pub profiles: Vec<Resource>,
    /// Those of data, of the pool.
    pub volumes: Vec<Resource>,
    /// Instances of the project.
    pub machines: Vec<Resource>,
}

/// A project, pool, volume, network, profile or instance, as the client prints it with `--format json`.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Resource {
    pub name: String,
    /// Of pools.
    #[serde(default)]
    pub driver: String,
    /// `custom` is what people make; of volumes.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// `Running`, `Stopped` ...; of instances.
    #[serde(default)]
    pub status: String,
    #[serde(default, deserialize_with = "nullable")]
    pub config: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "nullable")]
    pub devices: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default, deserialize_with = "nullable")]
    pub profiles: Vec<String>,
}

/// Go writes an empty list or map as `null`.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl Current {
    /// Reads it.
    ///
    /// # Errors
    /// An error of the client.
    pub(crate) fn read(client: &Client, options: &Options) -> Result<Self, ApplyError> {
        let projects: Vec<Resource> = client.list("list the projects", &["project", "list"], Scope::Global)?;
        let project = named(projects, &options.project);
        let scope = if project.is_some() { Scope::Project } else { Scope::Global };
        let pools: Vec<Resource> = client.list("list the storage pools", &["storage", "list"], scope)?;
        let networks: Vec<Resource> = client.list("list the networks", &["network", "list"], scope)?;
        let mut current = Self {
            pool: named(pools, &options.pool),
            others: networks.iter().filter(|network| network.name != options.network).cloned().collect(),
            network: named(networks, &options.network),
            project,
            ..Self::default()
        };
        if current.project.is_some() {
            current.profiles = client.list("list the profiles", &["profile", "list"], scope)?;
            current.machines = client.list("list the machines", &["list"], scope)?;
            current.volumes = current.pool.as_ref().map_or(Ok(Vec::new()), |pool| volumes(client, &pool.name))?;
        }
        Ok(current)
    }

    /// The instance of this name.
    pub(crate) fn machine(&self, name: &str) -> Option<&Resource> {
        self.machines.iter().find(|machine| machine.name == name)
    }

    /// The profile of this name.
    pub(crate) fn profile(&self, name: &str) -> Option<&Resource> {
        self.profiles.iter().find(|profile| profile.name == name)
    }

    /// The volumes labelled with the cluster's name.
    pub(crate) fn volumes_of<'a>(&'a self, cluster: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.volumes.iter().filter(move |volume| volume.is_of(cluster))
    }

    /// The instances labelled with the cluster's name, sorted by name.
    pub(crate) fn ours<'a>(&'a self, cluster: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.machines.iter().filter(move |machine| machine.is_of(cluster))
    }
}

impl Resource {
    /// The cluster that owns it, by its label.
    pub(crate) fn owner(&self) -> Option<&str> {
        self.config.get(MARK).map(String::as_str)
    }

    /// Whether it is labelled as owned by this cluster.
    pub(crate) fn is_of(&self, cluster: &str) -> bool {
        self.owner() == Some(cluster)
    }

    /// Whether an instance runs.
    pub(crate) fn is_running(&self) -> bool {
        self.status.eq_ignore_ascii_case("running")
    }
}

/// Those that are not the disks of instances and images.
fn volumes(client: &Client, pool: &str) -> Result<Vec<Resource>, ApplyError> {
    let args = ["storage", "volume", "list", pool];
    let all: Vec<Resource> = client.list("list the storage volumes", &args, Scope::Project)?;
    Ok(all.into_iter().filter(|volume| volume.kind == "custom").collect())
}

fn named(list: Vec<Resource>, name: &str) -> Option<Resource> {
    list.into_iter().find(|resource| resource.name == name)
}
