//! The network of machines with interfaces of their own, read by netplan and cloud-init.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::tool::{said, succeed, tool, write};

/// A machine of each kind: ports with and without MAC addresses, bonds of each mode, VLANs, routes, resolvers.
const MODEL: &str = r#"
cluster lab { kubernetes = 1.34.8, pods = 10.244.0.0/16, services = 10.96.0.0/12, nodes = 10.10.0.0/24, dns = [10.10.0.53] }
let modes = ["802.3ad", "active-backup", "balance-rr", "balance-xor", "broadcast", "balance-tlb", "balance-alb"]
machines one { interfaces = { eno1 = {} } }
machines lacp {
  interfaces = {
    eno1  = {}
    eno2  = {}
    bond0 = { mtu = 9000, bond = { members = ["eno1", "eno2"], mode = "802.3ad", lacp-rate = "fast", hash = "layer3+4", monitor = 1s } }
    "bond0.20" = { vlan = { id = 20, link = "bond0" }, role = "nodes", mtu = 9000, search = ["example.org"] }
    "bond0.30" = { vlan = { id = 30, link = "bond0" }, routes = [{ to = 10.40.0.0/16, via = 10.30.0.1, metric = 7 }] }
    ipmi = { role = "management", dhcp = true, dns = [10.99.0.1] }
  }
  names = {
    helios = {
      interfaces = {
        eno1       = { mac = "3C-EC-EF-00-00-01" }
        eno2       = { mac = "3c:ec:ef:00:00:02" }
        "bond0.30" = { addresses = [10.30.0.5/24, fd00:30::5/64] }
      }
    }
  }
}
machines away {
  interfaces = {
    eno1 = { role = "nodes" }
    eno2 = { addresses = [203.0.113.5/24], routes = [{ to = 0.0.0.0/0, via = 203.0.113.1 }] }
  }
}
machines backup {
  interfaces = {
    a0 = {}
    a1 = {}
    team = { bond = { members = ["a0", "a1"], mode = "active-backup", primary = "a1" } }
  }
}
allow mtu-differs "each machine is looked at by itself"
target nocloud
"#;

/// The model with a group for each mode of a bond.
fn model() -> String {
    let modes = ["balance-rr", "balance-xor", "broadcast", "balance-tlb", "balance-alb"];
    let each = modes.iter().enumerate().map(|(place, mode)| {
        format!(
            "machines mode-{place} {{ interfaces = {{ b0 = {{}}, b = {{ bond = {{ members = [\"b0\"], mode = \"{mode}\" }} }} }} }}\n"
        )
    });
    MODEL.to_owned() + &each.collect::<String>()
}

fn rendered(target: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cluster.km"), model()).unwrap();
    let mut kmodel = Command::new(env!("CARGO_BIN_EXE_kmodel"));
    succeed(kmodel.args(["render", "cluster.km", "--target", target, "--out", "out"]).current_dir(folder.path()));
    folder
}

/// What netplan makes of a machine's network, by the names of files.
fn generated(machine: &Path) -> Option<tempfile::TempDir> {
    let mut netplan = tool("netplan")?;
    let root = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(machine.join("network-config")).unwrap().replace('\n', "\n  ");
    write(&root.path().join("etc/netplan/k.yaml"), format!("network:\n  {}\n", text.trim_end()).as_bytes(), 0o600);
    succeed(netplan.args(["generate", "--root-dir"]).arg(root.path()));
    Some(root)
}

#[test]
fn netplan_takes_the_interfaces_of_every_machine() {
    let folder = rendered("nocloud");
    let help = tool("cloud-init").map(|mut program| said(&program.args(["schema", "--help"]).output().unwrap()));
    let checks = help.is_some_and(|help| help.contains("--schema-type"));
    let machines: Vec<_> = fs::read_dir(folder.path().join("out/machines")).unwrap().flatten().collect();
    assert_eq!(machines.len(), 9);
    for machine in machines {
        let _ = generated(&machine.path());
        if checks {
            let mut command = tool("cloud-init").unwrap();
            succeed(
                command
                    .args(["schema", "--schema-type", "network-config", "-c"])
                    .arg(machine.path().join("network-config")),
            );
        }
    }
}

#[test]
fn systemd_gets_what_the_model_says() {
    let folder = rendered("nocloud");
    let machine = |name: &str| folder.path().join("out/machines").join(name);
    let Some(root) = generated(&machine("helios")) else { return };
    let file = |name: &str| fs::read_to_string(root.path().join("run/systemd/network").join(name)).unwrap_or_default();
    let has = |name: &str, lines: &[&str]| {
        let text = file(name);
        lines.iter().for_each(|line| assert!(text.lines().any(|one| one == *line), "{name} has no {line}:\n{text}"));
    };
    has("10-netplan-eno1.link", &["PermanentMACAddress=3c:ec:ef:00:00:01", "Name=eno1"]);
    has("10-netplan-eno1.network", &["Bond=bond0"]);
    has(
        "10-netplan-bond0.netdev",
        &[
            "Mode=802.3ad",
            "LACPTransmitRate=fast",
            "TransmitHashPolicy=layer3+4",
            "MIIMonitorSec=1000ms",
            "MTUBytes=9000",
        ],
    );
    has("10-netplan-bond0.20.netdev", &["Kind=vlan", "Id=20", "MTUBytes=9000"]);
    has(
        "10-netplan-bond0.20.network",
        &["Address=10.10.0.11/24", "Gateway=10.10.0.1", "DNS=10.10.0.53", "Domains=example.org"],
    );
    has(
        "10-netplan-bond0.30.network",
        &["Address=10.30.0.5/24", "Address=fd00:30::5/64", "Destination=10.40.0.0/16", "Metric=7"],
    );
    has("10-netplan-ipmi.network", &["DHCP=ipv4", "DNS=10.99.0.1"]);
    assert!(!file("10-netplan-ipmi.network").contains("Gateway"));
    let Some(root) = generated(&machine("away-0")) else { return };
    let gateways = |name: &str| {
        let text = fs::read_to_string(root.path().join("run/systemd/network").join(name)).unwrap();
        text.lines().filter(|line| line.starts_with("Gateway=")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        (gateways("10-netplan-eno1.network"), gateways("10-netplan-eno2.network")),
        (vec![], vec!["Gateway=203.0.113.1".to_owned()])
    );
}

/// Machines that exist keep their network; what it should be is written beside their files.
#[test]
fn the_network_of_machines_over_ssh_is_written_down() {
    let folder = rendered("ssh");
    assert!(generated(&folder.path().join("out/machines/helios")).is_some() || tool("netplan").is_none());
}
