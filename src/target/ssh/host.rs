//! Where a machine is, and who logs in there.

use std::collections::BTreeMap;

use crate::syntax::ast::Name;

use super::Options;

/// How one machine is reached. What is absent is left to the user's own configuration of OpenSSH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    pub machine: Name,
    /// A name or an address; that of the machine in the cluster, unless the model says another.
    pub address: String,
    pub user: Option<String>,
    pub port: Option<u16>,
    /// A private key of the user's, or the public half of one that an agent holds.
    pub key: Option<String>,
    /// `[USER@]HOST[:PORT]`, several parted by commas.
    pub jump: Option<String>,
    pub r#become: Become,
    /// `TYPE BASE64`.
    pub host_key: Option<String>,
}

/// How a user that is not root becomes root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Become {
    #[default]
    Sudo,
    Doas,
    /// Not at all: root logs in.
    None,
}

/// Which host keys are trusted where the model pins none.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct HostKeys {
    /// A file of known hosts beside the model, in place of the user's own.
    pub known_hosts: Option<String>,
    /// Trusts the key of a host that is not known yet, and remembers it.
    pub first_use: bool,
    /// Hosts are known by the names of their machines, not by addresses, which other machines may get.
    pub by_name: bool,
}

impl Host {
    /// What a lock keeps of it: its fields as in `hosts`.
    pub fn fields(&self) -> BTreeMap<String, String> {
        let r#become = match self.r#become {
            Become::Sudo => None,
            Become::Doas => Some("doas".to_owned()),
            Become::None => Some("none".to_owned()),
        };
        let fields = [
            ("address", Some(self.address.clone())),
            ("user", self.user.clone()),
            ("port", self.port.map(|port| port.to_string())),
            ("key", self.key.clone()),
            ("jump", self.jump.clone()),
            ("become", r#become),
            ("host-key", self.host_key.clone()),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// All machines, and how those are reached that have left the model.
#[derive(Clone, Debug)]
pub struct Hosts {
    /// In the order of the model.
    pub machines: Vec<Host>,
    pub rest: Options,
}

impl Hosts {
    /// How a machine is reached that the model no longer has: as it was, by the fields of the lock; otherwise at the address
    /// that it had in the cluster.
    pub fn former(&self, name: &str, address: &str, fields: Option<&BTreeMap<String, String>>) -> Host {
        match fields {
            Some(fields) => self.rest.host_of(name, fields, address),
            None => self.rest.host_at(name, "", address),
        }
    }

    pub fn keys(&self) -> &HostKeys {
        &self.rest.keys
    }
}
