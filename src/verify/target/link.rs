//! What the platform of the target cannot do with the interfaces and disks of machines.

use crate::diag::{Code, Diagnostic};
use crate::facts::platform::{Platform, PlatformKind, platform};
use crate::model::disk::{Disk, Volume};
use crate::model::link::{ETHERNET_MTU, Link};
use crate::model::{Machine, Model, Target};
use crate::text::{Count, List};
use crate::verify::hosts::disk;
use crate::verify::network::kinds;
use crate::verify::{Evidence, Verdict};

/// The platform can make the interfaces of all machines.
pub fn links(evidence: &Evidence<'_, '_>) -> Verdict {
    let model = evidence.model;
    let known = model.targets.first().and_then(|target| Some((target, platform(&target.name)?)));
    let Some((target, platform)) = known else { return Verdict::default() };
    let disks = disk::kinds(model).into_iter().filter(|_| platform.kind == PlatformKind::Lxd).flat_map(not_mounted);
    let found = kinds(model).into_iter().flat_map(|machine| of_machine(platform, machine)).chain(disks);
    let found: Vec<Diagnostic> = found.map(|problem| at_target(model, target, problem)).collect();
    found.into()
}

fn at_target(_: &Model<'_>, target: &Target, problem: Diagnostic) -> Diagnostic {
    if target.span == crate::source::Span::default() { problem } else { problem.label(target.span, "the target") }
}

fn of_machine(platform: &Platform, machine: &Machine) -> Vec<Diagnostic> {
    match platform.kind {
        // They are there, and are not changed.
        PlatformKind::Ssh => Vec::new(),
        PlatformKind::Cloud if platform.seed => Vec::new(),
        PlatformKind::Cloud | PlatformKind::Ignition => vec![is_given(platform, machine)],
        PlatformKind::Lxd => of_container(machine),
    }
}

fn is_given(platform: &Platform, machine: &Machine) -> Diagnostic {
    let message = format!(
        "the interfaces of `{}` cannot be set up: for {} kmodel writes no configuration of the network",
        machine.name, platform.title
    );
    Diagnostic::new(Code::TargetLacks, machine.links[0].span, message)
        .help("remove `interfaces`, since the platform sets up the network of its machines; or use `target nocloud`")
}

/// The host has the devices: a container has a folder of each, and nothing of one that is mounted nowhere.
fn not_mounted(machine: &Machine) -> Vec<Diagnostic> {
    let volumes = machine.disks.iter().flat_map(|disk| disk.volumes.iter().map(move |volume| (disk, volume)));
    let bare = volumes.filter(|(_, volume)| volume.mount.is_empty());
    let problem = |(disk, volume): (&Disk, &Volume)| {
        let message =
            format!("`{}` of `{}` is mounted nowhere, and a container has no device of it", volume.name, machine.name);
        Diagnostic::new(Code::TargetLacks, disk.span, message)
            .help("set `mount`, or other disks in an overlay for LXD: `set GROUP.disks = {}`")
    };
    bare.map(problem).collect()
}

/// A container has one interface, on the bridge of the cluster.
fn of_container(machine: &Machine) -> Vec<Diagnostic> {
    let ports: Vec<&Link> = machine.links.iter().filter(|link| link.is_physical()).collect();
    let bonds = machine.links.iter().filter(|link| !link.members().is_empty());
    let large = machine.links.iter().filter(|link| link.mtu.is_some_and(|mtu| mtu > ETHERNET_MTU));
    let several = ports.get(1).map(|second| {
        let names = List::ticked(ports.iter().map(|link| &*link.name));
        let count = Count(ports.len(), "port");
        lacks(second, format!("`{}` has {count}, but a container has one: {names}", machine.name))
    });
    let bonds = bonds.map(|bond| lacks(bond, format!("`{}` cannot be a bond in a container", bond.name)));
    let large = large.map(|link| {
        let mtu = link.mtu.unwrap_or_default();
        let message = format!(
            "`{}` of `{}` has an MTU of {mtu}, but the bridge of the containers has {ETHERNET_MTU}",
            link.name, machine.name
        );
        lacks(link, message)
    });
    several.into_iter().chain(bonds).chain(large).collect()
}

fn lacks(link: &Link, message: String) -> Diagnostic {
    Diagnostic::new(Code::TargetLacks, link.span, message)
        .help("set other interfaces in an overlay for LXD: `set GROUP.interfaces = { eth0 = {} }`")
}
