//! What an OpenSSH client needs to reach the machines: `ssh -F ssh_config MACHINE`.

use std::io;

use crate::render::origin::What;
use crate::target::{Content, Roster, Shared, text};

use super::Options;
use super::host::{Host, HostKeys};

/// `ssh_config`, and `known_hosts` where the model pins keys.
pub(super) fn files<'a>(options: &'a Options, roster: &'a dyn Roster) -> Vec<Shared<'a>> {
    let hosts = move || (0..roster.count()).map(move |place| options.host(&roster.machine(place)));
    let file = |name: &str, write: Content<'a>| {
        Shared::Long(text(name.into(), 0o644, "", &What::Target("ssh".into()).into()), write)
    };
    let config = move |out: &mut dyn io::Write| {
        out.write_all(HEAD.as_bytes())?;
        hosts().try_for_each(|host| out.write_all(entry(&options.keys, &host).as_bytes()))
    };
    let known = move |out: &mut dyn io::Write| {
        hosts().filter_map(|host| known_host(&host)).try_for_each(|line| out.write_all(line.as_bytes()))
    };
    let is_pinned = hosts().any(|host| host.host_key.is_some());
    let known = is_pinned.then(|| file("known_hosts", Box::new(known)));
    [file("ssh_config", Box::new(config))].into_iter().chain(known).collect()
}

const HEAD: &str =
    "# Written by kmodel: ssh -F ssh_config MACHINE. Paths are relative to the folder that ssh runs in.\n";

/// The line of a pinned key; the name is that of the machine (`HostKeyAlias`).
pub fn known_host(host: &Host) -> Option<String> {
    Some(format!("{} {}\n", host.machine, host.host_key.as_ref()?))
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
