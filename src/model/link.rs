//! The network interfaces of a machine, where the model says what they are.
//!
//! In: the records of `interfaces`. Out: [`Link`]s. What is wrong with them is for `verify`; here each is taken as it is written.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::source::Span;
use crate::syntax::ast::Name;

use super::Value;
use super::endpoint::{ip, texts};
use super::value::Record;

/// What an Ethernet link carries in a packet if nothing else is said (RFC 894).
pub const ETHERNET_MTU: i64 = 1500;

/// The role of the interface that has the machine's address in the cluster.
pub const NODES: &str = "nodes";

/// A network interface.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub name: Name,
    /// Where it is written.
    pub span: Span,
    pub kind: LinkKind,
    pub role: Option<Name>,
    /// The address of the hardware that it is, as it is written.
    pub mac: Option<Name>,
    /// Addresses beside that of the machine in the cluster, each with the prefix of its network.
    pub addresses: Vec<IpNet>,
    pub dhcp: bool,
    pub mtu: Option<i64>,
    pub dns: Vec<IpAddr>,
    pub search: Vec<Name>,
    pub routes: Vec<Route>,
}

/// What an interface is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkKind {
    /// A port of the machine.
    Physical,
    /// Several as one.
    Bond(Bond),
    /// A part of another's traffic, by the number in its frames.
    Vlan(Vlan),
    /// Both: which is meant is not known.
    Both(Bond, Vlan),
}

/// Interfaces that are one.
#[derive(Clone, Debug, PartialEq)]
pub struct Bond {
    pub members: Vec<Name>,
    /// As netplan names them, with their values; those that are written.
    pub parameters: Vec<(&'static str, Value)>,
}

/// A network on another interface.
#[derive(Clone, Debug, PartialEq)]
pub struct Vlan {
    pub id: i64,
    pub link: Name,
}

/// A route of an interface.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    pub to: IpNet,
    pub via: IpAddr,
    pub metric: Option<i64>,
}

/// The parameters of a bond: our names, and those of netplan.
const PARAMETERS: [(&str, &str); 5] = [
    ("mode", "mode"),
    ("lacp-rate", "lacp-rate"),
    ("hash", "transmit-hash-policy"),
    ("monitor", "mii-monitor-interval"),
    ("primary", "primary"),
];

/// How often a bond looks at its links if nothing is said, in milliseconds: never, by default, so a lost cable would stay unseen
/// (kernel.org/doc/Documentation/networking/bonding.rst, `miimon`).
const MONITOR: u64 = 100;

impl Link {
    /// Reads one.
    pub fn read(name: &Name, span: Span, fields: &Record) -> Self {
        let list = |field: &str| match fields.get(field) {
            Some(Value::List(list)) => list.to_vec(),
            _ => Vec::new(),
        };
        let text = |field: &str| fields.get(field).and_then(Value::scalar_text).map(Name::from);
        Self {
            name: name.clone(),
            span,
            kind: kind(fields),
            role: text("role"),
            mac: text("mac"),
            addresses: list("addresses").iter().filter_map(range).collect(),
            dhcp: fields.get("dhcp") == Some(&Value::Bool(true)),
            mtu: int(fields, "mtu"),
            dns: list("dns").iter().filter_map(ip).collect(),
            search: fields.get("search").map(texts).unwrap_or_default(),
            routes: list("routes").iter().filter_map(route).collect(),
        }
    }

    /// The interfaces that it is made of.
    pub fn members(&self) -> &[Name] {
        match &self.kind {
            LinkKind::Bond(bond) | LinkKind::Both(bond, _) => &bond.members,
            LinkKind::Physical | LinkKind::Vlan(_) => &[],
        }
    }

    /// The network that it is, on another interface.
    pub fn vlan(&self) -> Option<&Vlan> {
        match &self.kind {
            LinkKind::Vlan(vlan) | LinkKind::Both(_, vlan) => Some(vlan),
            LinkKind::Physical | LinkKind::Bond(_) => None,
        }
    }

    /// What it is, wherever it is written.
    pub fn shape(&self) -> Self {
        Self { span: Span::default(), ..self.clone() }
    }

    pub fn is_physical(&self) -> bool {
        self.kind == LinkKind::Physical
    }

    /// Whether it has a use of its own, beside being a part of another.
    pub fn is_configured(&self) -> bool {
        let lists = [self.addresses.len(), self.dns.len(), self.search.len(), self.routes.len()];
        self.role.is_some() || self.dhcp || lists.iter().any(|count| *count > 0)
    }
}

fn kind(fields: &Record) -> LinkKind {
    let record = |field: &str| match fields.get(field) {
        Some(Value::Record(record)) => Some(record),
        _ => None,
    };
    match (record("bond").map(|fields| bond(fields)), record("vlan").map(|fields| vlan(fields))) {
        (None, None) => LinkKind::Physical,
        (Some(bond), None) => LinkKind::Bond(bond),
        (None, Some(vlan)) => LinkKind::Vlan(vlan),
        (Some(bond), Some(vlan)) => LinkKind::Both(bond, vlan),
    }
}

fn bond(fields: &Record) -> Bond {
    // cloud-init's schema of version 2 takes it as a text only.
    let monitor = |value: &Value| match value {
        Value::Duration(milliseconds) => Value::text(milliseconds.to_string()),
        other => other.clone(),
    };
    let written = PARAMETERS.iter().filter_map(|(name, key)| {
        let value = fields.get(*name).filter(|value| **value != Value::None);
        let value = value.cloned().or_else(|| (*name == "monitor").then_some(Value::Duration(MONITOR)));
        Some((*key, monitor(&value?)))
    });
    Bond { members: fields.get("members").map(texts).unwrap_or_default(), parameters: written.collect() }
}

fn vlan(fields: &Record) -> Vlan {
    let link = fields.get("link").and_then(Value::scalar_text).unwrap_or_default();
    Vlan { id: int(fields, "id").unwrap_or_default(), link: link.into() }
}

fn route(value: &Value) -> Option<Route> {
    let Value::Record(fields) = value else { return None };
    let to = fields.get("to").and_then(range)?.trunc();
    Some(Route { to, via: fields.get("via").and_then(ip)?, metric: int(fields, "metric") })
}

fn range(value: &Value) -> Option<IpNet> {
    match value {
        Value::Cidr(range) => Some(*range),
        _ => None,
    }
}

fn int(fields: &Record, field: &str) -> Option<i64> {
    match fields.get(field) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    }
}

/// The interface of this name.
pub fn named<'l>(links: &'l [Link], name: &str) -> Option<&'l Link> {
    links.iter().find(|link| *link.name == *name)
}

/// The interface that has the machine's address in the cluster: the one with that role, or the only one that can have it.
pub fn of_nodes(links: &[Link]) -> Option<&Link> {
    let with_role = links.iter().find(|link| link.role.as_deref() == Some(NODES));
    let mut candidates = links.iter().filter(|link| is_free(links, link));
    with_role.or_else(|| candidates.next().filter(|_| candidates.next().is_none()))
}

/// Whether an interface has no other use.
fn is_free(links: &[Link], link: &Link) -> bool {
    let is_part =
        |other: &Link| other.members().contains(&link.name) || other.vlan().is_some_and(|vlan| vlan.link == link.name);
    !links.iter().any(is_part) && link.role.is_none() && link.addresses.is_empty() && !link.dhcp
}

/// What an interface carries in a packet: no more than those that it is on.
pub fn mtu(links: &[Link], link: &Link) -> i64 {
    let own = link.mtu;
    let below = link.vlan().and_then(|vlan| named(links, &vlan.link));
    let below = below.map(|below| below.mtu.unwrap_or(ETHERNET_MTU));
    match (own, below) {
        (Some(own), Some(below)) => own.min(below),
        (Some(mtu), None) | (None, Some(mtu)) => mtu,
        (None, None) => ETHERNET_MTU,
    }
}

/// A hardware address in its usual form: six numbers in hexadecimal; `None` if it is not one of a single interface.
pub fn mac(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split([':', '-']).collect();
    let is_byte = |part: &&str| part.len() == 2 && part.bytes().all(|c| c.is_ascii_hexdigit());
    let first = u8::from_str_radix(parts.first()?, 16).ok()?;
    let is_single = first & 1 == 0 && parts.iter().any(|part| *part != "00");
    (parts.len() == 6 && parts.iter().all(is_byte) && is_single).then(|| parts.join(":").to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::mac;

    #[test]
    fn hardware_addresses_are_of_one_interface() {
        assert_eq!(mac("3C-EC-EF-00-00-01").as_deref(), Some("3c:ec:ef:00:00:01"));
        for text in
            ["", "3c:ec:ef:00:00", "3c:ec:ef:00:00:0g", "01:00:5e:00:00:01", "00:00:00:00:00:00", "3cecef000001"]
        {
            assert_eq!(mac(text), None, "{text}");
        }
    }
}
