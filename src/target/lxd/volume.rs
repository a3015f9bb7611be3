//! The volumes of a container: one for each file system of the machine's `disks`. They are not a part of the container, so they outlive it.
//!
//! Containers take volumes of files only; those of blocks are for virtual machines (documentation.ubuntu.com/lxd, "Content types" of
//! explanation/storage).

use crate::model::Value;
use crate::model::disk::Disk;
use crate::model::value::Record;
use crate::syntax::ast::Name;
use crate::target::TargetMachine;

use super::instance::bytes;

/// A volume, and where its container has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Volume {
    /// In the pool: `db-0_etcd`. Machines have no `_` in their names, so two volumes differ.
    pub name: String,
    /// What the model calls it.
    pub disk: Name,
    /// As LXD takes it, if the model says it.
    pub size: Option<String>,
    /// Where pools have blocks: the file system that is made.
    pub format: Name,
    /// The same: the options of its mount.
    pub options: Vec<Name>,
    /// Where it is mounted.
    pub mount: Name,
}

/// How the devices of volumes begin.
pub const DEVICE: &str = "volume-";

/// The volumes of a machine. A file system that is mounted nowhere is none: a container could not have it.
pub fn volumes(machine: &TargetMachine) -> Vec<Volume> {
    let of_disk = |disk: &Disk| {
        let sizes = sizes(disk);
        let mounted = disk.volumes.iter().zip(sizes).filter(|(volume, _)| !volume.mount.is_empty());
        let each = mounted.map(|(volume, size)| Volume {
            name: name(&machine.name, &volume.name),
            disk: volume.name.clone(),
            size: size.map(bytes),
            format: volume.format.clone(),
            options: volume.options.clone(),
            mount: volume.mount.clone(),
        });
        each.collect::<Vec<_>>()
    };
    machine.disks.iter().flat_map(of_disk).collect()
}

/// The name of a machine's volume.
fn name(machine: &str, disk: &str) -> String {
    format!("{machine}_{disk}")
}

/// The bytes of each file system of a disk, in whole MiB; the last one takes what is left.
fn sizes(disk: &Disk) -> Vec<Option<u64>> {
    let Some(all) = disk.size else { return vec![None; disk.volumes.len()] };
    if !disk.is_parted {
        return vec![Some(all)];
    }
    let share = |share: i64| ((all >> 20) * u64::try_from(share).unwrap_or_default() / 100) << 20;
    let given: u64 = disk.volumes.iter().map(|volume| share(volume.share)).sum();
    let size = |own: i64| if own == 0 { all.saturating_sub(given) } else { share(own) };
    disk.volumes.iter().map(|volume| Some(size(volume.share))).collect()
}

impl Volume {
    /// The name of its device.
    pub fn device(&self) -> String {
        format!("{DEVICE}{}", self.disk)
    }

    /// Its device, as `lxc config device add` takes it.
    pub fn fields<'a>(&'a self, pool: &'a str) -> [(&'static str, &'a str); 4] {
        [("type", "disk"), ("pool", pool), ("source", &self.name), ("path", &self.mount)]
    }

    pub(super) fn record(&self, pool: &str) -> Value {
        Value::record(self.fields(pool).map(|(name, value)| (name, Value::text(value))))
    }

    /// Its configuration in a pool of this driver, without the mark. Pools of files have one file system for all.
    pub fn config(&self, driver: &str) -> Vec<(&'static str, String)> {
        let has_blocks = WITH_BLOCKS.contains(&driver);
        let size = self.size.clone().map(|size| ("size", size));
        let format = has_blocks.then(|| ("block.filesystem", self.format.to_string()));
        let options = (has_blocks && !self.options.is_empty()).then(|| ("block.mount_options", self.options.join(",")));
        size.into_iter().chain(format).chain(options).collect()
    }
}

/// The drivers whose volumes have `block.filesystem` (documentation.ubuntu.com/lxd, reference/storage_lvm and storage_ceph).
const WITH_BLOCKS: [&str; 2] = ["lvm", "ceph"];

/// The devices of some volumes, by their names.
pub(super) fn devices(volumes: &[Volume], pool: &str) -> Record {
    volumes.iter().map(|volume| (volume.device().into(), volume.record(pool))).collect()
}

/// What a person does first who makes a container by hand.
pub(super) fn by_hand(volumes: &[Volume], pool: &str) -> String {
    let create = |volume: &Volume| {
        let size = volume.size.as_ref().map(|size| format!(" size={size}")).unwrap_or_default();
        format!("\nIts volume comes first: lxc storage volume create {pool} {}{size}", volume.name)
    };
    volumes.iter().map(create).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::value::Record;
    use crate::source::Span;

    fn disk(fields: &[(&str, Value)]) -> Disk {
        let fields: Record = fields.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
        Disk::read(&"data".into(), Span::default(), &fields)
    }

    #[test]
    fn partitions_have_their_shares_in_whole_mebibytes() {
        let part = |share: Option<u8>| Value::record(share.map(|share| ("share", Value::Percent(share.into()))));
        let parts = |list: &[(&'static str, Option<u8>)]| {
            Value::record(list.iter().map(|(name, share)| (*name, part(*share))).collect::<Vec<_>>())
        };
        let size = ("size", Value::Size(10 << 30));
        let of = |list| sizes(&disk(&[size.clone(), ("partitions", parts(list))]));
        let mib = |number: u64| Some(number << 20);
        assert_eq!(of(&[("a", Some(30)), ("b", None)]), [mib(3072), mib(7168)]);
        assert_eq!(of(&[("a", Some(33)), ("b", Some(67))]), [mib(3379), mib(6860)]);
        assert_eq!(sizes(&disk(std::slice::from_ref(&size))), [mib(10240)]);
        assert_eq!(sizes(&disk(&[])), [None]);
    }

    #[test]
    fn only_pools_with_blocks_make_file_systems() {
        let volume = Volume {
            name: "db-0_etcd".into(),
            disk: "etcd".into(),
            size: Some("10GiB".into()),
            format: "xfs".into(),
            options: vec!["noatime".into()],
            mount: "/var/lib/etcd".into(),
        };
        let config = |driver| volume.config(driver).into_iter().map(|(key, value)| format!("{key}={value}"));
        assert_eq!(config("dir").collect::<Vec<_>>(), ["size=10GiB"]);
        let with_blocks = ["size=10GiB", "block.filesystem=xfs", "block.mount_options=noatime"];
        assert_eq!(config("lvm").collect::<Vec<_>>(), with_blocks);
    }
}
