//! Real nftables take the rules of every machine, and real packets are let in or not.
//!
//! Each machine of the fixture is a network namespace with its rules in place. Nobody listens there: a packet that comes
//! in is answered by a refusal at once, and one that is filtered by nothing.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::host::network::Network;
use crate::host::rendered::Machine;
use crate::host::tool::{Tool, each, lossy, none, skip, tool};
use crate::host::{Output, case};

const WHAT: &str = "the packet filter";
const RULES: &str = "etc/nftables.d/kmodel.nft";

/// What may dial what, by the names of groups: source, destination, port.
const OPEN: &[(&str, &str, &str)] = &[
    ("cp", "cp", "tcp/6443"),
    ("lb", "cp", "tcp/6443"),
    ("wrk", "cp", "tcp/6443"), // pods are behind the address of their node
    ("cp", "cp", "tcp/2379"),
    ("cp", "cp", "tcp/2380"),
    ("cp", "cp", "tcp/10250"),
    ("cp", "wrk", "tcp/10250"),
    ("cp", "cp", "udp/8472"),
    ("cp", "wrk", "udp/8472"),
    ("wrk", "cp", "udp/8472"),
    ("wrk", "wrk", "udp/8472"),
    ("cp", "lb", "tcp/6443"),
    ("wrk", "lb", "tcp/6443"),
    ("operator", "lb", "tcp/6443"),
    ("operator", "cp", "tcp/22"),
    ("operator", "lb", "tcp/22"),
    ("operator", "wrk", "tcp/22"),
    ("stranger", "cp", "tcp/9100"),
    ("stranger", "lb", "tcp/9100"),
    ("stranger", "wrk", "tcp/9100"),
];

/// Everything that is tried, from everyone, on everyone.
const TRIED: [&str; 9] =
    ["tcp/22", "tcp/6443", "tcp/2379", "tcp/2380", "tcp/10250", "tcp/10257", "tcp/9100", "tcp/8080", "udp/8472"];

#[test]
fn nftables_take_the_rules_of_every_machine() {
    let Some(nft) = tool("nft", WHAT) else { return };
    let Some(unshare) = tool("unshare", WHAT) else { return };
    if unshare.run(["--net", "true"]).is_err() {
        return skip("network namespaces are not allowed here", WHAT);
    }
    let mut problems = Vec::new();
    for output in ["firewall", "firewall-ipv6"].map(case) {
        for machine in &output.machines {
            let rules = output.tree(&machine.name).join(RULES);
            let arguments = ["--net", &nft.path().display().to_string(), "-c", "-f"].map(PathBuf::from);
            let result = unshare.run(arguments.iter().chain([&rules]));
            problems.extend(result.err().map(|error| format!("{} of {}: {error}", machine.name, output.name)));
        }
    }
    none(problems);
}

#[test]
fn relations_are_open_and_nothing_else() {
    let (Some(nft), Some(ip), Some(bash)) = (tool("nft", WHAT), tool("ip", WHAT), tool("bash", WHAT)) else { return };
    for name in ["firewall", "firewall-ipv6"] {
        let output = case(name);
        let Some(site) = Site::start(output, &ip, &nft, &bash) else { return };
        site.try_everything();
    }
}

struct Site {
    network: Network,
    bash: Tool,
    machines: Vec<(String, IpAddr)>,
}

impl Site {
    /// All machines of an output with their rules, an operator and a stranger.
    fn start(output: &Output, ip: &Tool, nft: &Tool, bash: &Tool) -> Option<Self> {
        let outside = |name: &str, v4: &str, v6: &str| {
            let address = if output.machines[0].address.is_ipv4() { v4 } else { v6 };
            Machine { name: name.to_owned(), address: address.parse().expect("an address"), arch: "amd64".to_owned() }
        };
        let others =
            [outside("operator", "10.10.0.200", "fd00:10::200"), outside("stranger", "10.10.0.201", "fd00:10::201")];
        let network = Network::new(ip, output.machines.iter().chain(&others), WHAT)?;
        for machine in &output.machines {
            let rules = output.tree(&machine.name).join(RULES);
            // Each refusal counts here, so there are as many as there are tries.
            let unlimited = "echo 0 >/proc/sys/net/ipv4/icmp_ratelimit; echo 0 >/proc/sys/net/ipv6/icmp/ratelimit";
            let _ = network.on(&machine.name, bash.path()).args(["-c", unlimited]).output();
            // Twice, as at a change of the rules: the second time replaces the first.
            for _ in 0..2 {
                let result = network.on(&machine.name, nft.path()).arg("-f").arg(&rules).output().expect("nft runs");
                if !result.status.success() {
                    skip(&format!("nftables are not allowed here ({})", lossy(&result.stderr).trim()), WHAT);
                    return None;
                }
            }
        }
        let machines = output.machines.iter().chain(&others).map(|one| (one.name.clone(), one.address)).collect();
        Some(Self { network, bash: bash.clone(), machines })
    }

    /// Dials every machine from every machine.
    fn try_everything(&self) {
        let inside = |name: &str| !matches!(name, "operator" | "stranger");
        let to = || self.machines.iter().filter(|(name, _)| inside(name));
        let pairs: Vec<_> = self.machines.iter().flat_map(|from| to().map(move |to| (from, to))).collect();
        let pairs: Vec<_> = pairs.into_iter().filter(|(from, to)| from != to).collect();
        // Almost all of the time is spent waiting for answers that do not come.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(16).build().expect("threads can be made");
        let wrong = pool.install(|| each(&pairs, |((from, _), (to, address))| self.wrong(from, to, *address)));
        none(wrong.into_iter().flatten());
    }

    /// What is open that should not be, or shut that should be open, from one machine to another.
    fn wrong(&self, from: &str, to: &str, address: IpAddr) -> Vec<String> {
        let group = |name: &str| name.split('-').next().unwrap_or(name).to_owned();
        let (source, target) = (group(from), group(to));
        let open = |port: &str| OPEN.contains(&(source.as_str(), target.as_str(), port));
        let mut reached = self.reached(from, address, &TRIED);
        // A machine that is busy may be late: what is open answers in the end, and what is shut never does.
        for _ in 0..5 {
            let missing: Vec<&str> = TRIED.into_iter().filter(|port| open(port) && !reached.contains(*port)).collect();
            if missing.is_empty() {
                break;
            }
            reached.extend(self.reached(from, address, &missing));
        }
        let wrong = TRIED.iter().filter(|port| open(port) != reached.contains(**port));
        wrong.map(|port| format!("{port} of {to} from {from}: expected open = {}", open(port))).collect()
    }

    /// The ports where a refusal came back within a second.
    fn reached(&self, from: &str, address: IpAddr, ports: &[&str]) -> BTreeSet<String> {
        // Several packets by UDP: the answer to one is told to the next.
        const SCRIPT: &str = r#"
            address=$1
            shift
            for port; do
                (
                    place=/dev/${port%/*}/$address/${port#*/}
                    case $port in
                        tcp/*) said=$(timeout 1 bash -c "exec 3<>$place" 2>&1) ;;
                        udp/*) said=$(timeout 2 bash -c "exec 3<>$place; for i in 1 2 3; do echo >&3; sleep 0.3; done" 2>&1) ;;
                    esac
                    case $said in *refused*) echo "$port" ;; esac
                ) &
            done
            wait
        "#;
        let mut command = self.network.on(from, self.bash.path());
        command.args(["-c", SCRIPT, "bash"]).arg(address.to_string()).args(ports);
        let output = command.output().expect("bash runs");
        lossy(&output.stdout).lines().map(str::to_owned).collect()
    }
}

/// What the unit runs, on a machine that has its own `/var/lib` and a systemd that is restarting the unit, or not.
#[test]
fn a_filter_is_replaced_and_never_missing() {
    const SCRIPT: &str = r#"
        mount -t tmpfs tmpfs /var/lib && mkdir /var/lib/bin && PATH=/var/lib/bin:$PATH || exit 9
        printf '%s\n' '#!/bin/sh' 'case $1 in is-system-running) cat /var/lib/running ;; *) cat /var/lib/jobs ;; esac' >/var/lib/bin/systemctl
        chmod 755 /var/lib/bin/systemctl
        echo running >/var/lib/running; : >/var/lib/jobs
        filter=$1 rules=$2
        is() { nft list table inet kmodel >/dev/null 2>&1; }
        must() { "$@" || { echo "failed: $*"; exit 1; }; }
        sh "$filter" load "$rules" || { echo "SKIP"; exit 0; }
        (while [ -e /var/lib/jobs ]; do is || echo open; done) & watch=$!
        for i in 1 2 3 4 5 6 7 8; do must sh "$filter" load "$rules"; done
        echo "1 kmodel-firewall.service restart running" >/var/lib/jobs
        sh "$filter" unload "$rules"
        must is
        (cat "$rules"; echo "table inet kmodel { chain input { tcp dport nonsense accept } }") >/var/lib/bad
        before=$(nft list table inet kmodel)
        sh "$filter" load /var/lib/bad 2>/dev/null && echo "bad rules were loaded"
        [ "$before" = "$(nft list table inet kmodel)" ] || echo "bad rules changed the filter"
        rm /var/lib/jobs; wait $watch
        nft delete table inet kmodel
        sh "$filter" load /var/lib/bad 2>/dev/null && echo "bad rules were loaded"
        must is
        : >/var/lib/jobs; echo stopping >/var/lib/running
        sh "$filter" unload "$rules"
        must is
        echo running >/var/lib/running
        must sh "$filter" unload "$rules"
        is && echo "stopping the unit does not remove the filter"
        exit 0
    "#;
    let (Some(_), Some(ip), Some(bash)) = (tool("nft", WHAT), tool("ip", WHAT), tool("bash", WHAT)) else { return };
    let output = case("firewall");
    let machine = &output.machines[0];
    let Some(network) = Network::new(&ip, [machine], WHAT) else { return };
    let root = output.tree(&machine.name);
    let mut command = network.on(&machine.name, bash.path());
    command.args(["-c", SCRIPT, "bash"]).arg(root.join("etc/nftables.d/kmodel.sh")).arg(root.join(RULES));
    let result = command.output().expect("bash runs");
    match lossy(&result.stdout).trim() {
        "SKIP" => skip(&format!("nftables are not allowed here ({})", lossy(&result.stderr).trim()), WHAT),
        said => assert!(said.is_empty() && result.status.success(), "{said}{}", lossy(&result.stderr)),
    }
}

#[test]
fn the_script_is_one_file_of_the_machine() {
    for output in ["firewall", "firewall-ipv6"].map(case) {
        for machine in &output.machines {
            assert!(output.tree(&machine.name).join(RULES).is_file(), "{} has no rules", machine.name);
            assert!(
                Path::new(&output.tree(&machine.name)).join("etc/systemd/system/kmodel-firewall.service").is_file()
            );
        }
    }
}
