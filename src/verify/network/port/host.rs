//! Ports of machines that pods take, compared with what listens there and with each other.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic};
use crate::model::{MachineId, Model};
use crate::plan::Gap;
use crate::plan::listener::{Service, What};
use crate::source::Span;
use crate::verify::objects::placement::{Nodes, Runs};
use crate::verify::objects::pods::{self, Number, Pods};
use crate::verify::{Evidence, gap, program};

use super::{Listener, allocated, at, free, place};

mod port;
mod scheduled;

use port::HostPort;

/// Pods with one port of the machine that they take.
struct Taken<'a> {
    pods: &'a Pods<'a>,
    host: HostPort,
}

/// What all comparisons look at.
struct Compared<'a, 'p> {
    model: &'a Model<'p>,
    nodes: Nodes<'a, 'p>,
    services: &'a [Service],
    listeners: &'a [Listener],
    /// Those of which nothing can be said, and those that are too many.
    unknown: BTreeSet<String>,
    crowded: BTreeSet<String>,
    problems: Vec<Diagnostic>,
}

/// Compares every port that pods take; what could not be compared is the gap.
pub(super) fn verify(
    evidence: &Evidence<'_, '_>,
    services: &[Service],
    listeners: &[Listener],
) -> (Vec<Diagnostic>, Option<Gap>) {
    let all = pods::all(evidence);
    let running = all.iter().filter(|pods| pods.number != Number::Some(0));
    let taken: Vec<Taken<'_>> =
        running.flat_map(|pods| port::of(&pods.spec).into_iter().map(move |host| Taken { pods, host })).collect();
    if taken.is_empty() {
        return (Vec::new(), None);
    }
    let nodes = Nodes::of(evidence);
    let (unknown, crowded, problems) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    let mut compared = Compared { model: evidence.model, nodes, services, listeners, unknown, crowded, problems };
    let heard = program::listening(evidence);
    for (number, one) in taken.iter().enumerate() {
        compared.twice(one, &taken[..number]);
        compared.with_services(one);
        compared.with_settings(one, &heard);
        compared.given_out(one);
    }
    scheduled::verify(&mut compared, &taken);
    let why = "whose machines depend on labels that the model does not set";
    (compared.problems, gap("pods", "workload", why, compared.unknown))
}

impl Taken<'_> {
    fn span(&self, model: &Model<'_>) -> Span {
        self.pods.span(model, &self.host.way)
    }

    /// `` the pods of DaemonSet `edge` use the host port 80/tcp on ``; the scheduler chooses among the machines of others.
    fn use_on(&self) -> String {
        let (title, port) = (self.pods.title(), self.host.port);
        match self.pods.number {
            Number::Each => format!("the pods of {title} use the host port {port}"),
            Number::Some(_) => format!("the pods of {title}, which use the host port {port}, may run"),
            Number::Static(_) => format!("{title} uses the host port {port}"),
        }
    }
}

const MOVE: &str =
    "use another port for one of them, or keep the pods from these machines by `nodeSelector` or a taint";

impl Compared<'_, '_> {
    fn found(&self, code: Code, taken: &Taken<'_>, message: String) -> Diagnostic {
        Diagnostic::new(code, taken.span(self.model), message).here(format!("{} is used here", taken.host.port))
    }

    /// Those on which the pods surely run, of some; where one of them is not sure, that is kept.
    fn sure(&mut self, taken: &Taken<'_>, machines: impl Iterator<Item = MachineId>) -> Vec<MachineId> {
        let mut list = Vec::new();
        for machine in machines {
            match self.nodes.runs(taken.pods, machine) {
                Runs::Yes => list.push(machine),
                Runs::Unknown => drop(self.unknown.insert(taken.pods.title().replace('`', ""))),
                Runs::No => {}
            }
        }
        list
    }

    /// Two containers of one pod, or one container twice.
    fn twice(&mut self, taken: &Taken<'_>, before: &[Taken<'_>]) {
        let same = |other: &&Taken<'_>| std::ptr::eq(other.pods, taken.pods) && other.host.meets_other(&taken.host);
        let Some(other) = before.iter().find(same) else { return };
        let message = format!("{} uses the host port {} twice", taken.pods.title(), taken.host.port);
        let found = self.found(Code::PortTaken, taken, message).label(other.span(self.model), "and here");
        self.problems.push(found.help("remove one of them, or use another port"));
    }

    /// What components declare. What a component declares itself may be its own pod.
    fn with_services(&mut self, taken: &Taken<'_>) {
        let model = self.model;
        for service in self.services.iter().filter(|service| service.binds && service.app != taken.pods.app) {
            let meeting = service.units.iter().filter(|unit| match unit.what {
                What::Port(port) => taken.host.meets(port, unit.bind, model.machine(unit.machine).address),
                _ => false,
            });
            let Some(first) = meeting.clone().next() else { continue };
            let machines = self.sure(taken, meeting.map(|unit| unit.machine));
            if machines.is_empty() {
                continue;
            }
            let (name, title) = (&model.app(service.app).name, service.title(model));
            let on = place(model, machines.iter().copied());
            let message = format!("{} {on}, where `{name}` listens on it", taken.use_on());
            let found = self
                .found(Code::PortTaken, taken, message)
                .label(service.span, format!("`{title}` listens on {}", at(first.bind)))
                .label(model.app(service.app).span, format!("`{name}` is deployed here"));
            let free = free::port(self.listeners, &machines, taken.host.port);
            let free = free.map(|port| format!("; {port} is free")).unwrap_or_default();
            self.problems.push(found.help(format!("{MOVE}{free}")));
        }
    }

    /// What settings of programs make them listen on beside that.
    fn with_settings(&mut self, taken: &Taken<'_>, heard: &[program::Listening]) {
        let model = self.model;
        for one in heard.iter().filter(|one| one.app != taken.pods.app) {
            if !taken.host.meets(one.port, one.bind, model.machine(one.machine).address)
                || self.problems.iter().any(|known| known.labels.iter().any(|label| label.span == one.span))
                || self.sure(taken, std::iter::once(one.machine)).is_empty()
            {
                continue;
            }
            let (on, name) = (&model.machine(one.machine).name, &model.app(one.app).name);
            let message = format!("{} on `{on}`, where `{name}` listens on it", taken.use_on());
            let found = self
                .found(Code::PortTaken, taken, message)
                .label(one.span, format!("`{}` sets it", one.written))
                .label(model.app(one.app).span, format!("`{name}` is deployed here"));
            self.problems.push(found.help(MOVE));
        }
    }

    /// Ports that are allocated to services, or that the kernel uses for connections.
    fn given_out(&mut self, taken: &Taken<'_>) {
        let (model, port) = (self.model, taken.host.port);
        for service in self.services {
            let Some(What::Ports { first, last, protocol }) = service.units.first().map(|unit| unit.what) else {
                continue;
            };
            let within = (first..=last).contains(&port.number) && protocol.is_none_or(|one| one == port.protocol);
            if !within || service.app == taken.pods.app {
                continue;
            }
            let machines = self.sure(taken, service.units.iter().map(|unit| unit.machine));
            if machines.is_empty() {
                continue;
            }
            let on = place(model, machines.into_iter());
            let name = &model.app(service.app).name;
            let message = format!("{} {on}, where `{name}` allocates it to services", taken.use_on());
            let found = self
                .found(Code::PortGivenOut, taken, message)
                .label(service.span, format!("`{name}` allocates {first}-{last}"));
            self.problems.push(found.help(format!(
                "use a port outside {first}-{last}: once a service gets {}, traffic to that port goes to the service",
                port.number
            )));
        }
        let (first, last) = allocated::EPHEMERAL;
        if taken.host.binds && (first..=last).contains(&port.number) {
            let all: Vec<MachineId> = self.nodes.machines().collect();
            let machines = self.sure(taken, all.into_iter());
            let open = allocated::open_on(model, machines.into_iter(), (port.number, port.number));
            if !open.is_empty() {
                let on = place(model, open.into_iter());
                let message = format!("{} {on}, which is in the range for outgoing connections", taken.use_on());
                let found = self.found(Code::PortGivenOut, taken, message);
                self.problems.push(found.help(format!(
                    "use a port outside {first}-{last}, or set `needs sysctl net.ipv4.ip_local_reserved_ports = \"{}\"` in \
                     a component of these machines",
                    port.number
                )));
            }
        }
    }
}
