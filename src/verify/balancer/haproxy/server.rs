//! Servers of backends: each is an address of a machine where something listens on that port.

use std::net::IpAddr;

use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic};
use crate::model::{AppId, EndpointId, MachineId, Model};
use crate::pki::spec::San;
use crate::plan::listener::{Bind, What, services_on};
use crate::plan::reachability::{self, Front};
use crate::render::evidence::Entry;
use crate::source::Span;
use crate::verify::Evidence;
use crate::verify::objects::pods;
use crate::verify::program::{self, Listening};

use super::super::{File, is_unassigned, machine_at};
use super::file_of;
use super::text::{Config, Line};

/// What listens on machines without being declared.
pub(super) struct Others {
    settings: Vec<Listening>,
    /// Ports that pods take on machines.
    pods: Vec<u64>,
    /// Whether there are programs of which nothing is known.
    unlisted: bool,
}

impl Others {
    pub(super) fn of(evidence: &Evidence<'_, '_>) -> Self {
        let mut ports = Vec::new();
        pods::all(evidence).iter().for_each(|pods| taken(&pods.spec, &mut ports));
        let entries = || evidence.samples.iter().flat_map(|sample| &sample.entries);
        let unlisted = entries().any(|entry| matches!(entry, Entry::Unlisted(one) if !one.is_declared));
        Self { settings: program::listening(evidence), pods: ports, unlisted }
    }

    /// What a setting makes another application listen on.
    pub(super) fn setting(&self, machine: MachineId, own: AppId, port: u16, bind: Bind) -> Option<(String, Span)> {
        let meets = |one: &&Listening| {
            one.machine == machine && one.app != own && one.port.number == port && one.bind.meets(bind)
        };
        self.settings.iter().find(meets).map(|one| (one.written.clone(), one.span))
    }

    /// Whether something may listen on a port of a machine.
    fn may_listen(&self, model: &Model<'_>, machine: MachineId, port: u16) -> bool {
        let is_in = |what: What| match what {
            What::Port(known) => known.number == port,
            What::Ports { first, last, .. } => (first..=last).contains(&port),
            What::Other(_) => false,
        };
        self.unlisted
            || self.pods.contains(&port.into())
            || (30000..=32767).contains(&port)
            || self.settings.iter().any(|one| one.machine == machine && one.port.number == port)
            || services_on(model, machine).iter().any(|service| service.units.iter().any(|unit| is_in(unit.what)))
    }
}

/// The numbers of all ports of containers.
fn taken(spec: &Json, ports: &mut Vec<u64>) {
    for key in ["containers", "initContainers"] {
        let containers = spec[key].as_array().into_iter().flatten();
        let all = containers.flat_map(|one| one["ports"].as_array().into_iter().flatten());
        ports.extend(all.flat_map(|port| [port["hostPort"].as_u64(), port["containerPort"].as_u64()]).flatten());
    }
}

pub(super) fn verify(
    model: &Model<'_>,
    files: &[File<'_, '_>],
    config: &Config<'_>,
    others: &Others,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for section in config.proxies() {
        let file = file_of(files, section);
        let ends: Vec<EndpointId> =
            section.all("server").flat_map(|line| fronts(model, file, line)).map(|front| front.end).collect();
        for line in section.all("server") {
            let Some((host, port)) = target(line) else { continue };
            let message = wrong(model, file, (&host, port), (&ends, others));
            let help = || {
                let known = reachability::all(model, port);
                match known.is_empty() {
                    true => "use the address of a machine, and the port that its program listens on".to_owned(),
                    false => format!("port {port} is open on {}", known[..known.len().min(4)].join(", ")),
                }
            };
            problems.extend(message.map(|why| {
                let name = line.words.get(1).copied().unwrap_or_default();
                let message = format!("the server `{name}` of `{}` is {host}:{port}, but {why}", section.title());
                file.problem(model, Code::SettingsDiffer, line.number, message, help())
            }));
        }
    }
    problems
}

/// Why nothing answers at a server.
fn wrong(
    model: &Model<'_>,
    file: &File<'_, '_>,
    (host, port): (&San, u16),
    (ends, others): (&[EndpointId], &Others),
) -> Option<String> {
    let San::Ip(address) = host else { return None };
    if !reachability::fronts(model, host, port, file.machine).is_empty() {
        return None;
    }
    if is_unassigned(model, *address) {
        return Some("no machine has that address".to_owned());
    }
    let machine = if address.is_loopback() { None } else { machine_at(model, *address) }?;
    let name = &model.machine(machine).name;
    // The other servers of the section tell what was meant.
    let meant = ends.iter().find_map(|end| {
        let value = model.endpoint_value(model.unit_on(end.app, machine)?, end.endpoint).ok()?;
        Some((end, value.listen?.number))
    });
    if let Some((end, own)) = meant {
        return Some(format!("`{}` of `{name}` listens on {own}", model.endpoint_name(*end)));
    }
    (!others.may_listen(model, machine, port)).then(|| format!("nothing listens on that port of `{name}`"))
}

/// `server NAME ADDRESS:PORT ...`; nothing of a variable, a socket in a file or a server without a port.
pub(super) fn target(line: &Line<'_>) -> Option<(San, u16)> {
    let word = line.words.get(2)?;
    let word = ["ipv4@", "ipv6@"].iter().find_map(|family| word.strip_prefix(family)).unwrap_or(word);
    let (host, port) = word.rsplit_once(':').filter(|_| !word.contains(['$', '/', '@', '%']))?;
    let host = host.trim_matches(['[', ']']);
    let name = || San::Dns(host.into());
    Some((host.parse::<IpAddr>().map_or_else(|_| name(), San::Ip), port.parse().ok()?))
}

/// What a server leads to.
pub(super) fn fronts(model: &Model<'_>, file: &File<'_, '_>, line: &Line<'_>) -> Vec<Front> {
    target(line).map(|(host, port)| reachability::fronts(model, &host, port, file.machine)).unwrap_or_default()
}
