//! The disks of machines: devices, partitions, file systems, and what their mounts would hide.

use std::sync::Arc;

use crate::diag::{Code, Diagnostic};
use crate::facts::platform::{PlatformKind, platform};
use crate::model::disk::{Disk, Volume, mounts};
use crate::model::{Machine, Model};
use crate::plan::Proof;
use crate::render::evidence::Sample;
use crate::source::SourceKind;
use crate::text::Count;
use crate::verify::Evidence;

/// One machine of each group with the same disks, of those that have any.
pub(in crate::verify) fn kinds<'m>(model: &'m Model<'_>) -> Vec<&'m Machine> {
    let mut kinds: Vec<&Machine> = Vec::new();
    for machine in model.machines.iter().filter(|machine| !machine.disks.is_empty()) {
        if !kinds.last().is_some_and(|other| Arc::ptr_eq(&other.disks, &machine.disks)) {
            kinds.push(machine);
        }
    }
    kinds
}

/// Looks at the disks of every machine.
pub(super) fn verify(evidence: &Evidence<'_, '_>, problems: &mut Vec<Diagnostic>) -> Proof {
    let (model, kinds) = (evidence.model, kinds(evidence.model));
    let has_devices = !makes_volumes(model);
    let mut found: Vec<Diagnostic> = kinds.iter().flat_map(|machine| of_machine(machine, has_devices)).collect();
    found.extend(evidence.samples.iter().flat_map(|sample| hidden(model, sample, &kinds)));
    for one in found {
        let same = |known: &Diagnostic| known.labels[0].span == one.labels[0].span && known.message == one.message;
        if !problems.iter().any(same) {
            problems.push(one);
        }
    }
    let count = model.machines.iter().map(|machine| machine.disks.len()).sum();
    let statement = match count {
        0 => String::new(),
        _ => format!("{}: each device once, and no file hidden by a mount", Count(count, "disk")),
    };
    Proof { name: "disks", statement, count }
}

/// A problem of a disk.
fn wrong(disk: &Disk, message: String) -> Diagnostic {
    Diagnostic::new(Code::InvalidDisk, disk.span, message)
}

/// Whether disks are volumes that the target makes, whatever their devices are elsewhere.
fn makes_volumes(model: &Model<'_>) -> bool {
    let platform = model.targets.first().and_then(|target| platform(&target.name));
    platform.is_some_and(|platform| platform.kind == PlatformKind::Lxd)
}

fn of_machine(machine: &Machine, has_devices: bool) -> Vec<Diagnostic> {
    let disks = &machine.disks;
    let is_asked = |disk: &Disk| has_devices || !disk.device.is_empty();
    let device = |disk| device(disk).filter(|_| is_asked(disk));
    let own = disks.iter().flat_map(|disk| device(disk).into_iter().chain(parts(disk)).chain(volumes(disk)));
    own.chain(twice(disks)).collect()
}

fn device(disk: &Disk) -> Option<Diagnostic> {
    let name = &disk.name;
    let is_plain = disk.device.bytes().all(|c| c.is_ascii_graphic() && !b"|\"'`$\\".contains(&c));
    let message = match &*disk.device {
        "" => format!("the disk `{name}` has no `device`"),
        device if !device.starts_with("/dev/") || !is_plain => {
            format!("`{device}` of the disk `{name}` is not a device")
        }
        _ => return None,
    };
    Some(wrong(disk, message).help("use the name that stays: one of `ls -l /dev/disk/by-id`"))
}

fn parts(disk: &Disk) -> Vec<Diagnostic> {
    let name = &disk.name;
    if disk.is_both {
        let message = format!("the disk `{name}` has partitions, so it has no file system itself");
        return vec![wrong(disk, message).help("move `format`, `mount` and `options` into its partitions")];
    }
    if disk.volumes.is_empty() {
        let message = format!("the disk `{name}` has an empty list of partitions");
        return vec![wrong(disk, message).help("remove `partitions`: the disk is one file system then")];
    }
    let before = disk.volumes.iter().rev().skip(1).filter(|volume| disk.is_parted && volume.share < 1);
    let open = before.map(|volume| {
        let message = format!("the partition `{}` of `{name}` has no `share` of the disk", volume.name);
        wrong(disk, message).help("only the last partition takes what is left: `share = 30%`")
    });
    let sum: i64 = disk.volumes.iter().map(|volume| volume.share).sum();
    let last_is_open = disk.volumes.last().is_some_and(|volume| volume.share == 0);
    let is_full = sum > 100 || sum == 100 && last_is_open && disk.is_parted;
    let full = is_full.then(|| {
        let message = format!("the partitions of `{name}` take {sum}% of it");
        wrong(disk, message)
            .help("give them 100% in all, or leave out the `share` of the last one: it takes what is left")
    });
    open.chain(full).collect()
}

/// Folders that systemd itself mounts, or that hold the system.
const OF_SYSTEM: [&str; 9] = ["/", "/boot", "/dev", "/etc", "/proc", "/run", "/sys", "/usr", "/tmp"];

fn volumes(disk: &Disk) -> Vec<Diagnostic> {
    disk.volumes.iter().flat_map(|volume| label(disk, volume).into_iter().chain(place(disk, volume))).collect()
}

/// A label of XFS has up to 12 bytes (mkfs.xfs(8)), one of ext4 16.
fn label(disk: &Disk, volume: &Volume) -> Option<Diagnostic> {
    let most = if &*volume.format == "xfs" { 12 } else { 16 };
    let is_plain = volume.name.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c));
    let message = format!("`{}` is not a valid label for {}", volume.name.escape_debug(), volume.format);
    let help = format!("the file system is found by this name: use at most {most} letters, digits, `-`, `_` and `.`");
    (!is_plain || !(1..=most).contains(&volume.name.len())).then(|| wrong(disk, message).help(help))
}

fn place(disk: &Disk, volume: &Volume) -> Option<Diagnostic> {
    let place = &*volume.mount;
    if place.is_empty() {
        return None;
    }
    let parts: Vec<&str> = place.split('/').skip(1).collect();
    let is_plain = place.bytes().all(|c| c.is_ascii_graphic() && !b"\"'`$\\%|".contains(&c));
    let whole = is_plain && (place == "/" || parts.iter().all(|part| !["", ".", ".."].contains(part)));
    let message = match OF_SYSTEM.contains(&place) {
        _ if !whole => {
            format!("`{}` of `{}` is not a folder in which a disk can be mounted", place.escape_debug(), volume.name)
        }
        true => format!("`{}` cannot be mounted at `{place}`, which is the system's own", volume.name),
        false => return None,
    };
    Some(wrong(disk, message).help("use a folder such as /var/lib/etcd, without spaces, `..` and a `/` at its end"))
}

/// Devices, labels and places that two have.
fn twice(disks: &[Disk]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (place, disk) in disks.iter().enumerate() {
        if let Some(first) = disks[..place].iter().find(|first| first.device == disk.device && !disk.device.is_empty())
        {
            let message = format!("`{}` and `{}` are both {}", first.name, disk.name, disk.device);
            found.push(wrong(disk, message).label(first.span, "the first one").help("write partitions of one disk"));
        }
    }
    let all: Vec<_> = disks.iter().flat_map(|disk| disk.volumes.iter().map(move |volume| (disk, volume))).collect();
    for (place, (disk, volume)) in all.iter().enumerate() {
        let same = |(_, first): &&(&Disk, &Volume)| {
            first.name == volume.name || first.mount == volume.mount && !volume.mount.is_empty()
        };
        let Some((other, first)) = all[..place].iter().find(same) else { continue };
        let message = match first.name == volume.name {
            true => format!("two file systems are named `{}`", volume.name),
            false => format!("`{}` and `{}` are both mounted at {}", first.name, volume.name, volume.mount),
        };
        let problem = wrong(disk, message);
        let problem = if other.span == disk.span { problem } else { problem.label(other.span, "the first one") };
        found.push(problem.help("give each a name and a place of its own"));
    }
    found
}

/// Files that are written before a file system is mounted over them.
fn hidden(model: &Model<'_>, sample: &Sample<'_>, kinds: &[&Machine]) -> Vec<Diagnostic> {
    let Some(own) = sample.machine.map(|id| model.machine(id)) else { return Vec::new() };
    let alike = kinds.iter().filter(|machine| machine.group == own.group);
    let over = alike.flat_map(|machine| mounts(&machine.disks));
    over.filter_map(|(disk, volume)| {
        let file = sample.bundle.files.iter().find(|file| volume.has(&file.path))?;
        let message = format!("`{}` would be hidden: `{}` is mounted at `{}` over it", file.path, disk.name, volume.mount);
        let sources = &model.program.sources;
        let place = file.origin.span.filter(|span| sources.get(span.source).kind == SourceKind::File);
        let problem = Diagnostic::new(Code::HiddenByMount, disk.span, message);
        let problem = place.into_iter().fold(problem, |problem, span| problem.label(span, "written here"));
        Some(problem.help("files are written before disks are mounted: mount it at a folder that has only data, or write the file elsewhere"))
    })
    .collect()
}
