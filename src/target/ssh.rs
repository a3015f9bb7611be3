//! SSH: machines that exist, reached by the user's own OpenSSH client.
//!
//! Their network stays as it is; where the model says what it is, the output has it for comparison.
//!
//! Out: for `apply`, where each machine is and who logs in ([`Host`]); and as files, for those who look or have tools of
//! their own: for each machine the archive that `apply` would bring, the same files as a tree, and what an OpenSSH client
//! needs to reach it (`ssh_config`, `known_hosts`).

use std::net::IpAddr;

use crate::render::boot::{self, Apart, Delivery, Kernel};
use crate::render::bundle::BundleFile;
use crate::render::origin::What;
use crate::syntax::ast::Name;
use crate::target::cloud::archive;
use crate::target::problem::of_bundle;
use crate::target::{
    Arrival, Desired, Entries, Entry, Given, Hooks, Machine, OutputFile, Problem, Roster, Shared, Site, TargetMachine,
    Writer, WrittenMachine, cloud_config, text, tree,
};

mod config;
mod host;
mod options;

pub use config::known_host;
pub use host::{Become, Host, HostKeys, Hosts};
pub use options::Options;

/// What a person does with the output folder.
pub fn next_step(model: &str) -> String {
    format!("kmodel apply {model}")
}

/// Writes the files of the output folder for machines that exist.
pub struct Ssh<'a> {
    site: &'a Site,
    options: Options,
}

impl<'a> Ssh<'a> {
    /// For a site.
    ///
    /// # Errors
    /// Every field with a value that OpenSSH could not take.
    pub fn new(site: &'a Site) -> Result<Self, Vec<Problem>> {
        Ok(Self { site, options: Options::read(site)? })
    }
}

impl Writer for Ssh<'_> {
    fn machine(&self, machine: &TargetMachine) -> Result<WrittenMachine, Vec<Problem>> {
        let files = files(self.site, machine, &self.options)?;
        let origin = What::Machines(machine.group.clone()).into();
        let path = format!("machines/{}/{}", machine.name, archive::NAME);
        let archive = text(path, 0o600, archive::archive(&files), &origin);
        let mut list = vec![OutputFile { secret: true, ..archive }];
        list.extend((!machine.links.is_empty()).then(|| {
            let network = cloud_config::network_config(self.site, machine, "");
            text(format!("machines/{}/network-config", machine.name), 0o644, network, &origin)
        }));
        list.extend(tree(self.site, machine, &files));
        list.sort_by(|a, b| a.path.cmp(&b.path));
        let inner = Machine::new(machine, files, Arrival::Brought);
        Ok(WrittenMachine { files: list, given: Given::default(), inner })
    }

    fn entry(&self, _: &Given) -> Entry {
        Entry::Nothing
    }

    fn shared<'a>(&'a self, _: &'a Entries, roster: &'a dyn Roster) -> Vec<Shared<'a>> {
        config::files(&self.options, roster)
    }
}

/// What there should be on the machines, and how each is reached.
///
/// # Errors
/// Every field with a value that OpenSSH could not take, and files that cannot be written.
pub fn desired(site: &Site, machines: &[TargetMachine]) -> Result<(Desired, Hosts), Vec<Problem>> {
    let options = Options::read(site)?;
    let mut problems = Vec::new();
    let mut inner = Vec::new();
    for machine in machines {
        match files(site, machine, &options) {
            Ok(files) => inner.push(Machine::new(machine, files, Arrival::Brought)),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let runs_pods = machines.iter().any(|machine| !machine.bundle.mounts.is_empty());
    let hosts = machines.iter().map(|machine| options.host(machine)).collect();
    let cluster: Name = site.cluster.clone();
    Ok((
        Desired { cluster, machines: inner, runs_pods, hooks: Hooks::read(site) },
        Hosts { machines: hosts, rest: options },
    ))
}

/// How machines are reached, by their names, groups and addresses.
///
/// # Errors
/// Every field with a value that OpenSSH could not take.
pub fn hosts<'a>(
    site: &Site,
    machines: impl Iterator<Item = (&'a str, &'a str, IpAddr)>,
) -> Result<Hosts, Vec<Problem>> {
    let options = Options::read(site)?;
    let machines = machines.map(|(name, group, address)| options.host_at(name, group, &address.to_string())).collect();
    Ok(Hosts { machines, rest: options })
}

/// Every file of a machine, as its boot has it. All are brought, so the boot waits for none.
fn files(site: &Site, machine: &TargetMachine, options: &Options) -> Result<Vec<BundleFile>, Vec<Problem>> {
    let (family, mirror) = (machine.family, options.mirror.as_deref());
    let delivery = Delivery { family, mirror, apart: Apart::Secrets, kernel: Kernel::Own, disks: &machine.disks };
    boot::files(&machine.bundle, delivery, &site.sources).map_err(of_bundle)
}
