//! The operating system of a machine: kernel, package manager, file systems, resolver.
//!
//! Sources: kubernetes/kubernetes CHANGELOG-1.35 (`failCgroupV1`), etcd.io/docs/v3.6/op-guide/hardware (disks), docs.kernel.org
//! filesystems/overlayfs (upper file systems).

use crate::diag::Code;
use crate::facts::family;
use crate::model::host_facts::HostFacts;
use crate::text::List;

use super::{Misfit, Wanted};

pub(super) fn misfits(facts: &HostFacts, wanted: &Wanted) -> Vec<Misfit> {
    let rules = [modules, settings, packages, cgroup, memory_only, resolver, selinux, filter];
    rules.iter().filter_map(|rule| rule(facts, wanted)).collect()
}

/// A container has the kernel of its host: the boot warns there.
fn modules(facts: &HostFacts, wanted: &Wanted) -> Option<Misfit> {
    let missing = wanted.modules.iter().filter(|name| facts.without_modules.contains(&***name));
    let missing: Vec<_> = missing.filter(|_| !facts.container).collect();
    let kernel = facts.kernel.as_deref().unwrap_or("its kernel");
    let what = if missing.len() == 1 { "the kernel module" } else { "the kernel modules" };
    let message = format!("it cannot load {what} {} ({kernel})", List::ticked(&missing));
    let help =
        "install the package with the modules of the kernel that runs, or reboot if the kernel was updated since";
    (!missing.is_empty()).then(|| Misfit::new(Code::HostLacks, message, help))
}

fn settings(facts: &HostFacts, wanted: &Wanted) -> Option<Misfit> {
    let missing = wanted.settings.iter().filter(|name| facts.without_settings.contains(&***name));
    let missing: Vec<_> = missing.filter(|_| !facts.container).collect();
    let message = format!("its kernel does not have {}", List::ticked(&missing));
    let help = "use a kernel that has this setting, or remove the setting from the model";
    (!missing.is_empty()).then(|| Misfit::new(Code::HostLacks, message, help))
}

/// Another package manager than that of the target's systems.
fn packages(facts: &HostFacts, wanted: &Wanted) -> Option<Misfit> {
    let expected = wanted.family.packages.program()?;
    let found = facts.packages.as_deref().filter(|found| *found != expected)?;
    let system = facts.system().unwrap_or_else(|| "this system".to_owned());
    let packages = List::ticked(wanted.packages.iter()).most(4);
    let message = format!("it is {system} with {found}, and {packages} come by {expected}");
    let help = match family::of_manager(found) {
        Some(own) => {
            format!(
                "set `os = \"{}\"` of the machine or in `target ssh`, or use one with {}",
                own.name, wanted.family.title
            )
        }
        None => format!("use a machine with {}", wanted.family.title),
    };
    (!wanted.packages.is_empty()).then(|| Misfit::new(Code::HostDiffers, message, help))
}

fn cgroup(facts: &HostFacts, wanted: &Wanted) -> Option<Misfit> {
    let kubelet = wanted.kubelet.filter(|_| facts.cgroup == Some(1) && !wanted.takes_cgroup_v1)?;
    let help = "boot it with `systemd.unified_cgroup_hierarchy=1`, or use a newer system";
    Some(match kubelet.minor >= 35 {
        true => {
            let message =
                format!("it has control groups of version 1, with which the kubelet of {kubelet} does not start");
            Misfit::new(Code::HostLacks, message, help)
        }
        false => {
            let message = "it has control groups of version 1, with which a kubelet does not start by default from Kubernetes 1.35 on";
            Misfit::new(Code::HostUnwise, message, help)
        }
    })
}

/// Folders of programs on file systems that lose them, or that lie on another machine.
fn memory_only(facts: &HostFacts, wanted: &Wanted) -> Option<Misfit> {
    let kept = |path: &&String| path.starts_with("/var/lib/");
    let bad = |path: &'_ String| {
        let kind = file_system(facts, path)?;
        let why = match kind {
            "tmpfs" | "ramfs" => "which is in memory: it is empty after a reboot",
            kind if kind.starts_with("nfs") || matches!(kind, "cifs" | "smb2" | "smbfs") => {
                "which is on another machine: databases and images need a disk of their own"
            }
            _ => return None,
        };
        Some(format!("`{path}` is on a file system of the kind {kind}, {why}"))
    };
    let message = wanted.folders.iter().filter(kept).find_map(bad)?;
    Some(Misfit::new(Code::HostUnwise, message, "mount a local disk there"))
}

/// That of the longest path above.
fn file_system<'f>(facts: &'f HostFacts, path: &str) -> Option<&'f str> {
    let above =
        |root: &str| path == root || root == "/" || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    let found = facts.file_systems.iter().filter(|(root, _)| above(root)).max_by_key(|(root, _)| root.len());
    found.map(|(_, kind)| kind.as_str())
}

/// Servers on loopback that are not those of systemd-resolved: a DNS server of the cluster there would ask itself.
fn resolver(facts: &HostFacts, wanted: &Wanted) -> Option<Misfit> {
    let servers = &facts.nameservers;
    let is_loop = !servers.is_empty() && servers.iter().all(|server| server.is_loopback());
    let serves = wanted
        .listeners
        .iter()
        .any(|listener| matches!(listener.what, crate::plan::listener::What::Port(port) if port.number == 53));
    let message = format!("it resolves names by {}, where the model has a DNS server of its own", List::of(servers));
    let help = "set servers outside the machine in /etc/resolv.conf";
    (is_loop && serves && !facts.resolved).then(|| Misfit::new(Code::HostUnwise, message, help))
}

/// Containers may be kept from what they mount.
fn selinux(facts: &HostFacts, wanted: &Wanted) -> Option<Misfit> {
    let is_kept = facts.selinux.as_deref() == Some("enforcing") && wanted.kubelet.is_some();
    let message =
        "SELinux is enforcing there, and nothing of the model labels files: pods may be kept from what they mount";
    let help = "set it permissive (`SELINUX=permissive` in /etc/selinux/config, and `setenforce 0`), or install container-selinux and let containerd label (`enable_selinux`)";
    is_kept.then(|| Misfit::new(Code::HostUnwise, message, help))
}

/// A packet filter of the system that knows nothing of the model's ports.
fn filter(facts: &HostFacts, wanted: &Wanted) -> Option<Misfit> {
    let filter =
        facts.firewall.as_deref().filter(|_| wanted.listeners.iter().any(|listener| !listener.bind.is_loopback()))?;
    let message =
        format!("{filter} is at work there, and nothing of the model opens ports in it: relations may be closed");
    let help = format!(
        "disable it (`systemctl disable --now {filter}`) and `deploy firewall on *`, or open the ports of `kmodel plan` in it"
    );
    Some(Misfit::new(Code::HostUnwise, message, help))
}
