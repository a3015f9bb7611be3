//! Machines of an output as network namespaces on one bridge, with the addresses that they really have.
//!
//! Nothing of it touches the network of this machine: the bridge is in a namespace of its own, and there is no way out.
//! The names begin with `kmodel-test-` and the number of this process.

use std::net::IpAddr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::rendered::Machine;
use super::tool::{Tool, skip};

/// The namespaces, which go when it is dropped.
pub struct Network {
    ip: Tool,
    prefix: String,
    machines: Vec<String>,
}

impl Network {
    /// Joins machines; `None`, said loudly, where that is not allowed.
    pub fn new<'a>(ip: &Tool, machines: impl IntoIterator<Item = &'a Machine>, what: &str) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        clean(ip);
        let prefix = format!("kmodel-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let mut network = Self { ip: ip.clone(), prefix, machines: Vec::new() };
        if let Err(error) = network.add("hub") {
            skip(&format!("network namespaces are not allowed here ({})", error.trim()), what);
            return None;
        }
        network.within("hub", &["link", "add", "bridge", "type", "bridge"]);
        network.within("hub", &["link", "set", "bridge", "up"]);
        machines.into_iter().for_each(|machine| network.join(&machine.name, machine.address));
        Some(network)
    }

    /// The namespace of a machine.
    fn of(&self, machine: &str) -> String {
        format!("{}-{machine}", self.prefix)
    }

    fn add(&mut self, machine: &str) -> Result<(), String> {
        self.ip.run(["netns", "add", &self.of(machine)])?;
        self.machines.push(machine.to_owned());
        self.within(machine, &["link", "set", "lo", "up"]);
        Ok(())
    }

    fn join(&mut self, machine: &str, address: IpAddr) {
        self.add(machine).expect("the first namespace was allowed");
        let (own, port) = (self.of(machine), format!("port{}", self.machines.len()));
        let hub = self.of("hub");
        let pair = ["link", "add", "eth0", "netns", &own, "type", "veth", "peer", "name", &port, "netns", &hub];
        self.ip.run(pair).expect("a pair of interfaces can be made");
        self.within("hub", &["link", "set", &port, "master", "bridge", "up"]);
        self.within(machine, &["link", "set", "eth0", "up"]);
        self.give(machine, address);
    }

    /// Gives a machine one more address.
    pub fn give(&self, machine: &str, address: IpAddr) {
        let written = format!("{address}/{}", if address.is_ipv4() { 24 } else { 64 });
        let mut arguments = vec!["address", "add", &written, "dev", "eth0"];
        // Nobody else has it, so it may be used at once.
        arguments.extend(address.is_ipv6().then_some("nodad"));
        self.within(machine, &arguments);
    }

    /// Takes an address away.
    pub fn take(&self, machine: &str, address: IpAddr) {
        let written = format!("{address}/{}", if address.is_ipv4() { 24 } else { 64 });
        self.within(machine, &["address", "del", &written, "dev", "eth0"]);
    }

    fn within(&self, machine: &str, arguments: &[&str]) {
        let namespace = self.of(machine);
        let all = ["-n", namespace.as_str()].into_iter().chain(arguments.iter().copied());
        self.ip.run(all).unwrap_or_else(|error| panic!("ip {arguments:?} in {namespace}: {error}"));
    }

    /// What `ip` says of a machine.
    pub fn shown(&self, machine: &str, arguments: &[&str]) -> String {
        let namespace = self.of(machine);
        self.ip.run(["-n", namespace.as_str()].into_iter().chain(arguments.iter().copied())).unwrap_or_default()
    }

    /// A command that will run a program on a machine. The program ends when this process does.
    pub fn on(&self, machine: &str, program: &Path) -> Command {
        let mut command = self.ip.command_by("setpriv", &["--pdeathsig", "KILL"]);
        command.args(["netns", "exec", &self.of(machine)]).arg(program);
        command
    }

    /// The same with a `/run` of its own, where daemons keep sockets and numbers of processes.
    pub fn on_own_run(&self, machine: &str, program: &Path) -> Command {
        let script = "mount -t tmpfs tmpfs /run && mkdir /run/haproxy && exec \"$@\"";
        let mut command = self.on(machine, Path::new("/bin/sh"));
        command.args(["-c", script, "sh"]).arg(program);
        command
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for machine in &self.machines {
            let _ = self.ip.run(["netns", "del", &self.of(machine)]);
        }
    }
}

/// Removes what processes left that were killed.
fn clean(ip: &Tool) {
    for line in ip.run(["netns", "list"]).unwrap_or_default().lines() {
        let name = line.split_whitespace().next().unwrap_or_default();
        let owner = name.strip_prefix("kmodel-test-").and_then(|rest| rest.split('-').next());
        if owner.is_some_and(|pid| !pid.is_empty() && !Path::new("/proc").join(pid).exists()) {
            let _ = ip.run(["netns", "del", name]);
        }
    }
}
