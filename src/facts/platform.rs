//! What each platform takes of a machine's user-data: `tables/user-data.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::embedded;
use super::family::{Family, family};

/// What a platform takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// The name of its target, which is the key of its row.
    #[serde(skip)]
    pub name: String,
    pub kind: PlatformKind,
    /// The operating system of its machines.
    #[serde(deserialize_with = "named_family")]
    pub family: &'static Family,
    /// What people call it.
    pub title: String,
    /// The maximum size, counted as in `measured`; `None` if no limit is documented.
    pub max_bytes: Option<usize>,
    pub measured: Measured,
    /// Whether cloud-init gets what was compressed.
    pub gzip: bool,
    /// Nothing but text may be given.
    pub text_only: bool,
    /// Others than the machine's root can read it.
    pub shown: bool,
    /// Whether cloud-init reads meta-data and network-config from the same place.
    #[serde(default)]
    pub seed: bool,
    /// The fields of the platform that it can be given in; only one of them is filled.
    #[serde(default)]
    pub given_as: Vec<String>,
    /// The names under which it attaches disks, in the order in which they are given out; none where it attaches none.
    #[serde(default)]
    pub attaches: Vec<String>,
    pub source: String,
}

/// What writes the files of a target: each kind has a folder in `src/target/`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlatformKind {
    /// LXD or Incus: system containers, which `kmodel apply` makes.
    Lxd,
    /// A platform that gives each machine its user-data, read by cloud-init.
    Cloud,
    /// Machines that Ignition sets up at their first boot.
    Ignition,
    /// Machines that exist, which `kmodel apply` reaches over SSH.
    Ssh,
}

fn named_family<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static Family, D::Error> {
    let name = String::deserialize(deserializer)?;
    family(&name).ok_or_else(|| D::Error::custom(format!("there is no family `{name}`")))
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Measured {
    /// The bytes, before anything encodes them.
    Raw,
    /// Their base64.
    Encoded,
    /// The text as it is sent.
    Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    platform: BTreeMap<String, Platform>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table: Table = embedded::table("tables/user-data.toml");
    table.platform.iter_mut().for_each(|(name, platform)| platform.name.clone_from(name));
    table
});

/// All platforms, sorted by the names of their targets.
pub fn platforms() -> impl Iterator<Item = &'static Platform> + Clone {
    TABLE.platform.values()
}

/// The platform with this name.
pub fn platform(name: &str) -> Option<&'static Platform> {
    TABLE.platform.get(name)
}

impl Platform {
    /// How much so many bytes count.
    pub fn measure(&self, bytes: usize) -> usize {
        match self.measured {
            Measured::Raw | Measured::Text => bytes,
            Measured::Encoded => bytes.div_ceil(3) * 4,
        }
    }

    /// Whether so many bytes are not too many.
    pub fn takes(&self, bytes: usize) -> bool {
        self.max_bytes.is_none_or(|most| self.measure(bytes) <= most)
    }
}

impl Measured {
    /// For people: what a limit counts.
    pub fn said(self) -> &'static str {
        match self {
            Measured::Raw => "counted before base64",
            Measured::Encoded => "counted in base64",
            Measured::Text => "counted as the text that is sent",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_names_its_source() {
        assert!(platforms().count() >= 12);
        assert!(platforms().all(|platform| !platform.source.is_empty() && !platform.title.is_empty()));
        // What takes only text takes nothing compressed.
        assert!(platforms().all(|platform| !(platform.text_only && platform.gzip)));
    }

    #[test]
    fn base64_takes_a_third_more() {
        let oci = platform("oci").unwrap();
        assert_eq!((oci.measure(0), oci.measure(1), oci.measure(3), oci.measure(4)), (0, 4, 4, 8));
        assert!(oci.takes(24000) && !oci.takes(24001));
        let aws = platform("aws").unwrap();
        assert!(aws.takes(16384) && !aws.takes(16385));
        assert!(platform("nocloud").unwrap().takes(usize::MAX / 8) && platform("tape").is_none());
    }
}
