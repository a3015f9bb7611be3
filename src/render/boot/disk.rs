//! The disks of a machine: what makes their file systems, units that mount them, and who waits for these.

use crate::facts::family::Package;
use crate::model::disk::{Disk, Volume, mounts};
use crate::render::Problem;
use crate::render::bundle::{Bundle, BundleFile};

use super::plan::{Lines, lines_origin};
use super::{Delivery, own};

/// The files of a machine's disks.
pub(super) fn files(bundle: &Bundle, delivery: Delivery<'_>) -> Vec<BundleFile> {
    let mounts = mounts(delivery.disks);
    if delivery.disks.is_empty() {
        return Vec::new();
    }
    let script = own(&format!("{}/disks", delivery.family.folder), 0o755, include_str!("disks.sh"));
    let units = mounts.iter().map(|(_, volume)| own(&format!("{UNITS}/{}", volume.unit()), 0o644, mount(volume)));
    let places: Vec<&str> = mounts.iter().map(|(_, volume)| &*volume.mount).collect();
    let waits = bundle.units.iter().filter(|_| !places.is_empty()).map(|unit| {
        let text = format!("# Written by kmodel.\n[Unit]\nRequiresMountsFor={}\n", places.join(" "));
        own(&format!("{UNITS}/{}.d/{WAITS}", unit.name), 0o644, text)
    });
    [script].into_iter().chain(units).chain(waits).collect()
}

/// What has `mkfs.xfs`; that of ext4 is a part of every system.
const XFS: &str = "xfsprogs";

/// What reads the name of an NVMe device that a platform attached.
const NVME: &str = "nvme-cli";

/// The part of a unit that waits for disks.
const WAITS: &str = "20-kmodel-disks.conf";

/// Whether a file that the boot writes is there for disks.
pub fn is_of_disks(path: &str) -> bool {
    [".mount", WAITS, "/disks"].iter().any(|end| path.ends_with(end))
}

const UNITS: &str = "/etc/systemd/system";

/// By its label: the names of devices change.
fn mount(volume: &Volume) -> String {
    let options = if volume.options.is_empty() { "defaults".to_owned() } else { volume.options.join(",") };
    format!(
        "# Written by kmodel.\n[Unit]\nDescription={0} at {1}\n\n[Mount]\nWhat=/dev/disk/by-label/{0}\nWhere={1}\nType={2}\n\
         Options={options}\n\n[Install]\nWantedBy=local-fs.target\n",
        volume.name, volume.mount, volume.format
    )
}

/// What the script does, a line for each device and each file system; and the package that makes those of XFS.
pub(super) fn plan(delivery: Delivery<'_>, bundle: &Bundle, lines: &mut Lines) -> Result<(), Problem> {
    let disks = delivery.disks;
    if disks.iter().any(|disk| disk.is_attached) {
        package(NVME, delivery, bundle, lines)?;
    }
    let mut formats = disks.iter().flat_map(|disk| &disk.volumes).map(|volume| &*volume.format);
    if formats.any(|format| format == "xfs") {
        package(XFS, delivery, bundle, lines)?;
    }
    disks.iter().try_for_each(|disk| device(disk, lines))?;
    let volumes =
        disks.iter().flat_map(|disk| (1_u32..).zip(&disk.volumes).map(move |(number, one)| (disk, number, one)));
    let mut volumes: Vec<_> = volumes.collect();
    volumes.sort_by_key(|(.., volume)| volume.mount.matches('/').count());
    volumes.into_iter().try_for_each(|(disk, number, volume)| {
        let number = if disk.is_parted { number.to_string() } else { "0".to_owned() };
        let unit = if volume.mount.is_empty() { String::new() } else { volume.unit() };
        lines.put("volume", &[&disk.device, &number, &volume.format, &volume.name, &unit], &lines_origin())
    })
}

/// A package that the script needs, unless a component asks for it already.
fn package(name: &str, delivery: Delivery<'_>, bundle: &Bundle, lines: &mut Lines) -> Result<(), Problem> {
    let is_asked = bundle.packages.iter().any(|known| **known == *name);
    let is_missing = delivery.family.package(name) == Package::Installed && !is_asked;
    if is_missing { lines.put("package", &[name], &lines_origin()) } else { Ok(()) }
}

/// With the bytes of one that is attached: when that grows, so do its file systems.
fn device(disk: &Disk, lines: &mut Lines) -> Result<(), Problem> {
    let (device, shares) = (&*disk.device, shares(disk));
    match disk.size.filter(|_| disk.is_attached) {
        Some(bytes) => lines.put("disk", &[device, &shares, &bytes.to_string()], &lines_origin()),
        None => lines.put("disk", &[device, &shares], &lines_origin()),
    }
}

/// `30,rest`: the last partition has no end of its own.
fn shares(disk: &Disk) -> String {
    if !disk.is_parted {
        return String::new();
    }
    let whole = disk.volumes.iter().map(|volume| volume.share).sum::<i64>() >= 100;
    let last = disk.volumes.len().saturating_sub(1);
    let each =
        disk.volumes.iter().enumerate().map(|(place, volume)| match place == last && (whole || volume.share == 0) {
            true => "rest".to_owned(),
            false => volume.share.to_string(),
        });
    each.collect::<Vec<_>>().join(",")
}
