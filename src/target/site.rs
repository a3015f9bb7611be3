//! What a target is given: the site, and each machine with its bundle.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::{Target, Tree};
use crate::facts::family::Family;
use crate::model::disk::Disk;
use crate::model::link::Link;
use crate::model::nodes::{NodeRange, Nodes, Second, same_place};
use crate::model::value::Record;
use crate::model::{MachineId, Model, Value};
use crate::render::bundle::Bundle;
use crate::source::Sources;
use crate::syntax::ast::Name;

/// What all machines of a model share on one target.
#[derive(Clone, Debug)]
pub struct Site {
    pub target: Target,
    pub cluster: Name,
    pub domain: Name,
    /// The ranges of machines, with that of the other family which a target adds.
    pub nodes: Nodes,
    /// All ranges of the cluster, with their names: `pods`, `services`, `nodes`.
    pub ranges: Vec<(&'static str, IpNet)>,
    /// The names of groups and machines, where a field of the target speaks of them.
    pub names: Names,
    /// The fields of the model's `target NAME { }`, with overlays applied.
    pub options: Record,
    /// What the origins of files and problems are places in.
    pub sources: Sources,
    pub tree: Tree,
}

/// What a model calls its groups and machines.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// With the number of their machines.
    pub groups: Vec<(Name, usize)>,
    pub machines: HashSet<Name>,
}

/// One machine and its bundle.
#[derive(Clone, Debug)]
pub struct TargetMachine {
    pub name: Name,
    /// Names that it had before, the latest first.
    pub former: Vec<String>,
    pub group: Name,
    /// How many of the group may be changed at the same time.
    pub at_once: u32,
    pub address: IpAddr,
    /// Place of its range among those of the site.
    pub range: u32,
    pub cores: f64,
    /// Bytes.
    pub memory: u64,
    /// Bytes.
    pub disk: u64,
    pub arch: Name,
    pub family: &'static Family,
    pub zone: Option<Name>,
    /// The serial number of its hardware.
    pub serial: Option<Name>,
    /// Its network interfaces; none where the model says nothing of them.
    pub links: Arc<[Link]>,
    /// Its disks beside that of the system.
    pub disks: Arc<[Disk]>,
    pub bundle: Bundle,
}

impl Site {
    /// The site of a model on a target; no field is given where the model does not declare it.
    pub fn new(model: &Model<'_>, target: Target) -> Self {
        let declared = model.targets.iter().find(|declared| *declared.name == *target.name());
        let options = declared.map(|declared| declared.options.clone()).unwrap_or_default();
        let cluster = &model.cluster;
        let named =
            |name: &'static str, list: &[IpNet]| list.iter().map(move |range| (name, *range)).collect::<Vec<_>>();
        Self {
            target,
            ranges: [
                named("pods", &cluster.pods),
                named("services", &cluster.services),
                named("nodes", &cluster.nodes.ranges()),
            ]
            .concat(),
            cluster: cluster.name.clone(),
            domain: cluster.domain.clone(),
            nodes: with_second(&cluster.nodes, second_nodes(&options)),
            names: names(model, &options),
            options,
            sources: model.program.sources.clone(),
            tree: Tree::default(),
        }
    }

    /// The range of the other family that the target adds.
    pub fn second_nodes(&self) -> Option<IpNet> {
        second_nodes(&self.options)
    }

    /// The range that a machine has its address of.
    pub fn range_of(&self, machine: &TargetMachine) -> &NodeRange {
        self.nodes.at(machine.range)
    }

    /// A field of the target as text; an empty one counts as not given.
    pub fn text(&self, field: &str) -> Option<String> {
        self.options.get(field).and_then(Value::scalar_text).filter(|text| !text.is_empty())
    }

    /// A field of the target that is true or false.
    pub fn flag(&self, field: &str) -> Option<bool> {
        match self.options.get(field) {
            Some(Value::Bool(flag)) => Some(*flag),
            _ => None,
        }
    }
}

fn second_nodes(options: &Record) -> Option<IpNet> {
    match options.get("second-nodes") {
        Some(Value::Cidr(range)) => Some(*range),
        _ => None,
    }
}

/// The ranges of a model, with one of the other family where there is none.
fn with_second(nodes: &Nodes, range: Option<IpNet>) -> Nodes {
    let mut nodes = nodes.clone();
    let first = nodes.iter_mut().next().filter(|first| first.second.is_none());
    if let (Some(first), Some(range)) = (first, range) {
        first.second = Some(Second { range, gateway: same_place(first.range, first.gateway, range) });
    }
    nodes
}

/// Ten thousand names are kept only where they are read.
fn names(model: &Model<'_>, options: &Record) -> Names {
    if options.get("hosts").is_none() {
        return Names::default();
    }
    Names {
        groups: model.groups.iter().map(|group| (group.name.clone(), group.machines.len())).collect(),
        machines: model.machines.iter().map(|machine| machine.name.clone()).collect(),
    }
}

impl TargetMachine {
    /// A machine of a model with what was rendered for it.
    pub fn new(model: &Model<'_>, id: MachineId, bundle: Bundle) -> Self {
        let (machine, group) = (model.machine(id), model.group_of(id));
        Self {
            name: machine.name.clone(),
            former: model.former.machine(&machine.name),
            group: group.name.clone(),
            at_once: group.at_once,
            address: machine.address,
            range: machine.range,
            cores: group.cores,
            memory: group.memory,
            disk: group.disk,
            arch: group.arch.clone(),
            family: model.family_of(id),
            zone: machine.zone.clone(),
            serial: machine.serial.clone(),
            links: Arc::clone(&machine.links),
            disks: Arc::clone(&machine.disks),
            bundle,
        }
    }
}
