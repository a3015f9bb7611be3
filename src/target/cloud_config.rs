//! What cloud-init reads on a machine's first boot: user-data, meta-data and network-config.
//!
//! cloud-init writes the files and starts the boot (`render::boot`), which does the rest: so a second run, or a change
//! later, goes the same way as the first. What the operator adds to user-data is in [`own`].

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::Value;
use crate::model::nodes::NodeRange;
use crate::model::value::Record;
use crate::render::boot::{Apart, bootstrap, is_script};
use crate::render::bundle::{BundleFile, Format};
use crate::render::format;
use crate::render::origin::What;
use crate::target::{Site, TargetMachine};

mod links;
pub mod own;
mod shared;
#[cfg(test)]
mod tests;

/// The `#cloud-config` of a machine with these files, without those that come apart, and with what the operator adds to it.
pub fn user_data(site: &Site, machine: &TargetMachine, files: &[BundleFile], apart: Apart) -> String {
    let hosts = hosts(machine, files);
    let waits = (apart == Apart::Files).then(|| bootstrap(files));
    let service = if waits.is_some() { "kmodel-bootstrap.service" } else { "kmodel-boot.service" };
    let script = files.iter().find(|file| is_script(file) && !apart.has(file));
    let files = hosts.iter().chain(files.iter().filter(|file| !apart.has(file))).chain(&waits);
    let entry = |file: &BundleFile| if is_script(file) { shared::entry(file) } else { write_file(file) };
    let mut value: Record = [
        ("hostname", Value::Text(machine.name.clone())),
        ("preserve_hostname", Value::Bool(false)),
        ("manage_etc_hosts", Value::Bool(false)),
        ("locale", Value::text("C.UTF-8")),
        ("write_files", Value::list(files.map(entry))),
        ("runcmd", Value::list(commands(service).map(|words| Value::list(words.iter().map(Value::text))))),
    ]
    .into_iter()
    .map(|(key, value)| (key.into(), value))
    .collect();
    own::add(&mut value, site);
    let text = format!("#cloud-config\n# {}: written by kmodel.\n{}", machine.name, yaml(&Value::Record(value.into())));
    script.map(|script| shared::filled(&text, script)).unwrap_or(text)
}

/// What starts the boot, without waiting for it: cloud-init would be called failed by a mirror that is down.
fn commands(service: &str) -> [Vec<&str>; 3] {
    [
        vec!["systemctl", "daemon-reload"],
        vec!["systemctl", "enable", service],
        vec!["systemctl", "start", "--no-block", service],
    ]
}

/// The instance-id stays as it is, so that a machine is set up once.
pub fn meta_data(site: &Site, machine: &TargetMachine) -> String {
    yaml(&Value::record([
        ("instance-id", Value::text(format!("{}-{}", site.cluster, machine.name))),
        ("local-hostname", Value::Text(machine.name.clone())),
    ]))
}

/// The network of a machine, in version 2: the interfaces of the model, or the one that a target names.
pub fn network_config(site: &Site, machine: &TargetMachine, interface: &str) -> String {
    if machine.links.is_empty() { single(site, machine, interface) } else { yaml(&links::network(site, machine)) }
}

/// One interface with the machine's addresses: by its name, or all that fit a pattern such as `e*`.
fn single(site: &Site, machine: &TargetMachine, interface: &str) -> String {
    let (addresses, routes) = (addresses(site, machine), default_routes(site.range_of(machine)));
    let dns = &site.range_of(machine).dns;
    let resolvers = Value::record([("addresses", Value::list(dns.iter().copied().map(Value::Ip)))]);
    let pattern = interface.contains(['*', '?']);
    let (id, matches) = match pattern {
        true => ("nodes", Value::record([("name", Value::text(interface))])),
        false => (interface, Value::None),
    };
    let settings = Value::record([
        ("match", matches),
        ("dhcp4", Value::Bool(false)),
        ("dhcp6", Value::Bool(false)),
        ("accept-ra", Value::Bool(false)),
        ("addresses", Value::list(addresses)),
        ("routes", Value::list(routes)),
        ("nameservers", if dns.is_empty() { Value::None } else { resolvers }),
    ]);
    yaml(&Value::record([("version", Value::Int(2)), ("ethernets", Value::record([(id, settings)]))]))
}

/// Written as `0.0.0.0/0`: `default` is not known to every renderer of cloud-init, and `gateway4` is deprecated by netplan.
fn default_route(gateway: IpAddr) -> Value {
    let everywhere = if gateway.is_ipv6() { "::/0" } else { "0.0.0.0/0" };
    Value::record([("to", Value::text(everywhere)), ("via", Value::Ip(gateway))])
}

/// The addresses of a machine in the cluster, each with the prefix of its range.
fn addresses(site: &Site, machine: &TargetMachine) -> Vec<Value> {
    let all = site.range_of(machine).addresses(machine.address);
    all.map(|(address, range)| Value::text(format!("{address}/{}", range.prefix_len()))).collect()
}

fn default_routes(range: &NodeRange) -> Vec<Value> {
    range.gateways().map(default_route).collect()
}

fn yaml(value: &Value) -> String {
    format::write(Format::Yaml, value).expect("records of texts are written in every format")
}

const HOSTS: &str = "/etc/hosts";

/// `/etc/hosts` with the machine's own name at its real address, where no component writes it.
///
/// cloud-init's own would put the name at 127.0.1.1, and other machines would get that address. Names of other machines are
/// not here, so that a new machine changes no file of another.
pub(super) fn hosts(machine: &TargetMachine, files: &[BundleFile]) -> Option<BundleFile> {
    if files.iter().any(|file| file.path == HOSTS) {
        return None;
    }
    let (own, name) = (machine.address, &machine.name);
    let loopback = [IpAddr::from([127, 0, 0, 1]), IpAddr::V6(std::net::Ipv6Addr::LOCALHOST)];
    let text =
        format!("{} localhost\n{} localhost ip6-localhost ip6-loopback\n{own} {name}\n", loopback[0], loopback[1]);
    let (owner, group, origin) = ("root".into(), "root".into(), What::Boot.into());
    Some(BundleFile {
        path: HOSTS.into(),
        mode: 0o644,
        owner,
        group,
        content: text.as_bytes().into(),
        secret: false,
        origin,
    })
}

/// All files are root's at first: users may come with packages. The boot gives them to their owners.
fn write_file(file: &BundleFile) -> Value {
    let text = std::str::from_utf8(&file.content).ok().filter(|text| text.chars().all(is_readable));
    match text {
        Some(text) => with_content(file, Value::None, text.to_owned()),
        None => with_content(file, Value::text("b64"), STANDARD.encode(&file.content)),
    }
}

/// The content comes last.
fn with_content(file: &BundleFile, encoding: Value, content: String) -> Value {
    Value::record([
        ("path", Value::text(&file.path)),
        ("permissions", Value::Mode(file.mode)),
        ("encoding", encoding),
        ("content", Value::text(content)),
    ])
}

fn is_readable(c: char) -> bool {
    matches!(c, '\n' | '\t')
        || !(c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}'))
}
