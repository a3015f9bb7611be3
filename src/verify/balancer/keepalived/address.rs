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
