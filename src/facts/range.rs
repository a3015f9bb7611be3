//! Ranges of addresses that are somebody's before a cluster takes any: `tables/ranges.toml`.

use std::path::Path;
use std::sync::LazyLock;

use ipnet::IpNet;
use serde::Deserialize;

use crate::stdlib;

#[derive(Debug, Deserialize)]
struct Table {
    #[serde(rename = "range")]
    ranges: Vec<Known>,
}

/// One range.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Known {
    pub cidr: IpNet,
    /// As a message says it, with its article.
    pub name: String,
    #[serde(rename = "use")]
    pub usable: Use,
    /// Who brings it, or why it is taken; of those that are warned of.
    #[serde(default)]
    pub what: String,
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

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let text = stdlib::read(Path::new("tables/ranges.toml")).expect("the table is part of the standard library");
    toml::from_str(text).expect("a test reads the table")
});

/// All of them, in the order of the table.
pub fn known() -> &'static [Known] {
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
