//! Volumes of data: made before their machine, kept when it is made anew, removed with it.

use crate::apply::change::{Change, Step, Turn, VolumeChange};
use crate::apply::error::ApplyError;
use crate::target::lxd::{DEVICE, Instance, MARK, Resources, Volume};

use super::client::Client;
use super::current::{Current, Resource};
use super::machine::stop;

/// The volume that there is of one of a machine, under this name or one that it had before.
fn find<'a>(
    current: &'a Current,
    machine: &Instance,
    volume: &Volume,
    cluster: &str,
) -> Result<Option<&'a Resource>, ApplyError> {
    let mut names = [&volume.name].into_iter().cloned().chain(former_names(machine, volume));
    let Some(found) = names.find_map(|name| current.volumes.iter().find(|known| known.name == name)) else {
        return Ok(None);
    };
    if found.is_of(cluster) {
        return Ok(Some(found));
    }
    Err(ApplyError::new(format!("the storage volume `{}` does not belong to the cluster `{cluster}`", found.name))
        .help("rename or remove it, or use another pool: `target lxd { pool = \"...\" }`"))
}

/// The names that a volume had with those of its machine.
fn former_names<'a>(machine: &'a Instance, volume: &'a Volume) -> impl Iterator<Item = String> + 'a {
    machine.former.iter().map(|former| format!("{former}_{}", volume.disk))
}

/// What has to change of the volumes of a machine that is there.
///
/// # Errors
/// A volume that belongs to another cluster, and one that would become smaller.
pub(super) fn steps(
    resources: &Resources,
    current: &Current,
    (machine, there): (&Instance, &Resource),
) -> Result<Vec<Step>, ApplyError> {
    let mut steps = Vec::new();
    for volume in &machine.volumes {
        let found = find(current, machine, volume, &resources.cluster)?;
        let changes = changes(volume, found, there.devices.get(&volume.device()))?;
        steps.extend(changes.into_iter().map(|change| step(&volume.name, change)));
    }
    steps.extend(surplus(machine, there).map(|(_, source)| step(source, VolumeChange::Remove)));
    Ok(steps)
}

fn step(name: &str, change: VolumeChange) -> Step {
    Step::Volume { name: name.to_owned(), change }
}

/// Whether the machine is stopped for a step.
pub(super) fn stops(step: &Step) -> bool {
    matches!(step, Step::Volume { change, .. } if !matches!(change, VolumeChange::Resize { .. }))
}

type Device = std::collections::BTreeMap<String, String>;

fn changes(
    volume: &Volume,
    found: Option<&Resource>,
    device: Option<&Device>,
) -> Result<Vec<VolumeChange>, ApplyError> {
    let mut changes = Vec::new();
    let renamed = found.filter(|found| found.name != volume.name);
    changes.extend(renamed.map(|found| VolumeChange::Rename { from: found.name.clone() }));
    changes.extend(found.map_or(Ok(None), |found| resize(volume, found))?);
    let path = device.and_then(|device| device.get("path"));
    match path {
        None if found.is_none() => {
            changes.push(VolumeChange::Add { size: volume.size.clone(), place: volume.mount.to_string() });
        }
        None if renamed.is_none() => changes.push(VolumeChange::Attach { place: volume.mount.to_string() }),
        Some(path) if *path != *volume.mount => {
            changes.push(VolumeChange::Move { from: path.clone(), to: volume.mount.to_string() });
        }
        _ => {}
    }
    Ok(changes)
}

/// A volume grows; nothing says how much of one is used, so none shrinks.
fn resize(volume: &Volume, found: &Resource) -> Result<Option<VolumeChange>, ApplyError> {
    let Some(to) = volume.size.clone() else { return Ok(None) };
    let from = found.config.get("size").filter(|size| !size.is_empty());
    let (old, new) = (from.and_then(|size| bytes(size)), bytes(&to));
    if old == new {
        return Ok(None);
    }
    if let (Some(from), true) = (from, old > new) {
        let message = format!(
            "the storage volume `{}` has {from}, and the model says {to}: it cannot be made smaller",
            found.name
        );
        let help = "set its size in the model, or give the disk another name: a new volume takes its place";
        return Err(ApplyError::new(message).help(help));
    }
    Ok(Some(VolumeChange::Resize { from: from.cloned(), to }))
}

/// The bytes of a size as LXD writes it (`lxd/shared/units`: powers of 1000, and of 1024 with an `i`).
fn bytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..end].parse().ok()?;
    let unit = text[end..].trim().trim_end_matches('B');
    let (base, letters) = if unit.ends_with('i') { (1024_u64, unit.trim_end_matches('i')) } else { (1000, unit) };
    let power = ["", "k", "m", "g", "t", "p", "e"].iter().position(|known| letters.eq_ignore_ascii_case(known))?;
    number.checked_mul(base.checked_pow(u32::try_from(power).ok()?)?)
}

/// The devices of volumes that a machine has and should not have, with the names of these.
fn surplus<'a>(machine: &'a Instance, there: &'a Resource) -> impl Iterator<Item = (&'a str, &'a str)> {
    let is_wanted = |device: &str| machine.volumes.iter().any(|volume| volume.device() == device);
    attached(there).filter(move |(device, _)| !is_wanted(device))
}

/// The devices of volumes that a machine has, with the names of these.
fn attached(there: &Resource) -> impl Iterator<Item = (&str, &str)> {
    let ours = there.devices.iter().filter(|(device, _)| device.starts_with(DEVICE));
    ours.filter_map(|(device, fields)| Some((device.as_str(), fields.get("source")?.as_str())))
}

/// The volumes of the cluster that are neither attached nor wanted: what an interrupted run has left.
pub(super) fn orphans(resources: &Resources, current: &Current) -> Vec<Change> {
    let is_attached = |name: &str| current.machines.iter().any(|one| attached(one).any(|(_, source)| source == name));
    let is_wanted = |name: &str| {
        let mut all = resources.instances.iter().flat_map(|one| one.volumes.iter().map(move |volume| (one, volume)));
        all.any(|(one, volume)| volume.name == name || former_names(one, volume).any(|former| former == name))
    };
    let left =
        current.volumes_of(&resources.cluster).filter(|volume| !is_attached(&volume.name) && !is_wanted(&volume.name));
    let delete = |volume: &Resource| Change {
        name: volume.name.clone(),
        turn: Turn::Together,
        until: None,
        steps: vec![Step::Delete],
    };
    left.map(delete).collect()
}

/// For people: what the creation of a machine does with its volumes.
///
/// # Errors
/// As [`steps`].
pub(super) fn shown(resources: &Resources, current: &Current, machine: &Instance) -> Result<String, ApplyError> {
    let mut text = String::new();
    for volume in &machine.volumes {
        let size = volume.size.as_deref().map(|size| format!(" ({size})")).unwrap_or_default();
        text += &match find(current, machine, volume, &resources.cluster)? {
            None => format!(", new volume {}{size}", volume.name),
            Some(found) => {
                resize(volume, found)?;
                format!(", volume {} with the data that it has", found.name)
            }
        };
    }
    Ok(text)
}

/// Makes the volumes of a machine that is about to be created.
///
/// # Errors
/// An error of the client.
pub(super) fn prepare(
    client: &Client,
    (resources, current): (&Resources, &Current),
    machine: &Instance,
) -> Result<(), ApplyError> {
    let server = Server { client, resources, current };
    machine.volumes.iter().try_for_each(|volume| match find(current, machine, volume, &resources.cluster)? {
        None => server.create(volume),
        Some(found) => {
            server.rename(&found.name, &volume.name)?;
            match resize(volume, found)? {
                Some(VolumeChange::Resize { to, .. }) => server.resize(&volume.name, &to),
                _ => Ok(()),
            }
        }
    })
}

/// Makes a change of a volume of a machine that is there. A machine that runs is stopped where that is needed, and started by a later
/// step.
///
/// # Errors
/// An error of the client.
pub(super) fn change(
    client: &Client,
    (resources, current): (&Resources, &Current),
    machine: &Instance,
    (name, change): (&str, &VolumeChange),
) -> Result<(), ApplyError> {
    let server = Server { client, resources, current };
    let volume = machine.volumes.iter().find(|volume| volume.name == name);
    match (change, volume) {
        (VolumeChange::Resize { to, .. }, _) => return server.resize(name, to),
        _ => stop(client, machine.name())?,
    }
    match (change, volume) {
        (VolumeChange::Add { .. }, Some(volume)) => {
            server.create(volume)?;
            server.attach(machine, volume)
        }
        (VolumeChange::Attach { .. }, Some(volume)) => server.attach(machine, volume),
        (VolumeChange::Move { to, .. }, Some(volume)) => server.set(machine, &volume.device(), ("path", to)),
        (VolumeChange::Rename { from }, Some(volume)) => {
            server.detach(machine, from)?;
            server.rename(from, &volume.name)?;
            server.attach(machine, volume)
        }
        (VolumeChange::Remove, _) => {
            server.detach(machine, name)?;
            remove(client, &resources.options.pool, name)
        }
        _ => Ok(()),
    }
}

/// The volumes of a machine that leaves.
pub(super) fn of_machine(current: &Current, machine: &str, cluster: &str) -> Vec<String> {
    let own = |volume: &&Resource| volume.name.split_once('_').is_some_and(|(name, _)| name == machine);
    current.volumes_of(cluster).filter(own).map(|volume| volume.name.clone()).collect()
}

/// Removes a volume with its data.
///
/// # Errors
/// An error of the client.
pub(super) fn remove(client: &Client, pool: &str, name: &str) -> Result<(), ApplyError> {
    let action = format!("remove the storage volume `{name}`");
    client.give(&action, &["storage", "volume", "delete", pool, name], &[]).map(drop)
}

struct Server<'a> {
    client: &'a Client,
    resources: &'a Resources,
    current: &'a Current,
}

impl Server<'_> {
    fn pool(&self) -> &str {
        &self.resources.options.pool
    }

    fn create(&self, volume: &Volume) -> Result<(), ApplyError> {
        let driver = self.current.pool.as_ref().map_or(crate::target::lxd::DRIVER, |pool| &pool.driver);
        let mark = format!("{MARK}={}", self.resources.cluster);
        let pairs = volume.config(driver).into_iter().map(|(key, value)| format!("{key}={value}")).chain([mark]);
        let pairs: Vec<String> = pairs.collect();
        let args = ["storage", "volume", "create", self.pool(), &volume.name].into_iter();
        let args: Vec<&str> = args.chain(pairs.iter().map(String::as_str)).collect();
        self.client.give(&format!("create the storage volume `{}`", volume.name), &args, &[]).map(drop)
    }

    fn resize(&self, name: &str, to: &str) -> Result<(), ApplyError> {
        let action = format!("set the size of the storage volume `{name}`");
        let size = format!("size={to}");
        self.client.give(&action, &["storage", "volume", "set", self.pool(), name, &size], &[]).map(drop)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), ApplyError> {
        if from == to {
            return Ok(());
        }
        let action = format!("rename the storage volume `{from}` to `{to}`");
        self.client.give(&action, &["storage", "volume", "rename", self.pool(), from, to], &[]).map(drop)
    }

    fn attach(&self, machine: &Instance, volume: &Volume) -> Result<(), ApplyError> {
        let (name, device) = (machine.name(), volume.device());
        let fields = volume.fields(self.pool()).into_iter().skip(1).map(|(key, value)| format!("{key}={value}"));
        let fields: Vec<String> = fields.collect();
        let args = ["config", "device", "add", name, &device, "disk"].into_iter();
        let args: Vec<&str> = args.chain(fields.iter().map(String::as_str)).collect();
        self.client.ask(&format!("mount the storage volume `{}` in `{name}`", volume.name), &args).map(drop)
    }

    /// Where a volume is attached to this machine; under its former name, the machine is already renamed.
    fn detach(&self, machine: &Instance, volume: &str) -> Result<(), ApplyError> {
        let names = [machine.name()].into_iter().chain(machine.former.iter().map(String::as_str));
        let there = names.filter_map(|name| self.current.machine(name));
        let devices = there.flat_map(attached).filter(|(_, source)| *source == volume).map(|(device, _)| device);
        let name = machine.name();
        devices.take(1).try_for_each(|device| {
            let action = format!("remove the device `{device}` of `{name}`");
            self.client.ask(&action, &["config", "device", "remove", name, device]).map(drop)
        })
    }

    fn set(&self, machine: &Instance, device: &str, (key, value): (&str, &str)) -> Result<(), ApplyError> {
        let name = machine.name();
        let action = format!("set {key} of the device `{device}` of `{name}`");
        self.client.ask(&action, &["config", "device", "set", name, device, &format!("{key}={value}")]).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_the_server_writes_them() {
        let sizes = ["10GiB", "10737418240B", "10737418240", "10GB", "5 MiB", "1kB", "x", "1XB"].map(bytes);
        let gib = Some(10 << 30);
        assert_eq!(sizes, [gib, gib, gib, Some(10_000_000_000), Some(5 << 20), Some(1000), None, None]);
    }
}
