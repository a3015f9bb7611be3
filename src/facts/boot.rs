//! The order in which systemd and distributions bring a machine up: `tables/boot.toml`.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};
use super::family::{Family, family};

/// The target that waits for an address.
pub const NETWORK_ONLINE: &str = "network-online.target";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(rename = "source")]
    _source: Note,
    unit: BTreeMap<String, BootUnit>,
}

/// A unit that is there without being declared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootUnit {
    #[serde(default)]
    before: Vec<String>,
    #[serde(default)]
    after: Vec<String>,
    /// The family of operating systems that has it; all if there is none.
    family: Option<String>,
    /// Whether it has no default dependencies (`DefaultDependencies=no`).
    #[serde(default)]
    early: bool,
    #[serde(rename = "source")]
    _source: Note,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/boot.toml"));

/// Each unit with one that comes after it, on a family of operating systems.
pub fn order(of: &Family) -> impl Iterator<Item = (&'static str, &'static str)> {
    let has = |unit: &BootUnit| unit.family.as_deref().is_none_or(|own| family(own) == Some(of));
    let rows = TABLE.unit.iter().filter(move |(_, unit)| has(unit));
    rows.flat_map(|(name, unit)| {
        let later = unit.before.iter().map(move |other| (&**name, &**other));
        later.chain(unit.after.iter().map(move |other| (&**other, &**name)))
    })
}

/// Whether a unit of a package comes up without default dependencies.
pub fn is_early(name: &str) -> bool {
    TABLE.unit.get(name).is_some_and(|unit| unit.early)
}

/// Whether a value of systemd is a false one.
pub fn is_off(value: &str) -> bool {
    ["no", "n", "false", "f", "off", "0"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// Whether a unit comes before the network is up on any machine, so that it cannot wait for the network.
pub fn is_before_network(name: &str) -> bool {
    let (mut seen, mut open) = (HashSet::new(), vec![name]);
    while let Some(one) = open.pop() {
        if seen.insert(one) {
            let rows = TABLE.unit.get_key_value(one).filter(|(_, unit)| unit.family.is_none());
            open.extend(rows.into_iter().flat_map(|(_, unit)| unit.before.iter().map(|other| &**other)));
        }
    }
    name == NETWORK_ONLINE || seen.contains(NETWORK_ONLINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_before_the_network_is_known() {
        for early in
            ["network-pre.target", "network.target", NETWORK_ONLINE, "nftables.service", "systemd-sysctl.service"]
        {
            assert!(is_before_network(early), "{early}");
        }
        for late in ["multi-user.target", "basic.target", "etcd.service"] {
            assert!(!is_before_network(late), "{late}");
        }
    }

    #[test]
    fn the_order_of_systemd_itself_has_no_cycle() {
        for name in ["debian", "flatcar"] {
            let mut graph: petgraph::graphmap::DiGraphMap<&str, ()> = petgraph::graphmap::DiGraphMap::new();
            order(family(name).expect("a family")).for_each(|(one, other)| _ = graph.add_edge(one, other, ()));
            assert!(petgraph::algo::toposort(&graph, None).is_ok(), "{name}");
        }
    }
}
