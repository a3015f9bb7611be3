//! `machines.json`: what is needed to create each machine.

use std::net::IpAddr;

use serde::Serialize;

use super::archive;
use crate::facts::platform::{Measured, Platform};
use crate::model::Value;
use crate::render::origin::What;
use crate::syntax::ast::Name;
use crate::target::{Given, OutputFile, Site, TargetMachine, text};

/// The version of the form; raised when a reader of the old one would be misled.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Inventory<'a> {
    version: u32,
    cluster: &'a str,
    target: &'a str,
    /// The range that machines have their addresses of, as the network of the platform must have it.
    nodes: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_as: Option<&'static str>,
    machines: Vec<InventoryRow>,
}

/// One machine. Paths are relative to the output folder.
#[derive(Serialize)]
pub struct InventoryRow {
    name: Name,
    group: Name,
    address: IpAddr,
    cores: f64,
    memory_bytes: u64,
    disk_bytes: u64,
    arch: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<Name>,
    user_data: UserDataRow,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta_data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network_config: Option<String>,
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

/// The row of a machine that is given its user-data in a file of this name.
pub(crate) fn row(platform: &Platform, machine: &TargetMachine, (file, given): (&str, &Given)) -> InventoryRow {
    let place = |name: &str| format!("machines/{}/{name}", machine.name);
    let seed = |name: &str| platform.seed.then(|| place(name));
    InventoryRow {
        name: machine.name.clone(),
        group: machine.group.clone(),
        address: machine.address,
        cores: machine.cores,
        memory_bytes: machine.memory,
        disk_bytes: machine.disk,
        arch: machine.arch.clone(),
        zone: machine.zone.clone(),
        user_data: UserDataRow {
            file: place(file),
            compressed: given.compressed,
            counted_bytes: platform.measure(given.bytes),
            measured: platform.measured,
            max_bytes: platform.max_bytes,
        },
        meta_data: seed("meta-data"),
        network_config: seed("network-config"),
        files: place(archive::NAME),
    }
}

/// `machines.json`.
pub(crate) fn file(site: &Site, given_as: Option<&'static str>, machines: Vec<InventoryRow>) -> OutputFile {
    let target = site.target.name();
    let given = |name: &str| site.options.get(name).and_then(Value::scalar_text);
    let inventory = Inventory {
        version: VERSION,
        cluster: &site.cluster,
        target,
        nodes: site.nodes.to_string(),
        region: given("region"),
        image: given("image"),
        given_as,
        machines,
    };
    let mut json = serde_json::to_string_pretty(&inventory).expect("rows are plain data");
    json.push('\n');
    text("machines.json".into(), 0o644, json, &What::Target(target.into()).into())
}
