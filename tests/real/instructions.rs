//! How many instructions a plan takes, counted by valgrind: whatever else runs on the machine, it is the same within a hundredth.
//!
//! A count that grew is a regression, or a price that is worth it: then the limit here is raised, and the reason said. The figures are
//! of a build without optimisation, so a newer compiler may move them too. `benches/growth.rs` has those of a release.

use std::fs;
use std::process::Command;

use crate::support::tool::{succeed, tool};

/// Reading, checking and planning a cluster of so many workers, and all that does not grow with it.
const FEW: u32 = 100;
const MANY: u32 = 300;

/// Millions of instructions of the smaller one, and thousands of each machine more: a tenth above what was measured.
const MOST: u64 = 1_620;
const MOST_OF_A_MACHINE: u64 = 390;

/// The instructions of a plan of so many workers.
fn plan(workers: u32) -> Option<u64> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("lab.km"), MODEL.replace("COUNT", &workers.to_string())).unwrap();
    let mut valgrind: Command = tool("valgrind")?;
    valgrind.current_dir(&dir).args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]);
    let said =
        succeed(valgrind.arg(env!("CARGO_BIN_EXE_kmodel")).args(["plan", "lab.km"]).env("RAYON_NUM_THREADS", "1"));
    let line = said.lines().find(|line| line.contains("refs:")).unwrap_or_else(|| panic!("{said}"));
    let digits: String =
        line.rsplit(':').next().into_iter().flat_map(str::chars).filter(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[test]
fn a_plan_takes_no_more_instructions_than_it_did() {
    let Some((few, many)) = plan(FEW).zip(plan(MANY)) else { return };
    let of_machine = (many - few) / u64::from(MANY - FEW);
    println!("{few} for {FEW} workers, {of_machine} for each more");
    assert!(few <= MOST * 1_000_000, "{few} instructions for {FEW} workers");
    assert!(of_machine <= MOST_OF_A_MACHINE * 1_000, "{of_machine} instructions for a machine");
    // What falls by as much as a limit allows it to grow is to be guarded anew.
    assert!(few > MOST * 800_000, "{few} instructions for {FEW} workers: lower the limit");
}

const MODEL: &str = r#"use std/kubernetes
use std/load-balancer
use std/cni { flannel }
cluster lab {
  kubernetes = 1.34.8, renew = 30d
  pods = 10.128.0.0/9, services = 10.96.0.0/16, nodes = 10.16.0.0/14
}
machines cp[3] { cores = 4, memory = 8GiB, disk = 40GiB }
machines lb[2]
machines wrk[COUNT] { cores = 4, memory = 8GiB }
deploy etcd on cp { snapshot-every = 6h }
deploy kube-apiserver, kube-controller-manager, kube-scheduler on cp
deploy haproxy, keepalived on lb
deploy containerd, kubelet, kube-proxy, flannel on cp, wrk
deploy rbac, coredns, admin
deploy addons on cp
target lxd { image = "debian/13" }
"#;
