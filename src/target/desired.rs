//! What there should be on each machine, whatever platform makes it and however it is reached.

use std::net::IpAddr;
use std::time::Duration;

use crate::model::Value;
use crate::render::boot;
use crate::render::bundle::{Artifact, BundleFile, Unit};
use crate::render::unit_file;
use crate::syntax::ast::Name;

use super::{Site, TargetMachine};

/// A cluster as its machines should be.
#[derive(Clone, Debug)]
pub struct Desired {
    pub cluster: Name,
    /// In the order of the model.
    pub machines: Vec<Machine>,
    /// Whether any machine runs pods.
    pub runs_pods: bool,
    pub hooks: Hooks,
}

/// Scripts that run on each machine before and after its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hooks {
    pub before: Option<String>,
    pub after: Option<String>,
    /// How long each may take; also those that the command line names.
    pub timeout: Duration,
}

impl Default for Hooks {
    fn default() -> Self {
        Self { before: None, after: None, timeout: Duration::from_secs(300) }
    }
}

impl Hooks {
    /// The field `hooks` of a target.
    pub(super) fn read(site: &Site) -> Self {
        let Some(Value::Record(fields)) = site.options.get("hooks") else { return Self::default() };
        let text = |name: &str| fields.get(name).and_then(Value::scalar_text).filter(|text| !text.trim().is_empty());
        let timeout = match fields.get("timeout") {
            Some(Value::Duration(milliseconds)) => Duration::from_millis(*milliseconds),
            _ => Self::default().timeout,
        };
        Self { before: text("before"), after: text("after"), timeout }
    }
}

/// A machine.
#[derive(Clone, Debug)]
pub struct Machine {
    pub name: Name,
    pub group: Name,
    /// How many of the group may be changed at the same time while they are up.
    pub at_once: u32,
    /// Names that it had before, the latest first.
    pub former: Vec<String>,
    /// Its address in the cluster.
    pub address: IpAddr,
    pub arch: Name,
    pub cores: f64,
    /// Bytes.
    pub memory: u64,
    /// Bytes.
    pub disk: u64,
    /// Whether pods run on it.
    pub runs_pods: bool,
    pub arrival: Arrival,
    /// Every file of it.
    pub files: Vec<BundleFile>,
    /// The units that it starts, in the order in which they start.
    pub units: Vec<StartedUnit>,
}

/// How the files of a machine reach it before its boot runs for the first time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arrival {
    /// cloud-init writes them and starts the boot; those with secrets are brought.
    FirstBoot,
    /// All of them are brought: the machine is there already.
    Brought,
}

/// A unit that a machine starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartedUnit {
    pub name: Name,
    /// Its own file, or its drop-in.
    pub file: String,
    /// The file name of what it runs, such as `kubelet`; empty if it runs nothing.
    pub program: Name,
    /// The application whose unit it is; empty if it is of none.
    pub application: Name,
    /// The version of the download that brings it; empty if none does, or it has none.
    pub version: String,
    /// What it reads: its change restarts the unit, as that of its own file does.
    pub watches: Vec<Name>,
}

impl Desired {
    /// The machine of this name.
    pub fn machine(&self, name: &str) -> Option<&Machine> {
        self.machines.iter().find(|machine| &*machine.name == name)
    }
}

impl Machine {
    /// A machine with these files.
    pub(super) fn new(machine: &TargetMachine, files: Vec<BundleFile>, arrival: Arrival) -> Self {
        let started = boot::start_order(&machine.bundle.units).into_iter().filter(|unit| unit_file::is_enabled(unit));
        let units = started.map(|unit| started_unit(unit, &machine.bundle.artifacts, &files)).collect();
        Self {
            name: machine.name.clone(),
            group: machine.group.clone(),
            at_once: machine.at_once,
            former: machine.former.clone(),
            address: machine.address,
            arch: machine.arch.clone(),
            cores: machine.cores,
            memory: machine.memory,
            disk: machine.disk,
            runs_pods: !machine.bundle.mounts.is_empty(),
            arrival,
            files,
            units,
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

/// As the boot sees it: it reads what a unit watches from its plan.
fn started_unit(unit: &Unit, artifacts: &[Artifact], files: &[BundleFile]) -> StartedUnit {
    let plan = files.iter().find(|file| file.path == boot::PLAN).map_or(&[][..], |file| &file.content);
    let start = format!("watch|{}|", unit.name);
    let text = String::from_utf8_lossy(plan);
    let watches = text.lines().filter_map(|line| line.strip_prefix(&start)).map(Name::from).collect();
    let exec = unit.fields.get("exec").and_then(Value::scalar_text).unwrap_or_default();
    let program = exec.rsplit('/').next().unwrap_or_default().into();
    let brings = artifacts.iter().find(|artifact| boot::installs(artifact, &exec));
    let version = brings.and_then(|artifact| artifact.version.clone()).unwrap_or_default();
    let application = unit.origin.application().cloned().unwrap_or_else(|| "".into());
    StartedUnit { name: unit.name.clone(), file: unit_file::unit_path(unit), program, application, version, watches }
}
