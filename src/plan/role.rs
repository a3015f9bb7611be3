//! Machines of a group that run the same applications, and what has to be let in to them: what a cloud's firewall is made of.
//!
//! In: a model. Out: a [`Role`] for each kind of machine and for each application that listens without a machine, as a cloud's
//! load balancer does; and the same as a value, which files of the output see as `cluster.roles`.

use std::collections::{BTreeSet, HashMap};

use ipnet::IpNet;

use crate::model::{AppId, MachineId, Model, Value};
use crate::syntax::ast::{ItemKind, Name};

use super::firewall::{Firewall, FirewallRule, Party, Ruleset, SSH, Why, firewalls, needed_of, needed_on, ruleset};
use super::listener::What;

/// Machines of a group with the same applications, or an application that listens without a machine.
#[derive(Clone, Debug)]
pub struct Role {
    /// The name of the group; where its machines differ, the second kind is `GROUP-2`. Or the name of the application.
    pub name: Name,
    /// `None` of an application.
    pub group: Option<Name>,
    pub machines: Vec<MachineId>,
    pub ingress: Vec<Ingress>,
}

/// Something that is let in: one protocol, some ports, one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingress {
    /// `tcp`, `udp`, or the number of an IP protocol.
    pub protocol: String,
    /// The first and the last port; 0 of a protocol without ports.
    pub ports: (u16, u16),
    pub source: Source,
    /// For people: `kube-apiserver.api from haproxy.backends`.
    pub comment: String,
}

/// Who dials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Those of a role.
    Role(Name),
    Range(IpNet),
    /// People whose networks the model does not tell.
    Operators,
}

/// All roles: those of machines in the order of their first ones, then those of applications.
pub fn roles(model: &Model<'_>) -> Vec<Role> {
    let kinds = kinds(model);
    let walls = firewalls(model, &mut Vec::new());
    let sources = Sources { model, kinds: &kinds };
    let of = |kind: &Kind| {
        let Some(first) = kind.machines.first() else {
            let set = kind.apps.iter().map(|app| needed_of(model, *app)).next().unwrap_or_default();
            return Role {
                name: kind.name.clone(),
                group: None,
                machines: Vec::new(),
                ingress: sources.of(None, &set),
            };
        };
        let wall = walls.iter().find(|wall| kind.apps.contains(&wall.app));
        let ingress = sources.of(wall, &filter(model, wall, *first));
        let group = Some(model.group_of(*first).name.clone());
        Role { name: kind.name.clone(), group, machines: kind.machines.clone(), ingress }
    };
    kinds.iter().map(of).collect()
}

/// What has the same rules.
struct Kind {
    name: Name,
    apps: BTreeSet<AppId>,
    machines: Vec<MachineId>,
}

fn kinds(model: &Model<'_>) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::new();
    let mut known: HashMap<(u32, BTreeSet<AppId>), usize> = HashMap::new();
    for machine in (0..model.machines.len() as u32).map(MachineId) {
        let on = |app: &AppId| model.unit_on(*app, machine).is_some();
        let apps: BTreeSet<AppId> = model.apps().map(|(app, _)| app).filter(on).collect();
        let group = model.machine(machine).group;
        let place = *known.entry((group, apps.clone())).or_insert_with(|| {
            let name = free_name(&model.groups[group as usize].name, model, &kinds);
            kinds.push(Kind { name, apps, machines: Vec::new() });
            kinds.len() - 1
        });
        kinds[place].machines.push(machine);
    }
    for (app, known) in model.apps().filter(|(app, known)| !known.placed && listens(model, *app)) {
        let name = free_name(&known.name, model, &kinds);
        kinds.push(Kind { name, apps: BTreeSet::from([app]), machines: Vec::new() });
    }
    kinds
}

/// Whether an application without machines has an address of its own that others dial.
fn listens(model: &Model<'_>, app: AppId) -> bool {
    !needed_of(model, app).rules.is_empty() && !model.app(app).addresses.is_empty()
}

/// The name, or with a number if it is another's.
fn free_name(wanted: &Name, model: &Model<'_>, kinds: &[Kind]) -> Name {
    let is_taken = |name: &str| kinds.iter().any(|kind| &*kind.name == name);
    let is_group = |name: &str| model.groups.iter().any(|group| &*group.name == name && group.name != *wanted);
    let numbered = (2..).map(|number| format!("{wanted}-{number}"));
    let mut all = std::iter::once(wanted.to_string()).chain(numbered);
    all.find(|name| !is_taken(name) && !is_group(name)).map_or_else(|| wanted.clone(), Name::from)
}

/// What the packet filter of a machine lets in; without one, what has to be.
fn filter(model: &Model<'_>, wall: Option<&Firewall>, machine: MachineId) -> Ruleset {
    let mut needed = needed_on(model, machine);
    let Some(wall) = wall else {
        needed.rules.insert(0, FirewallRule::ssh(SSH));
        return needed;
    };
    let set = ruleset(model, wall, machine);
    let given_out = if wall.is_open_to_all() { needed.given_out } else { set.given_out };
    Ruleset { given_out, ..set }
}

/// Who is behind the parties of rules.
struct Sources<'a, 'p> {
    model: &'a Model<'p>,
    kinds: &'a [Kind],
}

impl Sources<'_, '_> {
    /// The rules of a set, and after them the ports that programs give out; each with one source, which it has once.
    fn of(&self, wall: Option<&Firewall>, set: &Ruleset) -> Vec<Ingress> {
        let mut list: Vec<Ingress> = Vec::new();
        for rule in &set.rules {
            let sources = self.dialling(wall, &rule.party, &rule.why);
            add(&mut list, rule.what, &sources, &rule.comment);
        }
        for (what, parties) in &set.given_out {
            let all = [Party::Anyone];
            for party in if parties.is_empty() { &all[..] } else { parties } {
                let sources = self.dialling(wall, party, &Why::Declared);
                add(&mut list, *what, &sources, &format!("allocated ports {what}"));
            }
        }
        list
    }

    fn dialling(&self, wall: Option<&Firewall>, party: &Party, why: &Why) -> Vec<Source> {
        let ranges = |list: &[IpNet]| list.iter().copied().map(Source::Range).collect();
        match (party, why) {
            (Party::App(app), _) => self.named(|kind| kind.apps.contains(app)),
            (Party::Nodes, _) => self.named(|kind| !kind.machines.is_empty() && !kind.apps.is_empty()),
            (Party::Pods, _) => ranges(&self.model.cluster.pods),
            // An application without machines that listens is where its own clients' connections come from.
            (Party::Operators, Why::Relation(client)) if self.is_role(client.app) => {
                self.named(|kind| kind.machines.is_empty() && kind.apps.contains(&client.app))
            }
            (Party::Operators, _) => wall.map_or_else(|| vec![Source::Operators], |wall| ranges(&wall.operators)),
            (Party::Anyone, _) => ranges(&everyone()),
            (Party::Range(range), _) => vec![Source::Range(*range)],
        }
    }

    fn is_role(&self, app: AppId) -> bool {
        self.kinds.iter().any(|kind| kind.machines.is_empty() && kind.apps.contains(&app))
    }

    fn named(&self, wanted: impl Fn(&Kind) -> bool) -> Vec<Source> {
        self.kinds.iter().filter(|kind| wanted(kind)).map(|kind| Source::Role(kind.name.clone())).collect()
    }
}

fn everyone() -> [IpNet; 2] {
    ["0.0.0.0/0", "::/0"].map(|text| text.parse().expect("it is written as one"))
}

fn add(list: &mut Vec<Ingress>, what: What, sources: &[Source], comment: &str) {
    for (protocol, ports) in protocols(what) {
        for source in sources {
            let same = |known: &Ingress| (&known.protocol, known.ports, &known.source) == (&protocol, ports, source);
            if !list.iter().any(same) {
                let (protocol, source, comment) = (protocol.clone(), source.clone(), comment.to_owned());
                list.push(Ingress { protocol, ports, source, comment });
            }
        }
    }
}

/// What is let in, by the protocols that filters tell apart.
fn protocols(what: What) -> Vec<(String, (u16, u16))> {
    match what {
        What::Port(port) => vec![(port.protocol.to_string(), (port.number, port.number))],
        What::Ports { first, last, protocol: Some(protocol) } => vec![(protocol.to_string(), (first, last))],
        What::Ports { first, last, protocol: None } => {
            ["tcp", "udp"].map(|name| (name.to_owned(), (first, last))).to_vec()
        }
        What::Other(number) => vec![(number.to_string(), (0, 0))],
    }
}

/// Whether a component writes a file of the output, which may ask for roles.
pub fn is_asked_for(model: &Model<'_>) -> bool {
    let writes =
        |app: AppId| model.component_of(app).ast.items.iter().any(|item| matches!(item.kind, ItemKind::File(_)));
    model.apps().any(|(app, known)| !known.placed && writes(app))
}

/// All roles as expressions see them.
pub fn value(model: &Model<'_>) -> Value {
    Value::list(roles(model).iter().map(|role| {
        let machine = |id: &MachineId| model.machine_with(*id, ("role", Value::Text(role.name.clone())));
        Value::record([
            ("name", Value::Text(role.name.clone())),
            ("group", role.group.clone().map_or(Value::None, Value::Text)),
            ("machines", Value::list(role.machines.iter().map(machine))),
            ("ingress", Value::list(role.ingress.iter().map(ingress_value))),
        ])
    }))
}

fn ingress_value(rule: &Ingress) -> Value {
    let (role, range) = match &rule.source {
        Source::Role(name) => (Value::Text(name.clone()), Value::None),
        Source::Range(range) => (Value::None, Value::Cidr(*range)),
        Source::Operators => (Value::None, Value::None),
    };
    Value::record([
        ("protocol", Value::text(&rule.protocol)),
        ("first", Value::Int(rule.ports.0.into())),
        ("last", Value::Int(rule.ports.1.into())),
        ("role", role),
        ("range", range),
        ("operators", Value::Bool(rule.source == Source::Operators)),
        ("comment", Value::text(&rule.comment)),
    ])
}
