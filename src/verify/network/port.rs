//! No two listeners share a port on a machine, and none has one that a program gives out to others.

use indexmap::IndexMap;

use crate::diag::{Code, Diagnostic};
use crate::model::{MachineId, Model};
use crate::plan::listener::{Bind, Service, What};
use crate::plan::{Gap, Proof};
use crate::syntax::ast::Port;
use crate::text::Count;
use crate::verify::Evidence;

mod allocated;
mod free;
mod host;

/// One listener: which service it is of, and its place among the units of that. There are several on each machine, so it is kept
/// small.
#[derive(Clone, Copy, Debug)]
struct Listener {
    machine: MachineId,
    port: Port,
    service: u32,
    unit: u32,
}

impl Listener {
    fn service<'s>(&self, services: &'s [Service]) -> &'s Service {
        &services[self.service as usize]
    }

    fn bind(&self, services: &[Service]) -> Bind {
        self.service(services).units[self.unit as usize].bind
    }
}

/// Compares the listeners of every machine, and what pods take there.
pub(super) fn verify(evidence: &Evidence<'_, '_>, problems: &mut Vec<Diagnostic>) -> (Proof, Option<Gap>) {
    let model = evidence.model;
    let services = crate::plan::listener::services(model, problems);
    let listeners = listeners(&services);
    let mut clashes: IndexMap<(u32, u32), Vec<(Listener, Listener)>> = IndexMap::new();
    for pair in listeners.chunk_by(|a, b| a.machine == b.machine && a.port == b.port) {
        for (i, a) in pair.iter().enumerate() {
            for b in pair[i + 1..].iter().filter(|b| a.bind(&services).meets(b.bind(&services))) {
                clashes.entry((a.service, b.service)).or_default().push((*a, *b));
            }
        }
    }
    problems.extend(clashes.values().map(|clashes| clash(model, &services, &listeners, clashes)));
    allocated::verify(model, &services, problems);
    let (found, gap) = host::verify(evidence, &services, &listeners);
    problems.extend(found);
    let count = listeners.len();
    let statement = format!("{}, each with its own address and port", Count(count, "listener"));
    (Proof { name: "ports", statement, count }, gap)
}

/// Every port that is bound, by machine.
fn listeners(services: &[Service]) -> Vec<Listener> {
    let mut list = Vec::with_capacity(services.iter().filter(|known| known.binds).map(|known| known.units.len()).sum());
    for (service, known) in services.iter().enumerate().filter(|(_, known)| known.binds) {
        for (unit, bound) in known.units.iter().enumerate() {
            if let What::Port(port) = bound.what {
                list.push(Listener { machine: bound.machine, port, service: service as u32, unit: unit as u32 });
            }
        }
    }
    // Those of a service come in the order of machines already, which a stable sort makes use of.
    list.sort_by_key(|listener| (listener.machine, listener.port));
    list
}

/// One problem for two listeners, whatever the number of machines on which they meet.
fn clash(model: &Model<'_>, services: &[Service], all: &[Listener], clashes: &[(Listener, Listener)]) -> Diagnostic {
    let (a, b) = clashes[0];
    let (one, two) = (a.service(services), b.service(services));
    let (first, second) = (&model.app(one.app).name, &model.app(two.app).name);
    let place = place(model, clashes.iter().map(|(a, _)| a.machine));
    let twice = one.app == two.app;
    let message = match twice {
        true => format!("`{first}` listens on {} twice {place}", a.port),
        false => format!("`{first}` and `{second}` both listen on {} {place}", a.port),
    };
    let problem = Diagnostic::new(Code::PortTaken, model.app(two.app).span, message);
    let problem = match twice {
        true => problem
            .here("deployed here")
            .label(one.span, format!("listens on {}", at(a.bind(services))))
            .label(two.span, format!("listens on {}", at(b.bind(services)))),
        false => problem
            .here(format!("`{second}` is deployed here"))
            .label(model.app(one.app).span, format!("`{first}` is deployed here"))
            .label(one.span, format!("`{first}` listens on {}", at(a.bind(services))))
            .label(two.span, format!("`{second}` listens on {}", at(b.bind(services)))),
    };
    let machines: Vec<MachineId> = clashes.iter().map(|(a, _)| a.machine).collect();
    problem.help(help(model, [one, two], free::port(all, &machines, a.port)))
}

fn help(model: &Model<'_>, pair: [&Service; 2], free: Option<Port>) -> String {
    let [one, two] = pair;
    let mut help = match one.app == two.app {
        true => "use another port or address for one of them".to_owned(),
        false => "use another port or address for one of them, or place them on different machines".to_owned(),
    };
    let front = in_front(model, pair);
    if let Some([front, back]) = front.filter(|[front, _]| front.option.is_none()) {
        let (name, server) = (&front.name, &model.app(back.app).name);
        help += &format!(
            "; if `{}` only holds the address, and `{server}` answers there, set `binds = false` in `{name}`",
            model.app(front.app).name
        );
        return help;
    }
    let Some(free) = free else { return help };
    // The later one is rather the one to move: what others build on comes first.
    match [two, one].into_iter().find_map(|service| Some((service, service.option.as_ref()?))) {
        Some((service, option)) => {
            help += &format!("; {free} is free: `deploy {} ... {{ {option} = {free} }}`", model.app(service.app).name);
        }
        None => help += &format!("; {free} is free"),
    }
    help
}

/// Two services of which the first forwards to the application of the second.
fn in_front<'s>(model: &Model<'_>, [one, two]: [&'s Service; 2]) -> Option<[&'s Service; 2]> {
    let forwards = |front: &Service, back: &Service| {
        let info = &model.component_of(front.app).endpoints[front.endpoint? as usize];
        let providers = &model.ends(front.app).providers[info.forwards? as usize];
        providers.iter().any(|provider| provider.app == back.app).then_some(())
    };
    let found = [[one, two], [two, one]].into_iter().find(|[front, back]| forwards(front, back).is_some());
    found.filter(|_| one.app != two.app)
}

/// `on cp-0 and 2 more`.
fn place(model: &Model<'_>, mut machines: impl Iterator<Item = MachineId>) -> String {
    let first = machines.next().map_or("", |machine| &model.machine(machine).name);
    match machines.count() {
        0 => format!("on `{first}`"),
        more => format!("on `{first}` and {more} more"),
    }
}

fn at(bind: Bind) -> String {
    match bind {
        Bind::All => "every address".to_owned(),
        Bind::AllV4 => "every IPv4 address".to_owned(),
        Bind::One(ip) => ip.to_string(),
    }
}
