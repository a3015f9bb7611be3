//! `machines.json`: what is needed to create each machine.

use std::io;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use super::archive;
use super::seed::Seed;
use crate::facts::family::{managed, usual};
use crate::facts::platform::{Measured, Platform};
use crate::model::Value;
use crate::model::nodes::NodeRange;
use crate::render::origin::What;
use crate::syntax::ast::Name;
use crate::target::{Entries, Roster, Shared, Site, TargetMachine, UserDataSize, text};

/// The version of the form; raised when a reader of the old one would be misled.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Inventory<'a> {
    version: u32,
    cluster: &'a str,
    target: &'a str,
    /// The range that machines have their addresses of, as the network of the platform must have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<String>,
    /// The ranges, where that is not one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    node_ranges: Vec<RangeRow<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_as: Option<&'static str>,
    machines: Rows<'a>,
}

/// The range of the machines of a zone, rack or group.
#[derive(Serialize)]
struct RangeRow<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<&'a str>,
    range: IpNet,
    gateway: IpAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    second_range: Option<IpNet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    second_gateway: Option<IpAddr>,
}

/// One machine. Paths are relative to the output folder.
#[derive(Serialize)]
struct InventoryRow {
    name: Name,
    group: Name,
    address: IpAddr,
    cores: f64,
    memory_bytes: u64,
    disk_bytes: u64,
    arch: Name,
    /// Where it is not what most machines have.
    #[serde(skip_serializing_if = "Option::is_none")]
    os: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<Name>,
    user_data: UserDataRow,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network_config: Option<String>,
    /// What the machine gets its seed from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    seed: Vec<String>,
    /// The archive that is copied to it.
    files: String,
}

#[derive(Serialize)]
struct UserDataRow {
    file: String,
    compressed: bool,
    /// What counts of it, as `measured` says.
    counted_bytes: usize,
    measured: Measured,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_bytes: Option<usize>,
}

/// How machines are given their user-data.
pub(crate) struct Manner {
    pub platform: &'static Platform,
    /// The name of the file that has it.
    pub file: &'static str,
    /// What a reader does with the file, if it is not plain.
    pub given_as: Option<&'static str>,
    /// How it is brought, where no platform does.
    pub seed: Seed,
}

/// The rows of all machines, each made when it is written.
struct Rows<'a> {
    manner: &'a Manner,
    entries: &'a Entries,
    roster: &'a dyn Roster,
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { manner, entries, roster } = self;
        let mut list = serializer.serialize_seq(Some(roster.count()))?;
        (0..roster.count()).try_for_each(|place| {
            list.serialize_element(&manner.row(&roster.machine(place), entries.user_data(place)))
        })?;
        list.end()
    }
}

impl Manner {
    fn row(&self, machine: &TargetMachine, size: UserDataSize) -> InventoryRow {
        let platform = self.platform;
        let place = |name: &str| format!("machines/{}/{name}", machine.name);
        let own = |name: &str| platform.seed.then(|| place(name));
        InventoryRow {
            name: machine.name.clone(),
            group: machine.group.clone(),
            address: machine.address,
            cores: machine.cores,
            memory_bytes: machine.memory,
            disk_bytes: machine.disk,
            arch: machine.arch.clone(),
            os: managed()
                .find(|family| *family == machine.family && *family != usual())
                .map(|family| family.name.as_str()),
            zone: machine.zone.clone(),
            user_data: UserDataRow {
                file: place(self.file),
                compressed: size.compressed,
                counted_bytes: platform.measure(size.bytes as usize),
                measured: platform.measured,
                max_bytes: platform.max_bytes,
            },
            meta_data: own("meta-data"),
            network_config: own("network-config"),
            seed: self.seed.row(machine),
            files: place(archive::NAME),
        }
    }
}

impl<'a> RangeRow<'a> {
    fn new(own: &'a NodeRange) -> Self {
        Self {
            of: own.place.as_deref(),
            range: own.range,
            gateway: own.gateway,
            second_range: own.second.map(|second| second.range),
            second_gateway: own.second.and_then(|second| second.gateway),
        }
    }
}

/// `machines.json`.
pub(crate) fn file<'a>(site: &'a Site, manner: Manner, entries: &'a Entries, roster: &'a dyn Roster) -> Shared<'a> {
    let file = text("machines.json".into(), 0o644, "", &What::Target(site.target.name().into()).into());
    let write = move |out: &mut dyn io::Write| {
        let machines = Rows { manner: &manner, entries, roster };
        serde_json::to_writer_pretty(&mut *out, &inventory(site, machines))?;
        out.write_all(b"\n")
    };
    Shared::Long(file, Box::new(write))
}

fn inventory<'a>(site: &'a Site, machines: Rows<'a>) -> Inventory<'a> {
    let given = |name: &str| site.options.get(name).and_then(Value::scalar_text);
    let is_one = site.nodes.is_single() && site.nodes.first().second.is_none();
    Inventory {
        version: VERSION,
        cluster: &site.cluster,
        target: site.target.name(),
        nodes: is_one.then(|| site.nodes.first().range.to_string()),
        node_ranges: if is_one { Vec::new() } else { site.nodes.iter().map(RangeRow::new).collect() },
        region: given("region"),
        image: given("image"),
        given_as: machines.manner.given_as,
        machines,
    }
}
