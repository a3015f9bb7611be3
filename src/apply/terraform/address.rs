//! Where a machine is reached: as the model says, otherwise as the output of its configuration says.

use std::net::IpAddr;

use serde_json::Value as Json;

use super::Terraform;
use super::view::View;
use crate::target::ssh::Host;

impl Terraform {
    /// How a machine is reached: by the model's `address`; by what the output has for it; through a jump host by its private address;
    /// otherwise by its public one.
    pub(super) fn host(&self, view: &View, machine: &str) -> Host {
        let (group, cluster) = match self.machines.get(machine) {
            Some((group, address)) => (group.to_string(), *address),
            None => (String::new(), self.address(view, machine)),
        };
        let host = self.made.login.host_at(machine, &group, &cluster.to_string());
        let field = |name: &str| field(view, machine, name);
        let private = field("private_ip");
        let (first, second) = match host.jump {
            Some(_) => (private, field("public_ip")),
            None => (field("public_ip"), private),
        };
        let address = self.made.login.address_of(machine).or_else(|| field("address")).or(first).or(second);
        Host {
            address: address.filter(|text| is_plain(text)).unwrap_or(host.address),
            user: host.user.or_else(|| field("user").filter(|text| is_plain(text))),
            port: host.port.or_else(|| field("port").and_then(|port| port.parse().ok())),
            host_key: host.host_key.or_else(|| field("host_key").filter(|text| is_key(text))),
            ..host
        }
    }

    /// The address that a machine has in the cluster.
    pub(super) fn address(&self, view: &View, machine: &str) -> IpAddr {
        let known = self.departed.get(machine).copied();
        let private = || field(view, machine, "private_ip").and_then(|text| text.parse().ok());
        known.or_else(private).unwrap_or(IpAddr::from([0, 0, 0, 0]))
    }

    /// Whether nothing says which key the host of a machine has.
    pub(super) fn is_unknown(&self, view: &View, machine: &str) -> bool {
        self.host(view, machine).host_key.is_none() && !self.is_known(machine) && !view.has_host_keys()
    }

    /// Whether a machine may have been entered: only where keys are kept by names, a missing one tells that it was not.
    pub(super) fn was_entered(&self, view: &View, machine: &str) -> bool {
        !self.keys().by_name || self.host(view, machine).host_key.is_some() || self.is_known(machine)
    }

    fn is_known(&self, machine: &str) -> bool {
        let known = self.keys().known_hosts.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
        known.lines().any(|line| line.split_whitespace().next() == Some(machine))
    }
}

fn field(view: &View, machine: &str, name: &str) -> Option<String> {
    let text = match view.proposal().output(machine)?.get(name)? {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// What OpenSSH would not take for an option or a token.
fn is_plain(text: &str) -> bool {
    !text.starts_with('-') && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:".contains(c))
}

/// A line of `ssh-keyscan` without its host name.
fn is_key(text: &str) -> bool {
    let mut words = text.split(' ');
    let is_word = |word: Option<&str>| {
        word.is_some_and(|word| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-@.+/=".contains(c))
        })
    };
    is_word(words.next()) && is_word(words.next()) && words.next().is_none()
}
