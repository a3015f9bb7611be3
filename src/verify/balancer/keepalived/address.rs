//! Addresses of an instance: the shared ones, and those of the machines that share them.

use std::net::IpAddr;

use crate::diag::{Code, Diagnostic};
use crate::model::Model;

use super::super::{File, is_unassigned, machine_at};
use super::text::Instance;

pub(super) fn verify(model: &Model<'_>, file: &File<'_, '_>, instance: &Instance<'_, '_>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for part in ["virtual_ipaddress", "virtual_ipaddress_excluded"] {
        for (address, line) in instance.addresses(part) {
            let Some(machine) = machine_at(model, address) else { continue };
            let name = &model.machine(machine).name;
            let message = format!("the shared address {address} of `{}` is the address of `{name}`", instance.name);
            problems.push(file.problem(model, Code::AddressTaken, line, message, "use an address that no machine has"));
        }
    }
    problems.extend(outside(model, file, instance));
    for (peer, line) in instance.addresses("unicast_peer") {
        if is_unassigned(model, peer) {
            let message = format!("`{}` has the peer {peer}, and no machine has that address", instance.name);
            problems.push(file.problem(
                model,
                Code::SettingsDiffer,
                line,
                message,
                "use the addresses of the machines that share the address",
            ));
        }
    }
    problems.extend(source(model, file, instance));
    problems
}

/// A shared address that the machines do not reach, but through a router that knows it.
fn outside(model: &Model<'_>, file: &File<'_, '_>, instance: &Instance<'_, '_>) -> Option<Diagnostic> {
    let first = model.cluster.nodes.first();
    let nodes = file.machine.map_or(first, |machine| model.range_of(model.machine(machine)));
    let lines = &instance.part("virtual_ipaddress")?.inside;
    // With another interface or a route of its own, it is of another network.
    if instance.part("virtual_routes").is_some() || lines.iter().any(|line| line.words.contains(&"dev")) {
        return None;
    }
    let all = instance.addresses("virtual_ipaddress");
    let is_inside = |address: &IpAddr| nodes.ranges().any(|range| range.contains(address));
    if all.iter().any(|(address, _)| is_inside(address)) {
        return None;
    }
    let is_private = |address: &IpAddr| matches!(address, IpAddr::V4(address) if address.is_private());
    let (address, line) = all.iter().find(|(address, _)| is_private(address))?;
    let message = format!(
        "the shared address {address} of `{}` is outside `{}` {}: machines reach it only through a router that leads it to one of them",
        instance.name,
        nodes.title(),
        nodes.range
    );
    let help = "use a free address of that range, or name the interface of the other network: `ADDRESS dev eth1`";
    Some(file.problem(model, Code::UnwiseSetting, *line, message, help))
}

/// An instance sends from an address of its own machine; from any other, it cannot.
fn source(model: &Model<'_>, file: &File<'_, '_>, instance: &Instance<'_, '_>) -> Option<Diagnostic> {
    let (word, line) = instance.word("unicast_src_ip")?;
    let address: IpAddr = word.split('/').next()?.parse().ok()?;
    let own = model.machine(file.machine?);
    if address == own.address || !model.cluster.nodes.contains(&address) {
        return None;
    }
    let message = format!(
        "`unicast_src_ip` of `{}` is {address} on `{}`, whose address is {}",
        instance.name, own.name, own.address
    );
    Some(file.problem(
        model,
        Code::SettingsDiffer,
        line,
        message,
        "use `machine.address` of each machine, or remove it",
    ))
}
