//! The ranges that machines have their addresses of: one for all machines, or one for those of each zone, rack or group.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::source::Span;
use crate::syntax::ast::Name;

use super::address::{bits, nth};

/// All of them, in source order.
#[derive(Clone, Debug)]
pub struct Nodes {
    first: NodeRange,
    more: Vec<NodeRange>,
}

/// The range of one layer-2 network.
#[derive(Clone, Debug)]
pub struct NodeRange {
    /// The zone, rack or group whose machines are in it; none if it is that of all machines.
    pub place: Option<Name>,
    pub range: IpNet,
    pub gateway: IpAddr,
    /// The range of the other family, of which machines have an address too.
    pub second: Option<Second>,
    /// The resolvers of its machines.
    pub dns: Vec<IpAddr>,
    /// Where the range is written, that of the other family, and the gateway.
    pub span: Span,
    pub second_span: Span,
    pub gateway_span: Span,
    /// Whether a zone, rack or group of the model has the name of its place.
    pub is_known: bool,
}

/// A range of the other family, whose addresses are at the same places as in the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Second {
    pub range: IpNet,
    /// None if the gateway of the first range has no place in it.
    pub gateway: Option<IpAddr>,
}

impl Nodes {
    /// Of one range, and those after it.
    pub fn new(first: NodeRange, more: Vec<NodeRange>) -> Self {
        Self { first, more }
    }

    /// The first, which is the only one in most models.
    pub fn first(&self) -> &NodeRange {
        &self.first
    }

    /// Those after the first.
    pub fn rest(&self) -> &[NodeRange] {
        &self.more
    }

    /// Whether all machines are in one range.
    pub fn is_single(&self) -> bool {
        self.more.is_empty()
    }

    /// All ranges.
    pub fn iter(&self) -> impl Iterator<Item = &NodeRange> + Clone {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// All ranges, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut NodeRange> {
        std::iter::once(&mut self.first).chain(&mut self.more)
    }

    /// The range at a place of the list, as machines have it.
    pub fn at(&self, place: u32) -> &NodeRange {
        match place {
            0 => &self.first,
            place => &self.more[place as usize - 1],
        }
    }

    /// The place of the range that has an address.
    pub fn place_of(&self, address: IpAddr) -> Option<u32> {
        self.iter().zip(0..).find(|(one, _)| one.range.contains(&address)).map(|(_, place)| place)
    }

    /// The range that has an address.
    pub fn holding(&self, address: IpAddr) -> Option<&NodeRange> {
        self.iter().find(|one| one.range.contains(&address))
    }

    /// Whether an address is in one of them, of the family that machines are dialled by.
    pub fn contains(&self, address: &IpAddr) -> bool {
        self.holding(*address).is_some()
    }

    /// Whether an address is that of a gateway.
    pub fn is_gateway(&self, address: IpAddr) -> bool {
        self.iter().any(|one| one.gateways().any(|gateway| gateway == address))
    }

    /// All ranges, of both families.
    pub fn ranges(&self) -> Vec<IpNet> {
        self.iter().flat_map(NodeRange::ranges).collect()
    }

    /// As a message names them: `10.10.0.0/24`, `10.10.0.0/24 of `a` and 10.20.0.0/24 of `b``.
    pub fn listed(&self) -> String {
        let list = crate::text::List::of(self.iter().map(ToString::to_string));
        if self.is_single() { self.first.to_string() } else { list.and().to_string() }
    }
}

impl NodeRange {
    /// Its ranges, of both families.
    pub fn ranges(&self) -> impl Iterator<Item = IpNet> + use<> {
        [Some(self.range), self.second.map(|second| second.range)].into_iter().flatten()
    }

    /// Its gateways, of both families.
    pub fn gateways(&self) -> impl Iterator<Item = IpAddr> + use<> {
        [Some(self.gateway), self.second.and_then(|second| second.gateway)].into_iter().flatten()
    }

    /// Whether a machine can have this address: a range's first address names the range, and the last of an IPv4 range is
    /// for all of its machines.
    pub fn is_usable(&self, address: IpAddr) -> bool {
        let is_v6 = self.range.max_prefix_len() > 32;
        self.range.contains(&address) && address != self.range.network() && (is_v6 || address != self.range.broadcast())
    }

    /// The address of the other family that is at the same place as one of the range.
    pub fn second_of(&self, address: IpAddr) -> Option<IpAddr> {
        same_place(self.range, address, self.second?.range)
    }

    /// The addresses of a machine that has this one, each with the range that it is of.
    pub fn addresses(&self, address: IpAddr) -> impl Iterator<Item = (IpAddr, IpNet)> + use<> {
        let second = self.second_of(address).zip(self.second.map(|second| second.range));
        [Some((address, self.range)), second].into_iter().flatten()
    }

    /// How a message calls the field that it is written in: `nodes`, `nodes.berlin`.
    pub fn title(&self) -> String {
        self.place.as_ref().map_or_else(|| "nodes".to_owned(), |place| format!("nodes.{place}"))
    }
}

impl fmt::Display for NodeRange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(out, "{} of `{place}`", self.range),
            None => write!(out, "{}", self.range),
        }
    }
}

/// The address of a range that is at the same place as another one is in its own.
pub fn same_place(range: IpNet, address: IpAddr, other: IpNet) -> Option<IpAddr> {
    nth(other, bits(address).checked_sub(bits(range.network()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_place_in_the_other_range() {
        let of = |range: &str, address: &str, other: &str| {
            let found = same_place(range.parse().unwrap(), address.parse().unwrap(), other.parse().unwrap());
            found.map(|found| found.to_string())
        };
        assert_eq!(of("10.10.0.0/24", "10.10.0.10", "fd00:10::/64").as_deref(), Some("fd00:10::a"));
        assert_eq!(of("fd00:10::/64", "fd00:10::a", "10.10.0.0/24").as_deref(), Some("10.10.0.10"));
        assert_eq!(of("fd00:10::/64", "fd00:10::1:0", "10.10.0.0/24"), None);
        assert_eq!(of("10.10.0.0/24", "10.9.0.1", "fd00:10::/64"), None);
    }
}
