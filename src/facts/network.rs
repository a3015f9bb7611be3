//! What the network of each platform does with addresses and packets: `tables/networks.toml`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::LazyLock;

use ipnet::IpNet;
use serde::Deserialize;

use super::embedded::{self, Note};

/// What is known of one platform's network; `None` where nothing is.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Network {
    /// How many addresses at the start of each subnet the platform keeps for itself.
    pub reserved_first: Option<Fact<u8>>,
    /// How many at its end.
    pub reserved_last: Option<Fact<u8>>,
    /// What becomes of an address that another machine announces.
    pub shared_address: Option<Fact<SharedAddress>>,
    /// Where one subnet can be.
    pub subnet_of: Option<Fact<SubnetOf>>,
    /// The longest prefix of a subnet.
    pub smallest: Option<Fact<u8>>,
    /// Whether a machine reaches itself through the platform's load balancer.
    pub hairpin: Option<Fact<bool>>,
    /// Whether it delivers packets of IP in IP, protocol 4.
    pub ipip: Option<Fact<bool>>,
    /// The interface of the default route.
    pub default_route: Option<Fact<DefaultRoute>>,
    /// Whether its DNS server resolves the names of machines.
    pub machine_names: Option<Fact<bool>>,
}

/// A fact, and where it is from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact<T> {
    pub value: T,
    #[serde(rename = "source")]
    _source: Note,
}

/// What becomes of an address that another machine announces.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SharedAddress {
    /// It is delivered there.
    Moves,
    /// It is delivered there if the ports of the machines are allowed to have it.
    AllowedPairs,
    /// It stays with the machine that it is assigned to, until an API call.
    Fixed,
}

/// What one subnet can span.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubnetOf {
    Zone,
    Region,
}

/// Which interface has the default route.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DefaultRoute {
    /// That of the address in `nodes`.
    Nodes,
    /// Another one, with a public address.
    Public,
}

impl SharedAddress {
    /// As components read it.
    pub fn name(self) -> &'static str {
        match self {
            SharedAddress::Moves => "moves",
            SharedAddress::AllowedPairs => "allowed-pairs",
            SharedAddress::Fixed => "fixed",
        }
    }
}

impl DefaultRoute {
    /// As components read it.
    pub fn name(self) -> &'static str {
        match self {
            DefaultRoute::Nodes => "nodes",
            DefaultRoute::Public => "public",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    network: BTreeMap<String, Network>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/networks.toml"));

/// What is known of the network of a target.
pub fn network(target: &str) -> Option<&'static Network> {
    TABLE.network.get(target)
}

impl Network {
    /// The addresses of a subnet that machines cannot have; none if that is not known. IPv6 subnets are large, and clouds give
    /// their addresses out themselves: of those nothing is known.
    pub fn reserved(&self, subnet: IpNet) -> Vec<IpAddr> {
        let IpNet::V4(subnet) = subnet else { return Vec::new() };
        let (first, last) = (u32::from(subnet.network()), u32::from(subnet.broadcast()));
        let count = |fact: &Option<Fact<u8>>| fact.as_ref().map_or(0, |fact| u32::from(fact.value));
        let start = (0..count(&self.reserved_first)).map(|n| first.saturating_add(n));
        let end = (0..count(&self.reserved_last)).map(|n| last.saturating_sub(n));
        let mut all: Vec<u32> = start.chain(end).filter(|address| (first..=last).contains(address)).collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(|address| IpAddr::V4(address.into())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::platform::platform;

    #[test]
    fn each_row_is_of_a_target_that_there_is() {
        let unknown: Vec<_> = TABLE.network.keys().filter(|name| platform(name).is_none()).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn a_cloud_keeps_the_ends_of_a_subnet() {
        let of = |target: &str, subnet: &str| -> Vec<String> {
            let list = network(target).unwrap().reserved(subnet.parse().unwrap());
            list.iter().map(IpAddr::to_string).collect()
        };
        assert_eq!(of("gcp", "10.10.0.0/24"), ["10.10.0.0", "10.10.0.1", "10.10.0.254", "10.10.0.255"]);
        assert_eq!(of("aws", "10.0.0.0/29"), ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.7"]);
        assert_eq!(of("aws", "10.0.0.4/31"), ["10.0.0.4", "10.0.0.5"]);
        assert!(of("aws", "fd00::/64").is_empty());
    }
}
