//! What there should be on LXD: what `apply` compares with what there is, and what a rendering writes down.

use std::collections::BTreeMap;

use super::options::Options;
use super::profile::Profile;
use super::volume::{Volume, volumes};
use super::{INTERFACE, MARK, instance, name, network};
use crate::model::value::Record;
use crate::render::boot::{self, Apart, Delivery, Kernel};
use crate::syntax::ast::Name;
use crate::target::problem::of_bundle;
use crate::target::{Arrival, Desired, Machine, Needs, Problem, Site, TargetMachine, cloud_config};

/// What a server should have for a cluster.
#[derive(Clone, Debug)]
pub struct Resources {
    pub cluster: Name,
    pub options: Options,
    pub pool: Definition,
    pub network: Definition,
    /// All ranges of the cluster, with their names.
    pub ranges: Vec<(&'static str, ipnet::IpNet)>,
    /// Each once, sorted by name.
    pub profiles: Vec<Definition>,
    /// In the order of the model.
    pub instances: Vec<Instance>,
}

/// A thing of LXD's: a network, a pool, a profile, an instance.
#[derive(Clone, Debug)]
pub struct Definition {
    pub name: String,
    pub description: String,
    /// Texts by their keys, [`MARK`] among them.
    pub config: Record,
    /// Records of texts by their names.
    pub devices: Record,
    /// What it is for, for those who read the file.
    pub comment: String,
}

/// The container of a machine.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its size, disk and interface.
    pub definition: Definition,
    pub profile: String,
    pub group: Name,
    /// Names that it had before, the latest first.
    pub former: Vec<String>,
    /// What it keeps its data on, made before it.
    pub volumes: Vec<Volume>,
    pub user_data: String,
    pub network_config: String,
}

/// Describes a cluster for LXD.
///
/// # Errors
/// Every problem of the options, of names that LXD does not take, and of machines whose files cannot be written.
pub fn desired(site: &Site, machines: &[TargetMachine]) -> Result<(Desired, Resources), Vec<Problem>> {
    let options = Options::read(site)?;
    let (mut inner, mut instances, mut profiles, mut problems) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for described in machines.iter().map(|one| machine(site, one, &options)) {
        match described {
            Ok((machine, instance, profile)) => {
                inner.push(machine);
                instances.push(instance);
                profiles.push(profile);
            }
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let profiles = distinct(profiles);
    let runs_pods = profiles.values().any(Profile::runs_pods);
    let resources = Resources {
        cluster: site.cluster.clone(),
        pool: network::pool(site, &options),
        network: network::network(site, &options),
        ranges: ranges(site),
        profiles: profiles.values().map(|profile| profile.definition(&site.cluster)).collect(),
        instances,
        options,
    };
    Ok((
        Desired { cluster: site.cluster.clone(), machines: inner, runs_pods, hooks: crate::target::Hooks::read(site) },
        resources,
    ))
}

/// All ranges of the cluster, with that of the other family which only the target has.
fn ranges(site: &Site) -> Vec<(&'static str, ipnet::IpNet)> {
    let is_new = |range: &ipnet::IpNet| site.ranges.iter().all(|(_, known)| known != range);
    let second = site.second_nodes().filter(is_new).map(|range| ("second-nodes", range));
    site.ranges.iter().copied().chain(second).collect()
}

/// Each profile once, by its name.
pub(super) fn distinct(profiles: Vec<Profile>) -> BTreeMap<String, Profile> {
    profiles.into_iter().map(|profile| (profile.name.clone(), profile)).collect()
}

/// Describes one machine, its container, and the profile that it shares with others.
///
/// # Errors
/// A name that LXD does not take, and files that cannot be written.
pub(super) fn machine(
    site: &Site,
    machine: &TargetMachine,
    options: &Options,
) -> Result<(Machine, Instance, Profile), Vec<Problem>> {
    let profile = Profile::of(&site.cluster, &Needs::from(&machine.bundle), options);
    match (name::problem(machine), instance_of(site, machine, options, &profile.name)) {
        (None, Ok((machine, instance))) => Ok((machine, instance, profile)),
        (wrong, described) => Err(wrong.into_iter().chain(described.err().unwrap_or_default()).collect()),
    }
}

fn instance_of(
    site: &Site,
    machine: &TargetMachine,
    options: &Options,
    profile: &str,
) -> Result<(Machine, Instance), Vec<Problem>> {
    let mirror = options.mirror.as_deref();
    let family = machine.family;
    let delivery = Delivery { family, mirror, apart: Apart::Secrets, kernel: Kernel::Shared, disks: &[] };
    let files = boot::files(&machine.bundle, delivery, &site.sources).map_err(of_bundle)?;
    let twice = cloud_config::own::twice(site, &files);
    if !twice.is_empty() {
        return Err(twice);
    }
    let volumes = volumes(machine);
    let instance = Instance {
        definition: instance::definition(site, machine, (options, &volumes)),
        profile: profile.to_owned(),
        group: machine.group.clone(),
        former: machine.former.clone(),
        volumes,
        user_data: cloud_config::user_data(site, machine, &files, Apart::Secrets),
        network_config: cloud_config::network_config(site, machine, INTERFACE),
    };
    Ok((Machine::new(machine, files, Arrival::FirstBoot), instance))
}

impl Resources {
    /// The instance of this name.
    pub fn instance(&self, name: &str) -> Option<&Instance> {
        self.instances.iter().find(|instance| instance.name() == name)
    }
}

impl Instance {
    pub fn name(&self) -> &str {
        &self.definition.name
    }
}

impl Definition {
    /// The value of a key of its configuration.
    pub fn text(&self, key: &str) -> Option<String> {
        self.config.get(key).and_then(crate::model::Value::scalar_text)
    }

    /// Whose it is.
    pub fn owner(&self) -> Option<String> {
        self.text(MARK)
    }
}
