//! /etc/hosts of a machine against the addresses of the machines.

use super::{Host, problem};
use crate::diag::{Code, Diagnostic};
use crate::model::Machine;
use crate::verify::document::host::address::names;

pub(super) fn verify(host: &Host<'_, '_>) -> Vec<Diagnostic> {
    let files = host.texts().filter(|(document, _)| document.path == "/etc/hosts");
    let mut found = Vec::new();
    for (document, text) in files {
        let all = names(text);
        let own = host.sample.machine.map(|machine| &host.model.machine(machine).name);
        let mut lines: Vec<usize> = Vec::new();
        for (line, address, name) in &all {
            let short = name.split('.').next().unwrap_or(name);
            let Some(machine) = machine(host, short) else { continue };
            let is_own = own == Some(&machine.name);
            // The machine's own name may stand on loopback, as Debian has it.
            if *address == machine.address || address.is_loopback() && is_own || lines.contains(line) {
                continue;
            }
            if !address.is_loopback() && !host.model.cluster.nodes.contains(address) {
                continue;
            }
            lines.push(*line);
            let what = match address.is_loopback() {
                true => format!("{address}, so this machine finds itself where it looks for `{}`", machine.name),
                false => format!("{address}, but the machine has {}", machine.address),
            };
            let message = format!("`/etc/hosts` has `{name}` at {what}");
            found.push(problem(
                Code::UnwiseSetting,
                host.line(document, *line),
                message,
                format!("write {} there", machine.address),
            ));
        }
        let is_localhost =
            |(_, address, name): &(usize, std::net::IpAddr, String)| address.is_loopback() && name == "localhost";
        if !all.is_empty() && !all.iter().any(is_localhost) && !host.says("myhostname") {
            let message =
                "`/etc/hosts` has no `localhost`: programs that dial this name do not find the machine itself"
                    .to_owned();
            let line = all.first().map_or(1, |(line, ..)| *line);
            found.push(problem(Code::UnwiseSetting, host.line(document, line), message, "add `127.0.0.1 localhost`"));
        }
    }
    found
}

fn machine<'h>(host: &'h Host<'_, '_>, name: &str) -> Option<&'h Machine> {
    host.model.machines.iter().find(|machine| *machine.name == *name)
}
