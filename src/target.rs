//! Targets: how one platform receives bundles, and what its limits are.
//!
//! In: a site and its machines with their bundles. Out: files for the output folder, those of each machine as soon as it is
//! there, then those that all share.
//!
//! A [`Target`] is a row of `tables/user-data.toml`; its [`PlatformKind`] says what writes its files. Each kind has a folder here
//! with its options and its [`Writer`], and an arm in each `match` of this file, which the compiler asks for. Its fields and
//! what its machines lack are rows of `tables/targets.toml`, since the checker reads them too.

use std::borrow::Borrow;
use std::fmt;

use crate::check::schema::{self, Schema};
use crate::diag::closest;
use crate::facts::platform::{Platform, PlatformKind, platform, platforms};
use crate::facts::target::{TargetRule, owns_sysctl, rules};
use crate::model;

pub mod cloud;
pub mod cloud_config;
mod desired;
pub mod ignition;
pub mod lxd;
mod output;
mod problem;
mod site;
pub mod ssh;
mod system;

pub use desired::{Arrival, Desired, Hooks, Machine, StartedUnit};
pub use output::{
    Content, Entries, Entry, Given, Needs, OutputFile, Roster, Shared, Tree, UserDataSize, Writer, WrittenMachine,
    folder,
};
pub use problem::Problem;
pub use site::{Names, Site, TargetMachine};

use output::{drive, text, tree};

/// A platform that kmodel writes files for.
#[derive(Clone, Copy)]
pub struct Target {
    platform: &'static Platform,
}

/// What makes the machines of a cluster and how they are reached.
#[derive(Clone, Debug)]
pub enum Reach {
    /// A server of LXD or Incus makes them, and its client enters them.
    Lxd(Box<lxd::Resources>),
    /// They exist, and OpenSSH enters them.
    Ssh(Box<ssh::Hosts>),
    /// Terraform makes them on a cloud, and OpenSSH enters them.
    Terraform(Box<cloud::Made>),
}

/// A name that no target has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownTarget {
    pub name: String,
    /// The target that was probably meant.
    pub near: Option<&'static str>,
}

impl Target {
    /// All targets, sorted by name.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        platforms().map(Self::of)
    }

    /// The target of a model that declares none.
    pub fn fallback() -> Self {
        Self::all().find(|target| target.kind() == PlatformKind::Lxd).expect("a test finds LXD in the table")
    }

    /// The target with this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn parse(name: &str) -> Result<Self, UnknownTarget> {
        let unknown = || UnknownTarget { name: name.to_owned(), near: closest(name, Self::all().map(Self::name)) };
        platform(name).map(Self::of).ok_or_else(unknown)
    }

    /// A target as a model declares it.
    ///
    /// # Errors
    /// When there is none of its name.
    pub fn declared(declared: &model::Target) -> Result<Self, UnknownTarget> {
        Self::parse(&declared.name)
    }

    fn of(platform: &'static Platform) -> Self {
        Self { platform }
    }

    pub fn name(self) -> &'static str {
        &self.platform.name
    }

    /// What people call it: `AWS EC2`.
    pub fn title(self) -> &'static str {
        &self.platform.title
    }

    pub fn kind(self) -> PlatformKind {
        self.platform.kind
    }

    /// Whether each of its machines may have an operating system of its own.
    pub fn takes_any_system(self) -> bool {
        match self.kind() {
            PlatformKind::Cloud | PlatformKind::Ssh => true,
            PlatformKind::Lxd | PlatformKind::Ignition => false,
        }
    }

    /// The fields of `target NAME { }`, with their types and docs.
    pub fn schema(self) -> &'static Schema {
        schema::target::of(self.name()).expect("each row of the table has a schema")
    }

    /// What is wrong with the fields of the model's `target NAME { }`.
    pub fn check_options(self, site: &Site) -> Vec<Problem> {
        match self.kind() {
            PlatformKind::Lxd => lxd::Options::read(site).err().unwrap_or_default(),
            PlatformKind::Cloud => cloud::problems(self.platform, site),
            PlatformKind::Ignition => ignition::Options::read(site).err().unwrap_or_default(),
            PlatformKind::Ssh => ssh::Options::read(site).err().unwrap_or_default(),
        }
    }

    /// What limits the user-data of a machine, where that is how all of it arrives.
    pub fn user_data(self) -> Option<&'static Platform> {
        match self.kind() {
            PlatformKind::Lxd | PlatformKind::Ignition | PlatformKind::Ssh => None,
            PlatformKind::Cloud => Some(self.platform),
        }
    }

    /// What its machines cannot do, by the files that would ask for it.
    pub fn lacks(self) -> impl Iterator<Item = &'static TargetRule> {
        rules(self.name())
    }

    /// What of a machine its operating system cannot take; a writer does not ask, since a person may allow it.
    pub fn cannot_take(self, machine: &TargetMachine) -> Vec<Problem> {
        system::problems(machine.family, machine)
    }

    /// Whether a kernel setting is the machine's own, not its host's.
    pub fn owns_sysctl(self, name: &str) -> bool {
        owns_sysctl(self.name(), name)
    }

    /// Whether `kmodel apply`, `status`, `debug` and `destroy` reach its machines, whatever the model deploys. Machines of a cloud are
    /// reached where the model writes what makes them.
    pub fn is_applied(self) -> bool {
        match self.kind() {
            PlatformKind::Lxd | PlatformKind::Ssh => true,
            PlatformKind::Cloud | PlatformKind::Ignition => false,
        }
    }

    /// What a person does with the output folder of this model.
    pub fn next_step(self, model: &str) -> String {
        match self.kind() {
            PlatformKind::Lxd => lxd::next_step(model),
            PlatformKind::Cloud => cloud::NEXT_STEP.to_owned(),
            PlatformKind::Ignition => ignition::NEXT_STEP.to_owned(),
            PlatformKind::Ssh => ssh::next_step(model),
        }
    }

    /// Writes the files of the machines, in their order, without those that they share.
    ///
    /// # Errors
    /// What the target cannot take; what was handed out until then is not all.
    pub fn write<M: Borrow<TargetMachine>>(
        self,
        site: &Site,
        machines: impl IntoIterator<Item = M>,
        emit: &mut dyn FnMut(OutputFile),
    ) -> Result<(), Vec<Problem>> {
        drive(&*self.writer(site)?, machines, emit)
    }

    /// What writes the files of its output, machine by machine.
    ///
    /// # Errors
    /// Every field of the model's `target NAME { }` that it cannot take.
    pub fn writer(self, site: &Site) -> Result<Box<dyn Writer + '_>, Vec<Problem>> {
        Ok(match self.kind() {
            PlatformKind::Lxd => Box::new(lxd::Lxd::new(site)?),
            PlatformKind::Cloud => Box::new(cloud::Cloud::new(self.platform, site)?),
            PlatformKind::Ignition => Box::new(ignition::Ignition::new(self.platform, site)?),
            PlatformKind::Ssh => Box::new(ssh::Ssh::new(site)?),
        })
    }

    /// What there should be, for `kmodel apply`; `None` where it does not reach the machines. `outputs` are the files that components
    /// write into the output themselves.
    ///
    /// # Errors
    /// As [`Target::write`].
    pub fn desired(
        self,
        site: &Site,
        machines: &[TargetMachine],
        outputs: Vec<OutputFile>,
    ) -> Result<Option<(Desired, Reach)>, Vec<Problem>> {
        Ok(match self.kind() {
            PlatformKind::Lxd => {
                lxd::desired(site, machines).map(|(desired, own)| Some((desired, Reach::Lxd(Box::new(own)))))?
            }
            PlatformKind::Ssh => {
                ssh::desired(site, machines).map(|(desired, own)| Some((desired, Reach::Ssh(Box::new(own)))))?
            }
            PlatformKind::Cloud => cloud::desired(self.platform, site, (machines, outputs))?
                .map(|(desired, made)| (desired, Reach::Terraform(Box::new(made)))),
            PlatformKind::Ignition => None,
        })
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.name())
    }
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Target {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_a_target_that_is_found_by_its_name() {
        for target in Target::all() {
            assert_eq!(Target::parse(target.name()), Ok(target));
            assert_eq!(target.schema().name, format!("target {}", target.name()));
            assert!(!target.next_step("cluster.km").is_empty());
        }
        assert_eq!(Target::fallback().name(), "lxd");
    }

    #[test]
    fn a_wrong_name_knows_its_neighbour() {
        let near = |name| Target::parse(name).unwrap_err().near;
        assert_eq!((near("lxdd"), near("nocluod"), near("mainframe")), (Some("lxd"), Some("nocloud"), None));
    }
}
