//! The Ignition config of a machine, in version 3.3.0 of the specification: Flatcar reads it since 3185.0.0, Fedora CoreOS since
//! Ignition 2.11.
//!
//! Sources: coreos/ignition `configuration-v3_3.md` and `specs.md`, the specification page of flatcar.org.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::Options;
use crate::facts::family::NetworkProgram;
use crate::render::boot::{self, Apart, bootstrap};
use crate::render::bundle::BundleFile;
use crate::target::{Site, TargetMachine, cloud_config};

#[derive(Serialize)]
struct Config {
    ignition: Version,
    #[serde(skip_serializing_if = "Option::is_none")]
    passwd: Option<Passwd>,
    storage: Storage,
    systemd: Systemd,
}

#[derive(Serialize)]
struct Version {
    version: &'static str,
}

#[derive(Serialize)]
struct Passwd {
    users: [User; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct User {
    name: &'static str,
    ssh_authorized_keys: Vec<String>,
}

#[derive(Serialize)]
struct Storage {
    files: Vec<File>,
}

#[derive(Serialize)]
struct File {
    path: String,
    /// The image has some of them, or a link to another.
    overwrite: bool,
    mode: u32,
    contents: Contents,
}

#[derive(Serialize)]
struct Contents {
    source: String,
}

#[derive(Serialize)]
struct Systemd {
    units: [Unit; 1],
}

#[derive(Serialize)]
struct Unit {
    name: String,
    enabled: bool,
    contents: String,
}

/// The config of a machine with these files, without those that come apart.
pub(super) fn config(site: &Site, machine: &TargetMachine, files: &[BundleFile], options: &Options) -> String {
    let started = match options.apart {
        Apart::Files => bootstrap(files),
        Apart::Nothing | Apart::Secrets => boot::service(files),
    };
    let given = files.iter().filter(|file| !options.apart.has(file) && file.path != started.path);
    let hosts = cloud_config::hosts(machine, files);
    let mut list = vec![file("/etc/hostname", 0o644, format!("{}\n", machine.name).as_bytes())];
    list.extend(options.interface.as_ref().map(|interface| network(site, machine, interface)));
    list.extend(hosts.iter().chain(given).map(|one| file(&one.path, one.mode, &one.content)));
    let users = || Passwd { users: [User { name: "core", ssh_authorized_keys: options.ssh_keys.clone() }] };
    let config = Config {
        ignition: Version { version: "3.3.0" },
        passwd: (!options.ssh_keys.is_empty()).then(users),
        storage: Storage { files: list },
        systemd: Systemd { units: [unit(&started)] },
    };
    serde_json::to_string(&config).expect("a config is plain data") + "\n"
}

fn file(path: &str, mode: u32, content: &[u8]) -> File {
    let source = format!("data:;base64,{}", STANDARD.encode(content));
    File { path: path.to_owned(), overwrite: true, mode, contents: Contents { source } }
}

fn unit(file: &BundleFile) -> Unit {
    let (_, name) = file.path.rsplit_once('/').expect("a unit is in a folder");
    Unit { name: name.to_owned(), enabled: true, contents: String::from_utf8_lossy(&file.content).into_owned() }
}

/// The machine's address on an interface: a name, or a pattern.
fn network(site: &Site, machine: &TargetMachine, interface: &str) -> File {
    match machine.family.network {
        NetworkProgram::Networkd => networkd(site, machine, interface),
        NetworkProgram::NetworkManager => network_manager(site, machine, interface),
    }
}

/// A profile, which NetworkManager reads only if root alone can (nm-settings-keyfile(5)).
fn network_manager(site: &Site, machine: &TargetMachine, interface: &str) -> File {
    let text = format!(
        "# Written by kmodel.\n[connection]\nid=kmodel\ntype=ethernet\n\n[match]\ninterface-name={interface};\n\n\
         {}\n{}",
        of_family(site, machine, false),
        of_family(site, machine, true)
    );
    file("/etc/NetworkManager/system-connections/kmodel.nmconnection", 0o600, text.as_bytes())
}

/// The section of a profile with the addresses of one family.
fn of_family(site: &Site, machine: &TargetMachine, is_v6: bool) -> String {
    let range = site.range_of(machine);
    let name = if is_v6 { "ipv6" } else { "ipv4" };
    let Some((address, of)) = range.addresses(machine.address).find(|(address, _)| address.is_ipv6() == is_v6) else {
        return format!("[{name}]\nmethod=disabled\n");
    };
    let gateway = range.gateways().find(|gateway| gateway.is_ipv6() == is_v6);
    let gateway = gateway.map(|gateway| format!(",{gateway}")).unwrap_or_default();
    let resolvers: String =
        range.dns.iter().filter(|dns| dns.is_ipv6() == is_v6).map(|dns| format!("{dns};")).collect();
    let resolvers = if resolvers.is_empty() { resolvers } else { format!("dns={resolvers}\n") };
    format!("[{name}]\nmethod=manual\naddress1={address}/{}{gateway}\n{resolvers}", of.prefix_len())
}

fn networkd(site: &Site, machine: &TargetMachine, interface: &str) -> File {
    let range = site.range_of(machine);
    let own = range.addresses(machine.address);
    let addresses: String = own.map(|(address, of)| format!("Address={address}/{}\n", of.prefix_len())).collect();
    let gateways: String = range.gateways().map(|gateway| format!("Gateway={gateway}\n")).collect();
    let resolvers: String = range.dns.iter().map(|address| format!("DNS={address}\n")).collect();
    let text = format!(
        "# Written by kmodel.\n[Match]\nName={interface}\n\n[Network]\nDHCP=no\nIPv6AcceptRA=no\n\
         {addresses}{gateways}{resolvers}"
    );
    file("/etc/systemd/network/10-kmodel.network", 0o644, text.as_bytes())
}
