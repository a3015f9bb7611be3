//! The scripts, which are the same for every cluster, and the two files that they read.

use std::collections::BTreeMap;

use super::options::Options;
use super::profile::Profile;
use super::{target_origin, text};
use crate::target::{OutputFile, Site, TargetMachine};

/// `lxd/up`, `lxd/down`, `lxd/settings` and `lxd/machines`.
pub fn files(
    site: &Site,
    machines: &[TargetMachine],
    options: &Options,
    profiles: &BTreeMap<String, Profile>,
) -> [OutputFile; 5] {
    let origin = target_origin();
    [
        text("lxd/up".into(), 0o755, include_str!("up.sh"), &origin),
        text("lxd/down".into(), 0o755, include_str!("down.sh"), &origin),
        text("lxd/client".into(), 0o644, include_str!("client.sh"), &origin),
        text("lxd/settings".into(), 0o644, settings(site, options, profiles), &origin),
        text("lxd/machines".into(), 0o644, list(site, machines, options), &origin),
    ]
}

/// Shell variables. Values hold only letters, digits and `-_./:`, which was checked when they were read.
fn settings(site: &Site, options: &Options, profiles: &BTreeMap<String, Profile>) -> String {
    let pods = if profiles.values().any(Profile::runs_pods) { "yes" } else { "no" };
    let Options { image, command, project, pool, network, .. } = options;
    let cluster = &site.cluster;
    format!(
        "# shellcheck shell=bash disable=SC2034 # what `up` and `down` read; written by kmodel\n\
         CLUSTER='{cluster}'\nCOMMAND='{command}'\nPROJECT='{project}'\nPOOL='{pool}'\nNETWORK='{network}'\nIMAGE='{image}'\n\
         PODS={pods}\n"
    )
}

/// A line for each machine: its name, profile and architecture.
fn list(site: &Site, machines: &[TargetMachine], options: &Options) -> String {
    let line = |machine: &TargetMachine| {
        format!("{}|{}|{}\n", machine.name, Profile::of(&site.cluster, machine, options).name, machine.arch)
    };
    machines.iter().map(line).collect()
}
