//! Whether machines that exist are what the model takes them for, before anything is brought to them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::target::Machine;
use crate::text::about;

/// How many seconds the clock of a machine may differ from ours. Certificates begin a minute or more before they are issued.
const SKEW: u64 = 60;

/// The names that `uname -m` has for architectures.
const ARCHITECTURES: [(&str, &str); 5] =
    [("amd64", "x86_64"), ("arm64", "aarch64"), ("ppc64le", "ppc64le"), ("s390x", "s390x"), ("riscv64", "riscv64")];

/// What a machine says of its hardware and system.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Facts {
    arch: Option<String>,
    cores: Option<u64>,
    /// Bytes.
    memory: Option<u64>,
    /// Bytes of the file system at `/`, free or not.
    disk: Option<u64>,
    /// Its control groups are those of version 1.
    has_cgroup_v1: bool,
    /// Files of another cluster that was there.
    left: Vec<String>,
    addresses: BTreeSet<IpAddr>,
    machine_id: Option<String>,
    /// How many seconds its clock is away from ours.
    skew: Option<u64>,
    /// Programs and parts of the system that kmodel needs there.
    lacks: Vec<String>,
}

impl Facts {
    /// Reads what `hello.sh` prints.
    pub(super) fn read(text: &str) -> Self {
        let mut facts = Self::default();
        for (tag, rest) in text.lines().filter_map(|line| line.split_once(' ')) {
            match tag {
                "arch" => facts.arch = Some(rest.to_owned()),
                "cores" => facts.cores = rest.parse().ok(),
                "memory" => facts.memory = rest.parse::<u64>().ok().map(|kibibytes| kibibytes << 10),
                "disk" => facts.disk = rest.parse::<u64>().ok().map(|kibibytes| kibibytes << 10),
                "cgroup" => facts.has_cgroup_v1 = rest == "v1",
                "left" => facts.left.push(rest.to_owned()),
                "time" => facts.skew = rest.parse().ok().map(away),
                "id" => facts.machine_id = Some(rest.to_owned()).filter(|id| id.len() == 32),
                "address" => facts.addresses.extend(rest.parse::<IpAddr>()),
                "lacks" => facts.lacks.push(rest.to_owned()),
                _ => {}
            }
        }
        facts
    }

    /// Why a machine cannot be the one of the model.
    pub(super) fn misfits(&self, machine: &Machine) -> Vec<String> {
        let lacks = self.lacks.iter().map(|what| format!("it lacks {what}"));
        let address = (!self.addresses.is_empty() && !self.addresses.contains(&machine.address))
            .then(|| format!("none of its interfaces has the address {} of the model", machine.address));
        let expected = ARCHITECTURES.iter().find(|(name, _)| **name == *machine.arch).map(|(_, own)| *own);
        let arch = self.arch.as_deref().filter(|arch| expected.is_some_and(|expected| expected != *arch));
        let arch = arch.map(|arch| format!("it is {arch}, and the model says {}", machine.arch));
        let skew = self.skew.filter(|skew| *skew > SKEW);
        let skew = skew
            .map(|skew| format!("its clock is {skew} s away from this machine's, so certificates would not be valid"));
        lacks.chain(address).chain(arch).chain(skew).collect()
    }

    /// What another cluster has left, if no boot of kmodel is there: it would be overwritten, or run beside this one.
    pub(super) fn left(&self) -> Option<String> {
        let first = self.left.first()?;
        let more = match self.left.len() {
            1 => String::new(),
            more => format!(" and {} more", more - 1),
        };
        Some(format!("another cluster has left files there: {first}{more}"))
    }

    /// What it has less of than the model says. Firmware and kernel keep some memory, and partitions and file systems some of a disk.
    pub(super) fn smaller(&self, machine: &Machine) -> Vec<String> {
        let name = machine.name();
        let cores = self.cores.filter(|cores| (*cores as f64) < machine.cores);
        let cores = cores.map(|cores| format!("{name} has {cores} of the {} cores of the model", machine.cores));
        let memory = self.memory.filter(|memory| *memory < machine.memory / 10 * 9);
        let memory = memory
            .map(|has| format!("{name} has {} of the {} of memory of the model", about(has), about(machine.memory)));
        let disk = self.disk.filter(|disk| *disk < machine.disk / 10 * 8);
        let disk = disk
            .map(|has| format!("{name} has {} at / of the {} of disk of the model", about(has), about(machine.disk)));
        let cgroup = (self.has_cgroup_v1 && machine.runs_pods).then(|| {
            format!("{name} has control groups of version 1, with which a kubelet does not start by default from Kubernetes 1.35 on")
        });
        cores.into_iter().chain(memory).chain(disk).chain(cgroup).collect()
    }
}

fn away(time: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(time, |now| now.as_secs());
    now.abs_diff(time)
}

/// Machines that are clones of each other: two with one machine-id get one name in many networks and logs.
pub(super) fn clones<'a>(all: impl Iterator<Item = (&'a str, &'a Facts)>) -> BTreeMap<&'a str, &'a str> {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut clones = BTreeMap::new();
    for (name, facts) in all {
        let Some(id) = &facts.machine_id else { continue };
        match first.get(id.as_str()) {
            Some(other) => _ = clones.insert(name, *other),
            None => _ = first.insert(id, name),
        }
    }
    clones
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;

    fn facts(text: &str) -> Facts {
        Facts::read(text)
    }

    #[test]
    fn a_machine_that_is_another_is_told_by_each_fact() {
        let machine = sample::machine("cp-0", vec![], vec![]);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let right = format!("arch x86_64\naddress 127.0.0.1\naddress 10.0.0.5\ntime {now}\n");
        assert_eq!(facts(&right).misfits(&machine), [""; 0]);
        assert_eq!(facts("").misfits(&machine), [""; 0], "what it does not say is not known");
        let wrong = |from: &str, to: &str| facts(&right.replace(from, to)).misfits(&machine);
        assert_eq!(wrong("x86_64", "aarch64"), ["it is aarch64, and the model says amd64"]);
        assert_eq!(wrong("10.0.0.5", "10.0.0.6"), ["none of its interfaces has the address 10.0.0.5 of the model"]);
        assert!(wrong(&now.to_string(), &(now - 3600).to_string())[0].starts_with("its clock is 36"));
        assert_eq!(facts(&format!("{right}lacks bash\n")).misfits(&machine), ["it lacks bash"]);
    }

    #[test]
    fn a_smaller_machine_is_only_warned_of() {
        let machine = sample::machine("cp-0", vec![], vec![]);
        assert_eq!(facts("cores 2\nmemory 3900000\n").smaller(&machine), [""; 0]);
        let said = facts("cores 1\nmemory 1048576\n").smaller(&machine);
        assert_eq!(
            said,
            ["cp-0 has 1 of the 2 cores of the model", "cp-0 has 1024.0 MiB of the 4096.0 MiB of memory of the model"]
        );
    }

    #[test]
    fn what_another_cluster_has_left_is_told() {
        assert_eq!(facts("").left(), None);
        assert_eq!(
            facts("left /etc/kubernetes/admin.conf\n").left().unwrap(),
            "another cluster has left files there: /etc/kubernetes/admin.conf"
        );
        let two = facts("left /etc/kubernetes/admin.conf\nleft /var/lib/etcd/member\n");
        assert!(two.left().unwrap().ends_with("admin.conf and 1 more"));
    }

    #[test]
    fn a_disk_and_control_groups_are_warned_of() {
        let mut machine = sample::machine("cp-0", vec![], vec![]);
        assert_eq!(facts("disk 18000000\ncgroup v1\n").smaller(&machine), [""; 0], "no pod runs there");
        machine.runs_pods = true;
        let said = facts("disk 10485760\ncgroup v1\n").smaller(&machine);
        assert_eq!(said.len(), 2);
        assert!(said[0].starts_with("cp-0 has 10") && said[1].contains("version 1"), "{said:?}");
    }

    #[test]
    fn a_clone_is_named_with_the_machine_that_it_is_a_clone_of() {
        let id = |id: &str| facts(&format!("id {}\n", id.repeat(32)));
        let (a, b, c) = (id("a"), id("a"), id("c"));
        let none = facts("");
        let all = [("m-0", &a), ("m-1", &b), ("m-2", &c), ("m-3", &none), ("m-4", &none)];
        assert_eq!(clones(all.into_iter()), BTreeMap::from([("m-1", "m-0")]));
    }
}
