//! Settings that say how large packets are: `tables/packets.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(rename = "size")]
    sizes: Vec<PacketSize>,
}

/// A value of a Kubernetes object.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PacketSize {
    pub kind: String,
    /// The name of the object; any, if it is empty.
    #[serde(default)]
    pub name: String,
    /// The keys to the value.
    pub path: Vec<String>,
    /// The path in the value, which is JSON itself; empty if it is not.
    #[serde(default)]
    pub inside: String,
    /// How many bytes are put around a packet of that size.
    pub adds: i64,
    /// What it sets, before the value.
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/packets.toml"));

/// The settings of an object.
pub fn sizes(kind: &str, name: &str) -> impl Iterator<Item = &'static PacketSize> {
    TABLE.sizes.iter().filter(move |size| size.kind == kind && (size.name.is_empty() || size.name == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_found_by_their_object() {
        let adds = |kind, name| sizes(kind, name).map(|size| size.adds).collect::<Vec<_>>();
        assert_eq!(adds("FelixConfiguration", "default"), [50, 70, 20, 60, 80]);
        assert_eq!((adds("ConfigMap", "cilium-config"), adds("ConfigMap", "other")), (vec![0], vec![]));
    }
}
