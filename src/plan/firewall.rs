//! The packet filter of a machine, as data: what is let in, from where, and why.
//!
//! In: a model in which a component has a `firewall` item. Out: for each of its machines a [`Ruleset`]. Everything in it
//! follows from the relations, from what components declare (`from`), and from the settings of the item.

use std::collections::HashSet;

use ipnet::IpNet;
use serde::Serialize;

use crate::model::{AppId, EndpointId, MachineId, Model};
use crate::syntax::ast::{EndpointKind, Port, Protocol};

pub mod addresses;
pub mod setting;

pub use addresses::Addresses;
pub use setting::{Firewall, Open, firewalls};

use super::listener::{Bind, From, Service, What, services, services_on};

/// Who dials.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Party {
    /// The machines of an application.
    App(AppId),
    /// All machines.
    Nodes,
    Pods,
    Operators,
    Anyone,
    Range(IpNet),
}

/// Why something is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// The endpoint that dials.
    Relation(EndpointId),
    /// The service says so of itself.
    Declared,
    /// People who log in.
    Ssh,
    /// The `open` with this place among those of the settings.
    Open(usize),
}

/// One thing that is let in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FirewallRule {
    pub what: What,
    pub bind: Bind,
    pub party: Party,
    pub why: Why,
    /// For people: `kube-apiserver.api from haproxy.backends`.
    pub comment: String,
}

/// All that is let into one machine, beside what every machine needs to have a network at all.
#[derive(Clone, Debug, Default)]
pub struct Ruleset {
    pub rules: Vec<FirewallRule>,
    /// Ports that are given out, and who may reach them; empty when everyone may.
    pub given_out: Vec<(What, Vec<Party>)>,
}

/// What has to be let into a machine, whether it has a packet filter or not.
pub fn needed_on(model: &Model<'_>, machine: MachineId) -> Ruleset {
    let mut set = Ruleset::default();
    let services = services_on(model, machine);
    services.iter().for_each(|service| of_service(model, service, &mut set));
    set.given_out = given_out(&services).map(|what| (what, Vec::new())).collect();
    set
}

/// What has to be let into where an application listens that is on no machine.
pub fn needed_of(model: &Model<'_>, app: AppId) -> Ruleset {
    let mut set = Ruleset::default();
    for (place, info) in model.component_of(app).endpoints.iter().enumerate() {
        let endpoint = EndpointId { app, endpoint: place as u32 };
        let unit = model.units_of(app).next().filter(|_| info.ast.kind == EndpointKind::Provides);
        let listen = unit.and_then(|unit| model.endpoint_value(unit, place as u32).ok()?.listen);
        for (party, client) in listen.iter().flat_map(|_| dialling(model, endpoint)) {
            let comment = format!("{} from {}", model.endpoint_name(endpoint), model.endpoint_name(client));
            listen.iter().for_each(|port| {
                set.push(What::Port(*port), Bind::All, party.clone(), Why::Relation(client), comment.clone());
            });
        }
    }
    set
}

/// The ports that programs give out.
fn given_out(services: &[Service]) -> impl Iterator<Item = What> {
    let all = services.iter().flat_map(|service| &service.units).map(|bound| bound.what);
    all.filter(|what| matches!(what, What::Ports { .. }))
}

/// What is let into a machine.
pub fn ruleset(model: &Model<'_>, firewall: &Firewall, machine: MachineId) -> Ruleset {
    let services = services_on(model, machine);
    let mut set = Ruleset::default();
    if let Some(port) = firewall.ssh {
        set.rules.push(FirewallRule::ssh(port));
    }
    for service in &services {
        of_service(model, service, &mut set);
    }
    for (place, open) in firewall.open.iter().enumerate() {
        let comment = format!("opened by {}", model.app(firewall.app).name);
        for range in &open.from {
            set.push(What::Port(open.port), Bind::All, Party::Range(*range), Why::Open(place), comment.clone());
        }
    }
    if !firewall.is_open_to_all() {
        let who: Vec<Party> =
            firewall.node_ports.iter().copied().map(Party::Range).chain([Party::Nodes, Party::Pods]).collect();
        set.given_out = given_out(&services).map(|what| (what, who.clone())).collect();
    }
    set
}

fn of_service(model: &Model<'_>, service: &Service, set: &mut Ruleset) {
    for bound in service.units.iter().filter(|bound| !bound.bind.is_loopback()) {
        // An allocated port belongs to the service that it is allocated to.
        if matches!(bound.what, What::Ports { .. }) {
            continue;
        }
        let title = service.title(model);
        for (party, client) in clients(model, service) {
            let comment = format!("{title} from {}", model.endpoint_name(client));
            set.push(bound.what, bound.bind, party, Why::Relation(client), comment);
        }
        for from in &service.from {
            let (party, word) = match from {
                From::Peers => (Party::App(service.app), "its peers".to_owned()),
                From::Nodes => (Party::Nodes, "nodes".to_owned()),
                From::Pods => (Party::Pods, "pods".to_owned()),
                From::Operators => (Party::Operators, "operators".to_owned()),
                From::Anyone => (Party::Anyone, "anyone".to_owned()),
                From::Range(range) => (Party::Range(*range), range.to_string()),
            };
            set.push(bound.what, bound.bind, party, Why::Declared, format!("{title} from {word}"));
        }
    }
}

/// One thing that firewalls let in, on all machines that have it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Opening {
    /// `kube-apiserver.api`, `SSH`.
    pub service: String,
    /// `6443/tcp`.
    pub port: String,
    /// Who dials: `haproxy.backends`, `nodes`, or a range.
    pub from: Vec<String>,
}

/// Everything that the firewalls of a model let in, in the order of its applications.
pub fn openings(model: &Model<'_>) -> Vec<Opening> {
    let of = |firewall: &Firewall| {
        let rules = |machine| ruleset(model, firewall, machine).rules;
        kinds(model, firewall.app).into_iter().flat_map(rules).collect::<Vec<_>>()
    };
    listed(firewalls(model, &mut Vec::new()).iter().flat_map(of))
}

/// Everything that a filter between the machines has to let in, whether they have firewalls of their own or not.
pub fn needed(model: &Model<'_>) -> Vec<Opening> {
    let of = |service: &Service| {
        let mut set = Ruleset::default();
        of_service(model, service, &mut set);
        set.rules
    };
    listed(services(model, &mut Vec::new()).iter().flat_map(of))
}

/// The rules of all machines, those of one service and port as one.
fn listed(rules: impl Iterator<Item = FirewallRule>) -> Vec<Opening> {
    let mut list: Vec<Opening> = Vec::new();
    for rule in rules {
        let (service, from) = match (&rule.why, &rule.party, rule.comment.split_once(" from ")) {
            (Why::Open(_), Party::Range(range), _) => (rule.comment.clone(), range.to_string()),
            (_, _, Some((service, from))) => (service.to_owned(), from.to_owned()),
            _ => ("SSH".to_owned(), "operators".to_owned()),
        };
        let port = rule.what.to_string();
        match list.iter_mut().find(|known| known.service == service && known.port == port) {
            Some(known) if known.from.contains(&from) => {}
            Some(known) => known.from.push(from),
            None => list.push(Opening { service, port, from: vec![from] }),
        }
    }
    list
}

/// One machine of each kind that carries an application: those of a group with the same applications differ in addresses
/// only.
pub fn kinds(model: &Model<'_>, app: AppId) -> Vec<MachineId> {
    let mut seen = HashSet::new();
    let machines = model.units_of(app).filter_map(|unit| model.unit(unit).machine);
    let on = |machine: MachineId| -> Vec<AppId> {
        model.apps().map(|(app, _)| app).filter(|app| model.unit_on(*app, machine).is_some()).collect()
    };
    machines.filter(|machine| seen.insert((model.machine(*machine).group, on(*machine)))).collect()
}

/// Who is related to a service and dials it from other machines.
pub fn clients(model: &Model<'_>, service: &Service) -> Vec<(Party, EndpointId)> {
    let endpoint = service.endpoint.map(|endpoint| EndpointId { app: service.app, endpoint });
    endpoint.map_or_else(Vec::new, |endpoint| dialling(model, endpoint))
}

/// Who is related to an endpoint and dials it from other machines.
fn dialling(model: &Model<'_>, endpoint: EndpointId) -> Vec<(Party, EndpointId)> {
    let clients = model.ends(endpoint.app).clients.get(endpoint.endpoint as usize).into_iter().flatten();
    let dials = |client: &&EndpointId| !model.is_near(**client, endpoint);
    let party = |client: &EndpointId| match model.app(client.app).placed {
        true => Party::App(client.app),
        // What is on no machine is people's: a kubeconfig of theirs.
        false => Party::Operators,
    };
    clients.filter(dials).map(|client| (party(client), *client)).collect()
}

impl FirewallRule {
    /// That operators may log in.
    pub fn ssh(port: Port) -> Self {
        let (what, comment) = (What::Port(port), "SSH for operators".to_owned());
        Self { what, bind: Bind::All, party: Party::Operators, why: Why::Ssh, comment }
    }
}

impl Ruleset {
    fn push(&mut self, what: What, bind: Bind, party: Party, why: Why, comment: String) {
        let same = |rule: &FirewallRule| (rule.what, rule.bind, &rule.party) == (what, bind, &party);
        if !self.rules.iter().any(same) {
            self.rules.push(FirewallRule { what, bind, party, why, comment });
        }
    }

    /// All addresses that are let in to a port, or by a protocol.
    pub fn admits(&self, model: &Model<'_>, firewall: &Firewall, what: What) -> Addresses {
        let rules = self.rules.iter().filter(|rule| rule.what == what);
        rules.fold(Addresses::default(), |sum, rule| sum.and(&rule.party.addresses(model, firewall)))
    }
}

impl Party {
    /// Where it dials from.
    pub fn addresses(&self, model: &Model<'_>, firewall: &Firewall) -> Addresses {
        match self {
            Party::App(app) => Addresses::of_runs(model.addresses_of(*app)),
            Party::Nodes => (0..model.apps.len() as u32)
                .map(AppId)
                .fold(Addresses::default(), |sum, app| sum.and(&Addresses::of_runs(model.addresses_of(app)))),
            Party::Pods => Addresses::of_ranges(&model.cluster.pods),
            Party::Operators => Addresses::of_ranges(&firewall.operators),
            Party::Anyone => Addresses::all(),
            Party::Range(range) => Addresses::of_ranges(&[*range]),
        }
    }
}

/// The port on which SSH listens unless the settings say otherwise.
pub const SSH: Port = Port { number: 22, protocol: Protocol::Tcp };
