//! Whether machines that exist are what the model takes them for, before anything is brought to them.
//!
//! What lasts of a machine is compared by `verify::machines`, as the facts beside the model are; here is what holds only now:
//! its clock, ports, routes, and what another cluster has left.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::diag::Code;
use crate::model::host_facts::{Held, HostFacts};
use crate::verify::machines::{self, Misfit, Wanted};

use super::clock;

/// What a machine says of its hardware and system.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Facts {
    host: HostFacts,
    /// Ports that are held, with the unit whose program holds each.
    held: Vec<(Held, String)>,
    /// Files of another cluster that was there.
    left: Vec<String>,
    machine_id: Option<String>,
    /// How many seconds its clock is ahead of ours.
    ahead: Option<i64>,
    /// Programs and parts of the system that kmodel needs there.
    lacks: Vec<String>,
    /// Addresses and ports that it gets no answer from, and why.
    undialled: BTreeMap<(IpAddr, u16), String>,
    /// Addresses at which packets as large as its link takes do not arrive.
    narrow: BTreeMap<IpAddr, String>,
    /// What could not be found out, and why.
    unseen: BTreeSet<(String, String)>,
}

impl Facts {
    /// Reads what `hello.sh` and `examine.sh` print.
    pub(super) fn read(text: &str) -> Self {
        let mut facts = Self { host: HostFacts::parse(text), ..Self::default() };
        for (tag, rest) in text.lines().filter_map(|line| line.split_once(' ')) {
            facts.take(tag, rest.trim());
        }
        facts
    }

    fn take(&mut self, tag: &str, rest: &str) {
        match tag {
            "left" => self.left.push(rest.to_owned()),
            "time" => self.ahead = clock::ahead(rest),
            "id" => self.machine_id = Some(rest.to_owned()).filter(|id| id.len() == 32),
            "lacks" => self.lacks.push(rest.to_owned()),
            "held" => self.held.extend(held(rest)),
            "undialled" => self.undialled.extend(undialled(rest)),
            "narrow" => self.narrow.extend(narrow(rest)),
            "unseen" => self.unseen.extend(rest.split_once(' ').map(|(what, why)| (what.to_owned(), why.to_owned()))),
            _ => {}
        }
    }

    /// What is not as the model says. Ports of a machine that the cluster is on already are its own.
    pub(super) fn misfits(&self, wanted: &Wanted, is_new: bool) -> Vec<Misfit> {
        let lacks = self.lacks.iter().map(|what| {
            Misfit::new(Code::HostLacks, format!("it lacks {what}"), format!("install {what} on the machine"))
        });
        let mut found: Vec<Misfit> = lacks.collect();
        found.extend(clock::misfit(self.ahead));
        found.extend(machines::misfits(&self.of_others(wanted, is_new), wanted));
        found.extend(self.left().filter(|_| is_new));
        found.extend(self.routes());
        found
    }

    /// What lasts of it, with the ports that no unit of the model holds.
    pub(super) fn of_others(&self, wanted: &Wanted, is_new: bool) -> HostFacts {
        let is_own = |unit: &str| wanted.units.iter().any(|own| **own == *unit);
        let others = self.held.iter().filter(|(_, unit)| is_new && !is_own(unit));
        let mut host = self.host.clone();
        host.listens.extend(others.map(|(held, _)| held.clone()));
        host
    }

    /// What lasts of it, without ports.
    pub(super) fn host(&self) -> &HostFacts {
        &self.host
    }

    /// What could not be found out: `ports: it lacks ss`.
    pub(super) fn unseen(&self) -> Vec<String> {
        self.unseen.iter().map(|(what, why)| format!("{what}: {why}")).collect()
    }

    /// How many seconds its clock is ahead of ours.
    pub(super) fn ahead(&self) -> Option<i64> {
        self.ahead
    }

    /// The same, with the clock as it was when the machine was asked for the time: other answers may have taken a while since.
    pub(super) fn at_time_of(self, earlier: &Self) -> Self {
        Self { ahead: earlier.ahead, ..self }
    }

    /// As a machine that did not answer all questions.
    pub(super) fn without(mut self, what: &str, why: &str) -> Self {
        self.unseen.insert((what.to_owned(), why.to_owned()));
        self
    }

    /// What another cluster has left, if no boot of kmodel is there: it would be overwritten, or run beside this one.
    fn left(&self) -> Option<Misfit> {
        let first = self.left.first()?;
        let more = match self.left.len() {
            1 => String::new(),
            more => format!(" and {} more", more - 1),
        };
        let message = format!("another cluster has left files there: {first}{more}");
        let help = "remove them with the tool that made them (`kubeadm reset`, `k3s-uninstall.sh`), or install the system anew";
        Some(Misfit::new(Code::HostInUse, message, help))
    }

    /// One problem for each machine that is not reached, whatever the number of ports.
    fn routes(&self) -> Vec<Misfit> {
        let mut ports: BTreeMap<(IpAddr, &str), Vec<u16>> = BTreeMap::new();
        for ((address, port), why) in &self.undialled {
            ports.entry((*address, why)).or_default().push(*port);
        }
        let help =
            |address: &IpAddr| format!("look at `ip route get {address}` there, and at packet filters in between");
        let unreached = ports.iter().map(|((address, why), ports)| {
            let list = crate::text::List::of(ports).most(4);
            Misfit::new(Code::HostPath, format!("it does not reach {address} at port {list}: {why}"), help(address))
        });
        let narrow = self.narrow.iter().map(|(address, link)| {
            let message =
                format!("packets as large as its link takes ({link}) do not arrive at {address}, and smaller ones do");
            Misfit::new(Code::HostPath, message, "set the MTU of both links to what the network in between takes")
        });
        unreached.chain(narrow).collect()
    }
}

/// `tcp 0.0.0.0:22 sshd ssh.service`.
fn held(text: &str) -> Option<(Held, String)> {
    Some((Held::parse(text)?, text.split_whitespace().nth(3)?.to_owned()))
}

/// `10.0.0.6 2379 no answer within 5 s`.
fn undialled(text: &str) -> Option<((IpAddr, u16), String)> {
    let mut words = text.splitn(3, ' ');
    let place = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some((place, words.next().unwrap_or("no answer").to_owned()))
}

/// `10.0.0.6 9000 eth0`.
fn narrow(text: &str) -> Option<(IpAddr, String)> {
    let mut words = text.split(' ');
    let (address, mtu, link) = (words.next()?.parse().ok()?, words.next()?, words.next()?);
    Some((address, format!("{link}, {mtu} bytes")))
}

/// A machine that is a clone of another one.
pub(super) fn clone_of(other: &str) -> Misfit {
    let help = "empty its /etc/machine-id and reboot it";
    Misfit::new(Code::HostDiffers, format!("its machine-id is that of `{other}`: it is a clone"), help)
}

/// A machine that has the name of another one.
pub(super) fn namesake_of(other: &str) -> Misfit {
    let message = format!("its host name is that of `{other}`, so programs and logs take both for one machine");
    Misfit::new(Code::HostUnwise, message, "give it a name of its own: `hostnamectl set-hostname NAME`")
}

/// Machines that are clones of each other: two with one machine-id get one name in many networks and logs.
pub(super) fn clones<'a>(all: impl Iterator<Item = (&'a str, &'a Facts)>) -> BTreeMap<&'a str, &'a str> {
    doubles(all.filter_map(|(name, facts)| Some((name, facts.machine_id.as_deref()?))))
}

/// Machines with the host name of another one.
pub(super) fn namesakes<'a>(all: impl Iterator<Item = (&'a str, &'a Facts)>) -> BTreeMap<&'a str, &'a str> {
    doubles(all.filter_map(|(name, facts)| Some((name, facts.host.hostname.as_deref()?))))
}

/// Those that have what an earlier one has, with that one.
fn doubles<'a>(all: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<&'a str, &'a str> {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut doubles = BTreeMap::new();
    for (name, value) in all {
        match first.get(value) {
            Some(other) => _ = doubles.insert(name, *other),
            None => _ = first.insert(value, name),
        }
    }
    doubles
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::super::super::sample;
    use super::*;
    use crate::plan::listener::{Bind, What};
    use crate::syntax::ast::{Port, Protocol};
    use crate::verify::machines::Listener;

    fn facts(text: &str) -> Facts {
        Facts::read(text)
    }

    fn wanted() -> Wanted {
        Wanted::alone(&sample::machine("cp-0", vec![], vec![]))
    }

    fn said(text: &str, wanted: &Wanted) -> Vec<String> {
        let all = facts(text).misfits(wanted, true);
        all.into_iter().map(|misfit| format!("{}: {}", misfit.code, misfit.message)).collect()
    }

    #[test]
    fn a_machine_that_is_another_is_told_by_each_fact() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let right = format!("arch x86_64\non lo 127.0.0.1\non eth0 10.0.0.5\ntime {now}\n");
        assert_eq!(said(&right, &wanted()), [""; 0]);
        assert_eq!(said("", &wanted()), [""; 0], "what it does not say is not known");
        let wrong = |from: &str, to: &str| said(&right.replace(from, to), &wanted());
        assert_eq!(wrong("x86_64", "aarch64"), ["host-differs: it is aarch64, and the model says amd64"]);
        let address = "host-differs: none of its interfaces has the address 10.0.0.5 of the model";
        assert_eq!(wrong("10.0.0.5", "10.0.0.6"), [address]);
        assert!(wrong(&now.to_string(), &(now - 3600).to_string())[0].starts_with("host-differs: its clock is 36"));
        assert_eq!(said(&format!("{right}lacks bash\n"), &wanted()), ["host-lacks: it lacks bash"]);
        assert_eq!(said("on lo 10.0.0.5\n", &wanted()), [""; 0], "it is reached through any link");
    }

    #[test]
    fn a_smaller_machine_is_only_warned_of() {
        assert_eq!(said("cores 2\nmemory 3900000\ndisk 18000000\n", &wanted()), [""; 0]);
        let found = facts("cores 1\nmemory 1048576\ndisk 10485760\n").misfits(&wanted(), true);
        assert!(found.len() == 3 && found.iter().all(|misfit| !misfit.is_error()), "{found:?}");
        assert_eq!(found[1].message, "it has 1024.0 MiB of the 4096.0 MiB of memory of the model");
    }

    #[test]
    fn what_another_cluster_has_left_is_told_of_a_new_machine() {
        let two = "left /etc/kubernetes/admin.conf\nleft /var/lib/etcd/member\n";
        let message = "host-in-use: another cluster has left files there: /etc/kubernetes/admin.conf and 1 more";
        assert_eq!(said(two, &wanted()), [message]);
        assert_eq!(facts(two).misfits(&wanted(), false), []);
    }

    #[test]
    fn control_groups_of_version_1_keep_new_kubelets_from_starting() {
        assert_eq!(said("cgroup v1\n", &wanted()), [""; 0], "no pod runs there");
        let of =
            |minor| Wanted { kubelet: Some(crate::syntax::ast::Version { major: 1, minor, patch: 0 }), ..wanted() };
        assert!(said("cgroup v1\n", &of(34))[0].starts_with("host-unwise: "));
        assert!(said("cgroup v1\n", &of(35))[0].starts_with("host-lacks: "));
        let set = Wanted { takes_cgroup_v1: true, ..of(35) };
        assert_eq!((said("cgroup v1\n", &set), said("cgroup v2\n", &of(35))), (vec![], vec![]));
    }

    #[test]
    fn a_port_is_held_by_what_the_model_does_not_start() {
        let port = What::Port(Port { number: 9090, protocol: Protocol::Tcp });
        let listener = |bind| Listener { service: "web.http".into(), what: port, bind };
        let of = |bind| Wanted { listeners: vec![listener(bind)], units: vec!["web.service".into()], ..wanted() };
        let all = of(Bind::All);
        let message = "host-in-use: a socket of systemd listens on 9090/tcp there, which `web.http` of the model needs";
        assert_eq!(
            said("held tcp *:9090 systemd init.scope\nheld tcp 0.0.0.0:9090 systemd init.scope\n", &all),
            [message]
        );
        let not =
            ["held udp *:9090 x x.service\n", "held tcp *:9091 x x.service\n", "held tcp *:9090 web web.service\n"];
        assert!(not.iter().all(|text| said(text, &all).is_empty()));
        let loopback = "held tcp 127.0.0.1:9090 x x.service\n";
        assert_eq!(said(loopback, &of(Bind::One([10, 0, 0, 5].into()))), [""; 0]);
        assert_eq!(said(loopback, &all).len(), 1);
        assert_eq!(facts(loopback).misfits(&all, false), [], "the cluster is there already");
    }

    #[test]
    fn what_is_not_reached_is_told_once_for_an_address() {
        let text = "dialled 10.0.0.7 2379\nundialled 10.0.0.6 2379 no answer within 5 s\nundialled 10.0.0.6 2380 no answer within 5 s\n\
            narrow 10.0.0.7 9000 eth0\nunseen ports it lacks ss\n";
        let found = said(text, &wanted());
        assert_eq!(found[0], "host-path: it does not reach 10.0.0.6 at port 2379, 2380: no answer within 5 s");
        assert!(found.len() == 2 && found[1].contains("(eth0, 9000 bytes) do not arrive at 10.0.0.7"), "{found:?}");
        assert_eq!(facts(text).unseen(), ["ports: it lacks ss"]);
    }

    #[test]
    fn a_clone_is_named_with_the_machine_that_it_is_a_clone_of() {
        let id = |id: &str| facts(&format!("id {}\nhostname x{id}\n", id.repeat(32)));
        let (a, b, c) = (id("a"), id("a"), id("c"));
        let none = facts("");
        let all = [("m-0", &a), ("m-1", &b), ("m-2", &c), ("m-3", &none), ("m-4", &none)];
        assert_eq!(clones(all.into_iter()), BTreeMap::from([("m-1", "m-0")]));
        assert_eq!(namesakes(all.into_iter()), BTreeMap::from([("m-1", "m-0")]));
    }
}
