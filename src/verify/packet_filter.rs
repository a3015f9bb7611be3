//! Handwritten packet filters of components, checked against the relations.
//!
//! In: the files of nftables, iptables-persistent, ufw and firewalld as they are rendered. Out: which relations each would
//! shut. The rules are read as far as they name protocols, ports and sources; where more decides, that is said instead.

use crate::diag::{Code, Diagnostic};
use crate::hash::IndexMap;
use crate::model::{AppId, MachineId, Model};
use crate::plan::Proof;
use crate::plan::firewall::{Addresses, Party, clients};
use crate::plan::listener::{From, Service, What, services_on};
use crate::render::evidence::{Command, Content, Document, Entry, Owner};
use crate::source::Span;
use crate::syntax::ast::Protocol;
use crate::text::List;

use super::author::Author;
use super::{Evidence, Verdict, locate};

mod command;
mod firewall_cmd;
mod firewalld;
mod iptables;
mod nft;

/// A file with rules, of an application on one machine of each kind; or its commands.
#[derive(Clone, Debug)]
pub struct Filter {
    /// As in a message: `/etc/nftables.conf`, `ufw`.
    pub path: String,
    pub owner: Owner,
    pub machine: MachineId,
    pub span: Span,
    pub read: Read,
}

/// What could be read of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Read {
    /// It admits everything that it does not name.
    Open,
    /// It lets in this, and nothing else that is new.
    Accepts(Vec<Accept>),
    /// It lets in everything but this, in which it also names what it lets in.
    Rejects(Vec<Accept>),
    /// Something decides that is not read: this.
    Unread(String),
}

/// Something that is let in, or kept out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Accept {
    pub verdict: Does,
    /// TCP, UDP or another protocol; of any kind if there is none.
    pub protocol: Option<u8>,
    /// First and last of each range; all if there are none.
    pub ports: Vec<(u16, u16)>,
    /// From where; anywhere if there is none.
    pub from: Vec<ipnet::IpNet>,
    /// A condition that is not read: it may let in less.
    pub only: Option<String>,
}

/// What a rule does with what it names. The first rule that fits decides.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Does {
    #[default]
    Accept,
    Reject,
    /// It keeps out some of it, which more decides than is read: the rule.
    Unsure(String),
}

pub const TCP: u8 = 6;
pub const UDP: u8 = 17;

/// Reads a file if it is one of a packet filter.
pub fn read(path: &str, text: &str, nodes: ipnet::IpNet) -> Option<Read> {
    let v4 = nodes.addr().is_ipv4();
    let name = path.rsplit('/').next().unwrap_or_default();
    match () {
        () if path == "/etc/nftables.conf" || path.starts_with("/etc/nftables") && name.ends_with(".nft") => {
            Some(nft::read(text))
        }
        // Each family has a file of its own.
        () if path.starts_with("/etc/iptables/") && (name == "rules.v4") == v4 && name.starts_with("rules.v") => {
            Some(iptables::read(text, "INPUT"))
        }
        () if path == if v4 { "/etc/ufw/user.rules" } else { "/etc/ufw/user6.rules" } => {
            Some(iptables::read(text, if v4 { "ufw-user-input" } else { "ufw6-user-input" }))
        }
        () if path.starts_with("/etc/firewalld/zones/") && name.ends_with(".xml") => Some(firewalld::read(text)),
        () => None,
    }
}

/// Who comes in by an interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Inside {
    /// The machine itself, or pods on it.
    Machine,
    /// Other machines.
    Network,
    /// It is not known.
    Unknown,
}

/// Interfaces that a machine makes for itself and its pods, by the beginnings of their names: those of bridges, network
/// plugins and tunnels between pods.
const OWN: &[&str] = &[
    "lo",
    "cni",
    "cbr",
    "docker",
    "br-",
    "virbr",
    "veth",
    "cali",
    "cilium",
    "lxc",
    "flannel",
    "vxlan.calico",
    "tunl",
    "wireguard.cali",
    "kube-ipvs",
    "nodelocaldns",
    "weave",
    "ovn",
    "antrea",
    "podman",
    "nerdctl",
    "dummy",
];

/// Interfaces of networks, by the beginnings of the names that the kernel and systemd give them (systemd.net-naming-scheme).
const NETWORK: &[&str] = &["eth", "en", "bond", "ib", "team", "wl", "vlan"];

/// Who comes in by an interface of this name; `*` and `+` at its end stand for any rest.
fn inside(name: &str) -> Inside {
    let name = name.trim_matches('"').trim_end_matches(['*', '+']);
    let begins = |list: &[&str]| list.iter().any(|start| name.starts_with(start));
    match () {
        () if name.is_empty() => Inside::Unknown,
        () if begins(OWN) => Inside::Machine,
        () if begins(NETWORK) => Inside::Network,
        () => Inside::Unknown,
    }
}

/// What a rule admits that is bound to interfaces: nothing where none of them is one of a network.
fn by_interface(names: &[&str], rule: &str, accept: &mut Accept) -> bool {
    let inside: Vec<Inside> = names.iter().map(|name| inside(name)).collect();
    if inside.contains(&Inside::Unknown) && !inside.contains(&Inside::Network) {
        accept.only = Some(format!("who enters by the interface of `{rule}` is not known"));
    }
    inside.iter().any(|one| *one != Inside::Machine)
}

/// The commands of each machine, in their order.
type Commands<'c, 'p> = IndexMap<MachineId, Vec<&'c Command<'p>>>;

fn by_machine<'c, 'p>(commands: &[&'c Command<'p>]) -> Commands<'c, 'p> {
    let mut machines = Commands::default();
    for command in commands {
        if let Some(machine) = command.owner.machine {
            machines.entry(machine).or_default().push(*command);
        }
    }
    machines
}

/// The packet filters that commands make.
fn of_commands(model: &Model<'_>, commands: &Commands<'_, '_>) -> Vec<Filter> {
    let mut list = Vec::new();
    for (machine, commands) in commands {
        let mut owners: Vec<Owner> = Vec::new();
        for command in commands {
            if !owners.contains(&command.owner) {
                owners.push(command.owner);
                list.extend(of_owner(model, command.owner, *machine, commands));
            }
        }
    }
    list
}

fn of_owner(model: &Model<'_>, owner: Owner, machine: MachineId, commands: &[&Command<'_>]) -> Option<Filter> {
    let own: Vec<&&Command<'_>> = commands.iter().filter(|command| command.owner == owner).collect();
    let texts: Vec<&str> = own.iter().map(|command| command.text.as_str()).collect();
    let read = command::read(&texts)?;
    let first = own.iter().find(|command| command::makes(&command.text)).or(own.first())?;
    let span = locate::word::span(model, first.owner, &first.written);
    Some(Filter { path: "its commands".to_owned(), owner, machine, span, read })
}

/// firewalld, where commands of a machine start it; its zones may be files.
fn of_firewalld(model: &Model<'_>, commands: &Commands<'_, '_>) -> Vec<Filter> {
    let of = |(machine, own): (&MachineId, &Vec<&Command<'_>>)| {
        let words: Vec<Vec<&str>> = own.iter().map(|command| command::words(&command.text)).collect();
        let read = firewall_cmd::read(&words)?;
        let starts = own.iter().find(|command| command.text.contains("firewalld"))?;
        let span = locate::word::span(model, starts.owner, &starts.written);
        Some(Filter { path: "its commands".to_owned(), owner: starts.owner, machine: *machine, span, read })
    };
    commands.iter().filter_map(of).collect()
}

/// Whether a file has rules of a packet filter.
pub(super) fn is_read(model: &Model<'_>, document: &Document<'_>) -> bool {
    of_document(model, document).is_some()
}

/// The packet filter that a file is, on a machine.
fn of_document(model: &Model<'_>, document: &Document<'_>) -> Option<Filter> {
    // What stands in a ConfigMap is read in pods.
    let Content::Text(text) = &document.content else { return None };
    if !document.path.starts_with('/') {
        return None;
    }
    let (owner, machine) = (document.owner, document.owner.machine?);
    let read = read(&document.path, text, model.cluster.nodes.first().range)?;
    Some(Filter { path: document.path.clone(), owner, machine, span: document.written.span, read })
}

/// Filters that are written by hand let relations through.
pub fn filters(evidence: &Evidence<'_, '_>) -> Verdict {
    let (mut files, mut commands) = (Vec::new(), Vec::new());
    for entry in evidence.samples.iter().flat_map(|sample| &sample.entries) {
        match entry {
            Entry::Document(document) => files.extend(of_document(evidence.model, document)),
            Entry::Command(command) => commands.push(command),
            _ => {}
        }
    }
    let has_zones = files.iter().any(|file: &Filter| file.path.starts_with("/etc/firewalld/"));
    let commands = by_machine(&commands);
    files.extend(of_commands(evidence.model, &commands));
    files.extend((!has_zones).then(|| of_firewalld(evidence.model, &commands)).into_iter().flatten());
    let (problems, count) = check_filters(evidence.model, &files);
    let statement = match count {
        0 => String::new(),
        1 => "1 handwritten packet filter admits every relation".to_owned(),
        _ => format!("{count} handwritten packet filters admit every relation"),
    };
    Verdict::of(problems, Proof { name: "filters", statement, count })
}

/// What each filter shuts, one problem for each file of an application; and how many of them could be read.
fn check_filters(model: &Model<'_>, filters: &[Filter]) -> (Vec<Diagnostic>, usize) {
    let (mut problems, mut count) = (Vec::new(), 0);
    let mut done: Vec<(Author, &str)> = Vec::new();
    for filter in filters {
        let key = (Author::of(filter.owner), filter.path.as_str());
        if done.contains(&key) {
            continue;
        }
        done.push(key);
        let same = || filters.iter().filter(|other| (Author::of(other.owner), other.path.as_str()) == key);
        let unread = same().find_map(|one| if let Read::Unread(why) = &one.read { Some(why.clone()) } else { None });
        match unread.or_else(|| same().find_map(|one| unsure(model, one))) {
            Some(why) => problems.push(unproved(model, filter, &why)),
            None => {
                let all = |sure: bool| same().flat_map(|one| shut(model, one, sure)).collect::<Vec<_>>();
                let (least, sure) = (all(false), all(true));
                let condition = same().find_map(|one| match &one.read {
                    Read::Accepts(list) => list.iter().find_map(|accept| accept.only.as_ref()),
                    _ => None,
                });
                match condition.filter(|_| least.is_empty() && !sure.is_empty()) {
                    Some(why) => problems.push(unproved(model, filter, why)),
                    None => {
                        count += 1;
                        problems.extend(closed(model, filter, &least));
                    }
                }
            }
        }
    }
    (problems, count)
}

fn unproved(model: &Model<'_>, filter: &Filter, why: &str) -> Diagnostic {
    let author = Author::of(filter.owner);
    let does = does(filter, &author.name(model), "filter");
    let message = format!("{does} traffic, but which relations that blocks is unknown: {why}");
    let (span, text) = author.place(model);
    Diagnostic::new(Code::FilterUnread, filter.span, message)
        .label(span, text)
        .help("use `deploy firewall` from std/firewall, which derives the rules from the relations and verifies them")
}

/// `` `/etc/nftables.conf` blocks ``, or `` the commands of `own` block ``.
fn does(filter: &Filter, author: &str, verb: &str) -> String {
    match filter.path.starts_with('/') {
        true => format!("`{}` {verb}s", filter.path),
        false => format!("the commands of {author} {verb}"),
    }
}

/// A connection that a filter does not admit.
struct Shut {
    /// `` `kube-apiserver.store` to `etcd.client` (2379/tcp) ``.
    text: String,
    span: Span,
    what: What,
}

fn closed(model: &Model<'_>, filter: &Filter, list: &[Shut]) -> Option<Diagnostic> {
    let mut texts: Vec<&str> = Vec::new();
    list.iter().for_each(|shut| {
        if !texts.contains(&shut.text.as_str()) {
            texts.push(&shut.text)
        }
    });
    let first = texts.first()?;
    let more = match texts.len() {
        1 => String::new(),
        2 => format!(", and {}", texts[1]),
        count => format!(", {}, and {} more", texts[1], count - 2),
    };
    let author = Author::of(filter.owner);
    let does = does(filter, &author.name(model), "block");
    let (span, text) = author.place(model);
    let message = format!("{does} connections that relations need: {first}{more}");
    let mut problem = Diagnostic::new(Code::RelationClosed, filter.span, message).label(span, text);
    let mut labelled: Vec<Span> = Vec::new();
    for shut in list {
        if labelled.len() < 4 && !labelled.contains(&shut.span) {
            labelled.push(shut.span);
            problem = problem.label(shut.span, format!("listens on {}", shut.what));
        }
    }
    let mut ports: Vec<String> = list.iter().map(|shut| shut.what.to_string()).collect();
    ports.sort();
    ports.dedup();
    let help = format!(
        "admit {}, or replace these rules with `deploy firewall on *` from std/firewall, which derives them from the \
         relations",
        List::ticked(ports.iter().map(String::as_str))
    );
    Some(problem.help(help))
}

/// The relations to listeners on the machine of a filter that it blocks, with what it lets in for sure or may let in.
fn shut(model: &Model<'_>, filter: &Filter, sure: bool) -> Vec<Shut> {
    let mut list = Vec::new();
    for service in services_on(model, filter.machine) {
        let Some(bound) = service.units.first().filter(|bound| !bound.bind.is_loopback()) else { continue };
        let admitted = filter.read.admits(bound.what, sure);
        for (from, wanted) in dialling(model, &service) {
            if !wanted.is_empty() && !wanted.without(&admitted).is_empty() {
                let text = format!("{from} to `{}` ({})", service.title(model), bound.what);
                list.push(Shut { text, span: service.span, what: bound.what });
            }
        }
    }
    list
}

/// The rule that may keep out someone who dials what runs on the machine of a filter, if more decides than is read of it.
fn unsure(model: &Model<'_>, filter: &Filter) -> Option<String> {
    let (Read::Accepts(rules) | Read::Rejects(rules)) = &filter.read else { return None };
    if !rules.iter().any(|rule| matches!(rule.verdict, Does::Unsure(_))) {
        return None;
    }
    services_on(model, filter.machine).iter().find_map(|service| {
        let bound = service.units.first().filter(|bound| !bound.bind.is_loopback())?;
        let dialled = dialling(model, service).iter().any(|(_, wanted)| !wanted.is_empty());
        let rule = rules.iter().find(|rule| rule.fits(bound.what)).filter(|_| dialled)?;
        if let Does::Unsure(why) = &rule.verdict { Some(why.clone()) } else { None }
    })
}

/// Who dials a service from other machines, and from where.
fn dialling(model: &Model<'_>, service: &Service) -> Vec<(String, Addresses)> {
    let of_app = |app: AppId| Addresses::of_runs(model.addresses_of(app));
    let related = clients(model, service).into_iter().filter_map(|(party, client)| match party {
        Party::App(app) => Some((format!("`{}`", model.endpoint_name(client)), of_app(app))),
        _ => None,
    });
    let declared = service.from.iter().filter_map(|from| match from {
        From::Peers if model.app(service.app).units.len() > 1 => Some(("its peers".to_owned(), of_app(service.app))),
        _ => None,
    });
    related.chain(declared).collect()
}

impl Read {
    /// The addresses that are let in to something that listens, for sure or perhaps: each by the first rule that fits.
    fn admits(&self, what: What, sure: bool) -> Addresses {
        let (rules, open) = match self {
            Read::Accepts(rules) => (&rules[..], false),
            Read::Rejects(rules) => (&rules[..], true),
            Read::Open | Read::Unread(_) => (&[][..], true),
        };
        let (mut admitted, mut rejected) = (Addresses::default(), Addresses::default());
        for rule in rules.iter().filter(|rule| rule.fits(what)) {
            let from = if rule.from.is_empty() { Addresses::all() } else { Addresses::of_ranges(&rule.from) };
            match rule.verdict {
                Does::Accept if sure && rule.only.is_some() => {}
                Does::Accept => admitted = admitted.and(&from.without(&rejected)),
                Does::Reject => rejected = rejected.and(&from.without(&admitted)),
                Does::Unsure(_) => {}
            }
        }
        if open { admitted.and(&Addresses::all().without(&rejected)) } else { admitted }
    }
}

impl Accept {
    /// Whether it is about something that listens.
    fn fits(&self, what: What) -> bool {
        let (protocol, first, last) = match what {
            What::Port(port) => {
                (Some(if port.protocol == Protocol::Tcp { TCP } else { UDP }), port.number, port.number)
            }
            What::Ports { first, last, protocol } => {
                (protocol.map(|p| if p == Protocol::Tcp { TCP } else { UDP }), first, last)
            }
            What::Other(number) => (Some(number), 0, 0),
        };
        let known = self.protocol.is_none() || protocol.is_none() || self.protocol == protocol;
        // To let in, it has to name all of several ports; to keep out, one is enough.
        let whole = self.verdict == Does::Accept;
        let fits =
            |(from, to): &(u16, u16)| if whole { *from <= first && last <= *to } else { *from <= last && first <= *to };
        known && (self.ports.is_empty() || self.ports.iter().any(fits))
    }
}

/// `22`, `80-90` or `80:90`, or a name that everybody knows.
fn ports(text: &str) -> Option<(u16, u16)> {
    let one = |text: &str| match text.trim() {
        "ssh" => Some(22),
        "domain" | "dns" => Some(53),
        "http" => Some(80),
        "ntp" => Some(123),
        "https" => Some(443),
        number => number.parse().ok(),
    };
    let (first, last) = text.split_once(['-', ':']).unwrap_or((text, text));
    Some((one(first)?, one(last)?))
}

/// The number of a protocol.
fn protocol(text: &str) -> Option<u8> {
    match text.trim() {
        "tcp" => Some(TCP),
        "udp" => Some(UDP),
        "icmp" => Some(1),
        "icmpv6" | "ipv6-icmp" => Some(58),
        "vrrp" => Some(112),
        "ipip" | "ipencap" => Some(4),
        "gre" => Some(47),
        "esp" => Some(50),
        number => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests;
