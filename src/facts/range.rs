//! Address ranges that are reserved or commonly in use: `tables/ranges.toml`.

use std::sync::LazyLock;

use ipnet::IpNet;
use serde::Deserialize;

use super::embedded::{self, Note};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(rename = "range")]
    ranges: Vec<KnownRange>,
    #[serde(rename = "source")]
    _source: Note,
}

/// One range.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownRange {
    pub cidr: IpNet,
    /// For messages, with its article.
    pub name: String,
    #[serde(rename = "use")]
    pub usable: Use,
    /// Who uses it, or why it is taken; only for those with a warning.
    #[serde(default)]
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// What a cluster may do with a range.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Use {
    /// No network can use it for itself.
    Never,
    /// The same, and a component may take addresses of it for its own machines: those of one link.
    Link,
    /// Where the one that it names is there, two have it.
    Warned,
    /// It may be used, and is not proposed.
    Avoided,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/ranges.toml"));

/// All of them, in the order of the table.
pub fn known() -> &'static [KnownRange] {
    &TABLE.ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_as_ranges_and_say_why() {
        for one in known() {
            assert_eq!(one.cidr, one.cidr.trunc(), "{} has bits beyond its prefix", one.cidr);
            assert_eq!(one.what.is_empty(), one.usable != Use::Warned, "{}", one.cidr);
        }
    }
}
