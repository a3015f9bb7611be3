//! LXD, or Incus: each machine is a system container.
//!
//! Out: what there should be ([`Resources`]), for `apply`; and as files, for those who look or have tools of their own: for
//! each machine what cloud-init reads and the same files as a tree; profiles, network, storage and instances as YAML. Secret
//! files are copied into the running container and are never in its configuration, where everyone who may see the
//! container could read them.

use crate::model::Value;
use crate::render::bundle::Format;
use crate::render::format;
use crate::render::origin::{Origin, What};
use crate::target::{
    Entries, Entry, Given, Machine, Needs, OutputFile, Problem, Roster, Shared, Site, TargetMachine, Writer,
    WrittenMachine, cloud_config, folder, text, tree,
};

mod desired;
mod instance;
mod name;
mod network;
mod options;
mod profile;
mod volume;

pub use desired::{Definition, Instance, Resources, desired};
pub use name::bridge;
pub use network::DRIVER;
pub use options::{Options, is_url};
pub use profile::Profile;
pub use volume::{DEVICE, Volume, volumes};

/// The interface of a container, as its nic device names it.
const INTERFACE: &str = "eth0";

/// What a person does with the output folder.
pub fn next_step(model: &str) -> String {
    format!("kmodel apply {model}")
}

/// Writes the files of the output folder that are LXD's.
pub struct Lxd<'a> {
    site: &'a Site,
    options: Options,
}

impl<'a> Lxd<'a> {
    /// For a site.
    ///
    /// # Errors
    /// Every field that LXD cannot take.
    pub fn new(site: &'a Site) -> Result<Self, Vec<Problem>> {
        Ok(Self { site, options: Options::read(site)? })
    }
}

impl Writer for Lxd<'_> {
    fn machine(&self, machine: &TargetMachine) -> Result<WrittenMachine, Vec<Problem>> {
        let (inner, instance, _) = desired::machine(self.site, machine, &self.options)?;
        let mut list = machine_files(self.site, machine, (&inner, &instance));
        list.push(instance::file(&instance));
        list.sort_by(|a, b| a.path.cmp(&b.path));
        let given = Given { needs: Needs::from(&machine.bundle).into(), ..Given::default() };
        Ok(WrittenMachine { files: list, given, inner })
    }

    fn places(&self, machine: &TargetMachine) -> Vec<String> {
        vec![folder(&machine.name), instance::path(&machine.name)]
    }

    fn entry(&self, given: &Given) -> Entry {
        Entry::Profile(Profile::of(&self.site.cluster, &given.needs, &self.options).into())
    }

    fn shared<'a>(&'a self, entries: &'a Entries, _: &'a dyn Roster) -> Vec<Shared<'a>> {
        let cluster = &self.site.cluster;
        let files = entries.profiles().map(|profile| profile::file(cluster, &profile.definition(cluster)));
        let network = network::network_file(&network::network(self.site, &self.options));
        let files = files.chain([network, network::pool_file(&network::pool(self.site, &self.options))]);
        files.map(Shared::Short).collect()
    }
}

/// `machines/NAME/`: cloud-init's three files, and the tree.
fn machine_files(site: &Site, machine: &TargetMachine, (inner, instance): (&Machine, &Instance)) -> Vec<OutputFile> {
    let place = |name: &str| format!("machines/{}/{name}", machine.name);
    let origin = What::Machines(machine.group.clone()).into();
    let mut list = vec![
        text(place("user-data"), 0o644, &instance.user_data, &origin),
        text(place("meta-data"), 0o644, cloud_config::meta_data(site, machine), &origin),
        text(place("network-config"), 0o644, &instance.network_config, &origin),
    ];
    list.extend(tree(site, machine, &inner.files));
    list
}

fn yaml(comment: &str, value: &Value) -> String {
    let text = format::write(Format::Yaml, value).expect("records of texts are written in every format");
    let comment: String = comment.lines().map(|line| format!("# {line}\n")).collect();
    comment + &text
}

/// Where the target's own files come from.
fn target_origin() -> Origin {
    What::Target("lxd".into()).into()
}

/// What tells our things from others: nothing is changed or removed without it.
pub const MARK: &str = "user.kmodel.cluster";
