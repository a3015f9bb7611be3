//! What there should be on LXD: what `apply` compares with what there is, and what a rendering writes down.

use std::collections::BTreeMap;

use super::options::Options;
use super::profile::Profile;
use super::{INTERFACE, MARK, instance, name, network};
use crate::model::value::Record;
use crate::render::boot::{self, Apart, Delivery, Kernel};
use crate::render::bundle::{BundleFile, Unit};
use crate::render::unit_file;
use crate::syntax::ast::Name;
use crate::target::problem::of_bundle;
use crate::target::{Problem, Site, TargetMachine, cloud_config};

/// A cluster as LXD should have it.
#[derive(Clone, Debug)]
pub struct Desired {
    pub cluster: Name,
    pub options: Options,
    pub pool: Definition,
    pub network: Definition,
    /// All ranges of the cluster, with their names.
    pub ranges: Vec<(&'static str, ipnet::IpNet)>,
    /// Each once, sorted by name.
    pub profiles: Vec<Definition>,
    /// In the order of the model.
    pub machines: Vec<Instance>,
    /// Whether any machine runs pods.
    pub runs_pods: bool,
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

/// A machine.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its size, disk and interface.
    pub definition: Definition,
    pub profile: String,
    pub group: Name,
    /// Names that it had before, the latest first.
    pub former: Vec<String>,
    pub user_data: String,
    pub network_config: String,
    /// Every file of it, those that come apart from the user-data included.
    pub files: Vec<BundleFile>,
    /// The units that it starts, in the order in which they start.
    pub units: Vec<StartedUnit>,
}

/// A unit that a machine starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartedUnit {
    pub name: Name,
    /// Its own file, or its drop-in.
    pub file: String,
    /// What it reads: its change restarts the unit, as that of its own file does.
    pub watches: Vec<Name>,
}

/// Describes a cluster for LXD.
///
/// # Errors
/// Every problem of the options, of names that LXD does not take, and of machines whose files cannot be written.
pub fn desired(site: &Site, machines: &[TargetMachine]) -> Result<Desired, Vec<Problem>> {
    let options = Options::read(site)?;
    let (mut instances, mut profiles, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for described in machines.iter().map(|one| machine(site, one, &options)) {
        match described {
            Ok((instance, profile)) => {
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
    Ok(Desired {
        cluster: site.cluster.clone(),
        pool: network::pool(site, &options),
        network: network::network(site, &options),
        ranges: site.ranges.clone(),
        runs_pods: profiles.values().any(Profile::runs_pods),
        profiles: profiles.values().map(|profile| profile.definition(&site.cluster)).collect(),
        machines: instances,
        options,
    })
}

/// Each profile once, by its name.
pub(super) fn distinct(profiles: Vec<Profile>) -> BTreeMap<String, Profile> {
    profiles.into_iter().map(|profile| (profile.name.clone(), profile)).collect()
}

/// Describes one machine, and the profile that it shares with others.
///
/// # Errors
/// A name that LXD does not take, and files that cannot be written.
pub(super) fn machine(
    site: &Site,
    machine: &TargetMachine,
    options: &Options,
) -> Result<(Instance, Profile), Vec<Problem>> {
    let profile = Profile::of(&site.cluster, machine, options);
    match (name::problem(machine), instance_of(site, machine, options, &profile.name)) {
        (None, Ok(instance)) => Ok((instance, profile)),
        (wrong, described) => Err(wrong.into_iter().chain(described.err().unwrap_or_default()).collect()),
    }
}

fn instance_of(
    site: &Site,
    machine: &TargetMachine,
    options: &Options,
    profile: &str,
) -> Result<Instance, Vec<Problem>> {
    let mirror = options.mirror.as_deref();
    let family = site.target.family();
    let delivery = Delivery { family, mirror, apart: Apart::Secrets, kernel: Kernel::Shared };
    let files = boot::files(&machine.bundle, delivery, &site.sources).map_err(of_bundle)?;
    let twice = cloud_config::own::twice(site, &files);
    if !twice.is_empty() {
        return Err(twice);
    }
    let started = boot::start_order(&machine.bundle.units).into_iter().filter(|unit| unit_file::is_enabled(unit));
    let units = started.map(|unit| started_unit(unit, &files)).collect();
    Ok(Instance {
        definition: instance::definition(site, machine, options),
        profile: profile.to_owned(),
        group: machine.group.clone(),
        former: machine.former.clone(),
        user_data: cloud_config::user_data(site, machine, &files, Apart::Secrets),
        network_config: cloud_config::network_config(site, machine, INTERFACE),
        units,
        files,
    })
}

/// As the boot sees it: it reads what a unit watches from its plan.
fn started_unit(unit: &Unit, files: &[BundleFile]) -> StartedUnit {
    let plan = files.iter().find(|file| file.path == boot::PLAN).map_or(&[][..], |file| &file.content);
    let start = format!("watch|{}|", unit.name);
    let text = String::from_utf8_lossy(plan);
    let watches = text.lines().filter_map(|line| line.strip_prefix(&start)).map(Name::from).collect();
    StartedUnit { name: unit.name.clone(), file: unit_file::unit_path(unit), watches }
}

impl Desired {
    /// The machine of this name.
    pub fn machine(&self, name: &str) -> Option<&Instance> {
        self.machines.iter().find(|machine| machine.name() == name)
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
