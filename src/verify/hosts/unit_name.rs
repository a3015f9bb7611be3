//! Names in `after`, `wants`, `requires` and the like that are nearly those of systemd's own targets or of units of the machine:
//! systemd ignores an order after a unit that does not exist, and says nothing.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Help, closest};
use crate::model::Model;
use crate::render::evidence::{Part, Sample, Service, Written};
use crate::verify::document::systemd;
use crate::verify::locate;

use super::path::is_slip;

/// What is wrong with the names that the units of one machine name.
pub(super) fn verify(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let known: HashSet<&str> = sample.services.iter().map(|service| &*service.name).collect();
    sample.services.iter().flat_map(|service| of_service(model, service, &known)).collect()
}

fn of_service(model: &Model<'_>, service: &Service<'_>, known: &HashSet<&str>) -> Vec<Diagnostic> {
    let mut list = Vec::new();
    for section in ["Unit", "Install"] {
        for key in systemd::keys_of_units() {
            for (part, value, written) in service.values(section, key) {
                let names = value.split_ascii_whitespace();
                let wrong = names.filter_map(|name| Some((name, meant(name, known)?)));
                list.extend(wrong.map(|slip| problem(model, (service, key), slip, (part, written))));
            }
        }
    }
    list
}

/// Services that packages and images bring, by which others are ordered.
const SERVICES: [&str; 27] = [
    "NetworkManager.service",
    "apparmor.service",
    "auditd.service",
    "chrony.service",
    "cloud-final.service",
    "cloud-init.service",
    "containerd.service",
    "crio.service",
    "cron.service",
    "dbus.service",
    "dnsmasq.service",
    "docker.service",
    "etcd.service",
    "firewalld.service",
    "haproxy.service",
    "iscsid.service",
    "keepalived.service",
    "kubelet.service",
    "multipathd.service",
    "nftables.service",
    "nginx.service",
    "rpcbind.service",
    "rsyslog.service",
    "ssh.service",
    "systemd-networkd.service",
    "systemd-resolved.service",
    "systemd-timesyncd.service",
];

/// The unit that was meant by one that is not there.
fn meant<'a>(name: &str, known: &HashSet<&'a str>) -> Option<&'a str> {
    let is_there = known.contains(name) || systemd::targets().any(|target| target == name);
    if is_there || name.contains(['@', '%']) {
        return None;
    }
    if name.ends_with(".target") {
        return closest(name, systemd::targets().filter(|target| is_slip(name, target)));
    }
    if SERVICES.contains(&name) {
        return None;
    }
    let mut near: Vec<&str> = known.iter().copied().chain(SERVICES).filter(|other| is_slip(name, other)).collect();
    near.sort_unstable();
    near.first().copied()
}

fn problem(
    model: &Model<'_>,
    (service, key): (&Service<'_>, &str),
    (name, near): (&str, &str),
    (part, written): (&Part<'_>, &Written<'_>),
) -> Diagnostic {
    let span = locate::word::span(model, part.owner, written);
    let message = format!("unit `{}`: `{key}` names `{name}`, which does not exist", service.name);
    Diagnostic::new(Code::InvalidUnit, span, message).help(Help::near(near))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_another_unit() {
        let known = HashSet::from(["kubelet.service", "etcd-join.service"]);
        for (name, wanted) in [
            ("netwok-online.target", "network-online.target"),
            ("network-onlin.target", "network-online.target"),
            ("multiuser.target", "multi-user.target"),
            ("kubelt.service", "kubelet.service"),
            ("dockr.service", "docker.service"),
            ("systemd-resolvd.service", "systemd-resolved.service"),
        ] {
            assert_eq!(meant(name, &known), Some(wanted), "{name}");
        }
        for name in [
            "network.target",
            "own.target",
            "kubelet.service",
            "kubelet2.service",
            "kubeletd.service",
            "a@b.service",
            "cloud-init.target",
        ] {
            assert_eq!(meant(name, &known), None, "{name}");
        }
        let all: Vec<&str> = systemd::targets().collect();
        all.iter().for_each(|target| assert_eq!(meant(target, &known), None, "{target}"));
    }
}
