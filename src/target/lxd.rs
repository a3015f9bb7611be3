//! LXD, or Incus: each machine is a system container.
//!
//! Out: what there should be ([`Desired`]), for `apply`; and as files, for those who look or have tools of their own: for
//! each machine what cloud-init reads and the same files as a tree; profiles, network, storage and instances as YAML. Secret
//! files are brought into the running container and never stand in its configuration, where everyone who may see the
//! container could read them.

use crate::model::Value;
use crate::render::bundle::Format;
use crate::render::format;
use crate::render::origin::{Origin, What};
use crate::target::{OutputFile, Site, TargetMachine, TargetProblem, cloud_config, in_tree, text};

mod desired;
mod instance;
mod name;
mod network;
mod options;
mod profile;

pub use desired::{Definition, Desired, Instance, StartedUnit, desired};
pub use name::bridge;
pub use network::DRIVER;
pub use options::{Options, is_url};

/// The interface of a container, as its nic device names it.
const INTERFACE: &str = "eth0";

/// All files of the output folder that are LXD's. Machines keep their order.
///
/// # Errors
/// As [`desired`].
pub fn files(site: &Site, machines: &[TargetMachine]) -> Result<Vec<OutputFile>, Vec<TargetProblem>> {
    let desired = desired(site, machines)?;
    let mut list = Vec::new();
    for (machine, instance) in machines.iter().zip(&desired.machines) {
        list.extend(machine_files(site, machine, instance));
        list.push(instance::file(instance));
    }
    list.extend(desired.profiles.iter().map(|profile| profile::file(&site.cluster, profile)));
    list.extend([network::network_file(&desired.network), network::pool_file(&desired.pool)]);
    Ok(list)
}

/// `machines/NAME/`: cloud-init's three files, and the tree.
fn machine_files(site: &Site, machine: &TargetMachine, instance: &Instance) -> Vec<OutputFile> {
    let place = |name: &str| format!("machines/{}/{name}", machine.name);
    let origin = What::Machines(machine.group.clone()).into();
    let mut list = vec![
        text(place("user-data"), 0o644, &instance.user_data, &origin),
        text(place("meta-data"), 0o644, cloud_config::meta_data(site, machine), &origin),
        text(place("network-config"), 0o644, &instance.network_config, &origin),
    ];
    list.extend(instance.files.iter().map(|file| in_tree(machine, file.clone())));
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
