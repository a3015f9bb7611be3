//! The scripts, which are the same for every cluster, and the two files that they read.

use super::desired::Desired;
use super::options::Options;
use super::{target_origin, text};
use crate::target::{OutputFile, TargetMachine};

/// `lxd/up`, `lxd/down`, `lxd/settings` and `lxd/machines`.
pub fn files(desired: &Desired, machines: &[TargetMachine]) -> [OutputFile; 5] {
    let origin = target_origin();
    [
        text("lxd/up".into(), 0o755, include_str!("up.sh"), &origin),
        text("lxd/down".into(), 0o755, include_str!("down.sh"), &origin),
        text("lxd/client".into(), 0o644, include_str!("client.sh"), &origin),
        text("lxd/settings".into(), 0o644, settings(desired), &origin),
        text("lxd/machines".into(), 0o644, list(desired, machines), &origin),
    ]
}

/// Shell variables. Values hold only letters, digits and `-_./:`, which was checked when they were read.
fn settings(desired: &Desired) -> String {
    let pods = if desired.runs_pods { "yes" } else { "no" };
    let Options { image, command, project, pool, network, .. } = &desired.options;
    let cluster = &desired.cluster;
    format!(
        "# shellcheck shell=bash disable=SC2034 # what `up` and `down` read; written by kmodel\n\
         CLUSTER='{cluster}'\nCOMMAND='{command}'\nPROJECT='{project}'\nPOOL='{pool}'\nNETWORK='{network}'\nIMAGE='{image}'\n\
         PODS={pods}\n"
    )
}

/// A line for each machine: its name, profile and architecture.
fn list(desired: &Desired, machines: &[TargetMachine]) -> String {
    let both = desired.machines.iter().zip(machines);
    both.map(|(instance, machine)| format!("{}|{}|{}\n", machine.name, instance.profile, machine.arch)).collect()
}
