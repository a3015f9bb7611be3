//! What cloud-init reads on a machine's first boot: user-data, meta-data and network-config.
//!
//! cloud-init writes the files and starts the boot (`render::boot`), which does the rest: so a second run, or a change
//! later, goes the same way as the first.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::Value;
use crate::render::boot::Secrets;
use crate::render::bundle::{BundleFile, Format};
use crate::render::format;
use crate::target::{Site, TargetMachine, TargetProblem};

#[cfg(test)]
mod tests;

/// The `#cloud-config` of a machine with these files. Secret ones are left out when they come apart.
pub fn user_data(machine: &TargetMachine, files: &[BundleFile], secrets: Secrets) -> String {
    let hosts = hosts(machine, files);
    let files = hosts.iter().chain(files).filter(|file| !file.secret || secrets == Secrets::Inside);
    let value = Value::record([
        ("hostname", Value::Text(machine.name.clone())),
        ("preserve_hostname", Value::Bool(false)),
        ("manage_etc_hosts", Value::Bool(false)),
        ("locale", Value::text("C.UTF-8")),
        ("write_files", Value::list(files.map(write_file))),
        ("runcmd", Value::list(COMMANDS.map(|words| Value::list(words.iter().map(Value::text))))),
    ]);
    format!("#cloud-config\n# {}: written by kmodel.\n{}", machine.name, yaml(&value))
}

/// What starts the boot, without waiting for it: cloud-init would be called failed by a mirror that is down.
const COMMANDS: [&[&str]; 3] = [
    &["systemctl", "daemon-reload"],
    &["systemctl", "enable", "kmodel-boot.service"],
    &["systemctl", "start", "--no-block", "kmodel-boot.service"],
];

/// The instance-id stays as it is, so that a machine is set up once.
pub fn meta_data(site: &Site, machine: &TargetMachine) -> String {
    yaml(&Value::record([
        ("instance-id", Value::text(format!("{}-{}", site.cluster, machine.name))),
        ("local-hostname", Value::Text(machine.name.clone())),
    ]))
}

/// One interface with the machine's address, in version 2.
///
/// The default route is written as `0.0.0.0/0`: `default` is not known to every renderer of cloud-init, and `gateway4` is
/// deprecated by netplan.
pub fn network_config(site: &Site, machine: &TargetMachine, interface: &str) -> String {
    let everywhere = if site.gateway.is_ipv6() { "::/0" } else { "0.0.0.0/0" };
    let route = Value::record([("to", Value::text(everywhere)), ("via", Value::Ip(site.gateway))]);
    let resolvers = Value::record([("addresses", Value::list(site.dns.iter().copied().map(Value::Ip)))]);
    let address = Value::text(format!("{}/{}", machine.address, site.nodes.prefix_len()));
    let settings = Value::record([
        ("dhcp4", Value::Bool(false)),
        ("dhcp6", Value::Bool(false)),
        ("accept-ra", Value::Bool(false)),
        ("addresses", Value::list([address])),
        ("routes", Value::list([route])),
        ("nameservers", if site.dns.is_empty() { Value::None } else { resolvers }),
    ]);
    yaml(&Value::record([("version", Value::Int(2)), ("ethernets", Value::record([(interface, settings)]))]))
}

/// What is too large for the target's user-data, with the files that take most of it.
///
/// # Errors
/// When the text is longer than `limit` bytes.
pub fn within(limit: usize, machine: &TargetMachine, files: &[BundleFile], text: &str) -> Result<(), TargetProblem> {
    if text.len() <= limit {
        return Ok(());
    }
    let mut sizes: Vec<_> = files.iter().map(|file| (file.content.len(), &file.path)).collect();
    sizes.sort_by(|a, b| b.cmp(a));
    let most: Vec<_> = sizes.iter().take(5).map(|(size, path)| format!("`{path}` ({size} bytes)")).collect();
    let message = format!("the user-data of `{}` is {} bytes, and the target takes {limit}", machine.name, text.len());
    Err(TargetProblem::new(&"the target".into(), message, format!("most of it is {}", most.join(", "))))
}

fn yaml(value: &Value) -> String {
    format::write(Format::Yaml, value).expect("records of texts are written in every format")
}

/// `/etc/hosts` with the machine's own name at its real address, where no component writes it.
///
/// cloud-init's own would put the name at 127.0.1.1, which is what others would then be told. Names of other machines are
/// not here, so that a new machine changes no file of another.
fn hosts(machine: &TargetMachine, files: &[BundleFile]) -> Option<BundleFile> {
    let path = "/etc/hosts";
    if files.iter().any(|file| file.path == path) {
        return None;
    }
    let (own, name) = (machine.address, &machine.name);
    let loopback = [IpAddr::from([127, 0, 0, 1]), IpAddr::V6(std::net::Ipv6Addr::LOCALHOST)];
    let text =
        format!("{} localhost\n{} localhost ip6-localhost ip6-loopback\n{own} {name}\n", loopback[0], loopback[1]);
    let (owner, group, origin) = ("root".into(), "root".into(), "kmodel: boot".into());
    Some(BundleFile {
        path: path.into(),
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
    let (encoding, content) = match text {
        Some(text) => (Value::None, text.to_owned()),
        None => (Value::text("b64"), STANDARD.encode(&file.content)),
    };
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
