//! Ports that programs of a machine hold, compared with what the model lets listen there.

use crate::diag::Code;
use crate::model::host_facts::{Held, HostFacts};
use crate::model::{MachineId, Model};
use crate::plan::listener::{Bind, Service, What, services, services_on};

use super::{Listener, Misfit, Wanted};

pub(super) fn misfits(facts: &HostFacts, wanted: &Wanted) -> Vec<Misfit> {
    let clash =
        |held: &Held| wanted.listeners.iter().find(|listener| meets(listener, held)).map(|one| misfit(one, held));
    let mut found: Vec<Misfit> = Vec::new();
    // A program that binds both families holds a port twice.
    for misfit in facts.listens.iter().filter_map(clash) {
        if !found.iter().any(|known| known.help == misfit.help) {
            found.push(misfit);
        }
    }
    found
}

fn meets(listener: &Listener, held: &Held) -> bool {
    let is_port = match listener.what {
        What::Port(port) => port.number == held.port && port.protocol == held.protocol,
        // A program that gives out ports passes over one that is taken.
        What::Ports { .. } | What::Other(_) => false,
    };
    is_port && listener.bind.meets(Bind::of(held.address))
}

fn misfit(listener: &Listener, held: &Held) -> Misfit {
    let (protocol, port, service) = (held.protocol.name(), held.port, &listener.service);
    let (program, stop) = match held.program.as_str() {
        "" => ("another program".to_owned(), "find it with `ss -lntup`, stop and disable it".to_owned()),
        // It holds the port for a service that a connection starts.
        "systemd" => {
            ("a socket of systemd".to_owned(), "find it with `systemctl list-sockets`, and disable it".to_owned())
        }
        program => (format!("`{program}`"), format!("stop and disable `{program}`")),
    };
    let message = format!("{program} listens on {port}/{protocol} there, which `{service}` of the model needs");
    let help = format!("{stop}, or use another port than {port}/{protocol} for `{service}`");
    Misfit::new(Code::HostInUse, message, help)
}

/// What listens on each machine, in their order.
pub fn listeners(model: &Model<'_>) -> Vec<Vec<Listener>> {
    let mut list = vec![Vec::new(); model.machines.len()];
    for service in services(model, &mut Vec::new()).iter().filter(|service| service.binds) {
        for bound in &service.units {
            list[bound.machine.index()].push(listener(model, service, (bound.what, bound.bind)));
        }
    }
    list
}

/// What listens on one machine.
pub(super) fn listeners_on(model: &Model<'_>, machine: MachineId) -> Vec<Listener> {
    let services = services_on(model, machine);
    let of = |service: &Service| {
        let bound = service.units.iter().map(|bound| listener(model, service, (bound.what, bound.bind)));
        bound.collect::<Vec<_>>()
    };
    services.iter().filter(|service| service.binds).flat_map(of).collect()
}

fn listener(model: &Model<'_>, service: &Service, (what, bind): (What, Bind)) -> Listener {
    Listener { service: service.title(model), what, bind }
}
