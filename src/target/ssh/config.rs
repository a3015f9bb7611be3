//! What an OpenSSH client needs to reach the machines: `ssh -F ssh_config MACHINE`.

use crate::render::origin::What;
use crate::target::{OutputFile, text};

use super::host::{Host, HostKeys};

/// `ssh_config`, and `known_hosts` where the model pins keys.
pub(super) fn files(keys: &HostKeys, hosts: &[Host]) -> Vec<OutputFile> {
    let origin = What::Target("ssh".into()).into();
    let pinned: String = hosts.iter().filter_map(known_host).collect();
    let config = text("ssh_config".into(), 0o644, config(keys, hosts), &origin);
    let known = (!pinned.is_empty()).then(|| text("known_hosts".into(), 0o644, &pinned, &origin));
    [config].into_iter().chain(known).collect()
}

/// The line of a pinned key; the name is that of the machine (`HostKeyAlias`).
pub fn known_host(host: &Host) -> Option<String> {
    Some(format!("{} {}\n", host.machine, host.host_key.as_ref()?))
}

fn config(keys: &HostKeys, hosts: &[Host]) -> String {
    let each: String = hosts.iter().map(|host| entry(keys, host)).collect();
    format!(
        "# Written by kmodel: ssh -F ssh_config MACHINE. Paths are relative to the folder that ssh runs in.\n{each}"
    )
}

fn entry(keys: &HostKeys, host: &Host) -> String {
    let known = match (&host.host_key, &keys.known_hosts) {
        (Some(_), _) => Some("known_hosts"),
        (None, Some(file)) => Some(file.as_str()),
        (None, None) => None,
    };
    let settings = [
        ("HostName", Some(host.address.clone())),
        ("User", host.user.clone()),
        ("Port", host.port.map(|port| port.to_string())),
        ("IdentityFile", host.key.as_ref().map(|key| format!("\"{key}\""))),
        ("ProxyJump", host.jump.clone()),
        ("HostKeyAlias", host.host_key.as_ref().map(|_| host.machine.to_string())),
        ("UserKnownHostsFile", known.map(|file| format!("\"{file}\""))),
    ];
    let lines = settings.into_iter().filter_map(|(name, value)| Some(format!("  {name} {}\n", value?)));
    format!("\nHost {}\n{}", host.machine, lines.collect::<String>())
}
