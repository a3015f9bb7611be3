//! What a model wants of a machine that exists.

use std::net::IpAddr;

use crate::facts::family::{Family, usual};
use crate::model::{MachineId, Model};
use crate::plan::listener::{Bind, What};
use crate::render::bundle::Bundle;
use crate::syntax::ast::{Name, Version};
use crate::target::Machine;

use super::ports::listeners_on;

/// What a machine has to be and to have.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub address: IpAddr,
    pub arch: Name,
    pub cores: f64,
    /// Bytes.
    pub memory: u64,
    /// Bytes.
    pub disk: u64,
    /// The version of Kubernetes whose pods run there, if any do.
    pub kubelet: Option<Version>,
    /// Whether its kubelet takes control groups of version 1.
    pub takes_cgroup_v1: bool,
    pub family: &'static Family,
    /// What is installed by the package manager.
    pub packages: Vec<Name>,
    pub modules: Vec<Name>,
    pub settings: Vec<Name>,
    /// The folders of programs.
    pub folders: Vec<String>,
    /// The units that run there.
    pub units: Vec<Name>,
    pub listeners: Vec<Listener>,
}

/// Something of the model that listens on a machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listener {
    /// `etcd.client`.
    pub service: String,
    pub what: What,
    pub bind: Bind,
}

impl Wanted {
    /// What is wanted of a machine that gets a bundle.
    pub fn of(model: &Model<'_>, machine: MachineId, bundle: &Bundle) -> Self {
        Self { listeners: listeners_on(model, machine), ..Self::without_listeners(model, machine, bundle) }
    }

    /// The same, for callers that know what listens on all machines.
    pub fn without_listeners(model: &Model<'_>, machine: MachineId, bundle: &Bundle) -> Self {
        let (group, runs_pods) = (model.group_of(machine), !bundle.mounts.is_empty());
        Self {
            address: model.machine(machine).address,
            arch: group.arch.clone(),
            cores: group.cores,
            memory: group.memory,
            disk: group.disk,
            kubelet: runs_pods.then_some(model.cluster.kubernetes),
            takes_cgroup_v1: bundle.files.iter().any(|file| takes_cgroup_v1(&file.content)),
            family: model.family_of(machine),
            packages: bundle.packages.clone(),
            modules: bundle.modules.clone(),
            settings: bundle.sysctls.iter().map(|(name, _)| name.clone()).collect(),
            folders: bundle.directories.iter().map(|folder| folder.path.clone()).collect(),
            units: bundle.units.iter().map(|unit| unit.name.clone()).collect(),
            listeners: Vec::new(),
        }
    }

    /// What is wanted of a machine of which only the target is known.
    pub fn alone(machine: &Machine) -> Self {
        Self {
            address: machine.address,
            arch: machine.arch.clone(),
            cores: machine.cores,
            memory: machine.memory,
            disk: machine.disk,
            kubelet: machine.runs_pods.then_some(Version { major: 1, minor: 0, patch: 0 }),
            takes_cgroup_v1: false,
            family: usual(),
            packages: Vec::new(),
            modules: Vec::new(),
            settings: Vec::new(),
            folders: Vec::new(),
            units: machine.units.iter().map(|unit| unit.name.clone()).collect(),
            listeners: Vec::new(),
        }
    }
}

fn takes_cgroup_v1(content: &[u8]) -> bool {
    const FIELD: &[u8] = b"failCgroupV1";
    let place = content.windows(FIELD.len()).position(|window| window == FIELD);
    place.is_some_and(|place| {
        let rest = String::from_utf8_lossy(&content[place + FIELD.len()..content.len().min(place + 40)]).into_owned();
        rest.trim_start_matches(['"', ':', ' ']).starts_with("false")
    })
}
