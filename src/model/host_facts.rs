//! What machines that exist say of themselves, and the file beside the model that keeps it.
//!
//! In: what a machine printed, or the file. Out: facts, of which only those that last are written. `verify::machines` compares
//! them with the model.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::check::ModulePlace;
use crate::syntax::ast::Protocol;

use super::Premise;

/// The file's name; it is beside the model.
pub const NAME: &str = "kmodel.facts.toml";

/// The newest version of its format that is understood here.
const VERSION: u32 = 1;

/// What a machine is. What it did not say is absent.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct HostFacts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// As `uname -m` has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// `ID` of os-release(5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// `ID_LIKE` of os-release(5).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub os_like: Vec<String>,
    /// `VERSION_ID` of os-release(5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// Its package manager: `apt-get`, `dnf`, `zypper`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packages: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
    /// Of the file system at `/`, free or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_mib: Option<u64>,
    /// The version of its control groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<u8>,
    /// Whether it is a container, which has the kernel of its host.
    #[serde(skip_serializing_if = "is_false")]
    pub container: bool,
    /// The servers of /etc/resolv.conf.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nameservers: Vec<IpAddr>,
    /// Whether systemd-resolved knows the servers that it asks.
    #[serde(skip_serializing_if = "is_false")]
    pub resolved: bool,
    /// `enforcing` or `permissive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selinux: Option<String>,
    /// A packet filter of the system that is at work: `firewalld`, `ufw`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firewall: Option<String>,
    /// Kernel modules of the model that it cannot load.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub without_modules: BTreeSet<String>,
    /// Kernel settings of the model that its kernel does not have.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub without_settings: BTreeSet<String>,
    /// What listens there beside the model: `tcp 0.0.0.0:9090 systemd`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub listens: BTreeSet<Held>,
    /// The kind of the file system at a path.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub file_systems: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<String, Link>,
}

/// A network interface.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Link {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub addresses: BTreeSet<IpAddr>,
}

/// A port that a program of a machine holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Held {
    pub protocol: Protocol,
    /// `None` is every address of both families.
    pub address: Option<IpAddr>,
    pub port: u16,
    /// The program, if it is known.
    pub program: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// What there is of all clusters of a folder.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactsFile {
    version: u32,
    /// By the cluster's name.
    #[serde(default)]
    pub cluster: BTreeMap<String, ClusterFacts>,
}

/// What there is of a cluster.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterFacts {
    /// By the machine's name.
    #[serde(default)]
    pub machine: BTreeMap<String, HostFacts>,
}

impl FactsFile {
    /// Reads a file's text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let file: Self = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        match file.version {
            ..=VERSION => Ok(file),
            version => Err(format!("it has format version {version}, but this kmodel supports {VERSION}")),
        }
    }

    /// The same facts, as text: the same bytes each time.
    pub fn write(&self) -> String {
        let file = Self { version: VERSION, cluster: self.cluster.clone() };
        let text = toml::to_string(&file).expect("facts are tables, texts and numbers");
        format!(
            "# Written by `kmodel facts`: what the machines are. Proofs read it; commit it beside the model.\n{text}"
        )
    }
}

/// The path of the file beside a model.
pub fn path(model: &Path) -> PathBuf {
    model.with_file_name(NAME)
}

/// What the file beside a model says; `None` if there is none.
pub fn beside(premise: &Premise<'_>) -> Option<Result<FactsFile, String>> {
    let ModulePlace::File(root) = &premise.program.modules.first()?.place else { return None };
    let text = premise.world.read(&path(root)).ok()?;
    Some(FactsFile::read(&text))
}

/// From here on, the kernel gives out ports to programs that dial (ip(7), `ip_local_port_range`).
const GIVEN_OUT: u16 = 32768;

/// Interfaces that come and go with pods, and loopback.
const OF_PODS: [&str; 11] =
    ["cali", "veth", "lxc", "cni", "flannel", "cilium", "vxlan", "tunl", "kube-", "nodelocaldns", "docker"];

impl HostFacts {
    /// Reads what `hello.sh` and `examine.sh` print.
    pub fn parse(text: &str) -> Self {
        let mut facts = Self::default();
        for (tag, rest) in text.lines().filter_map(|line| line.split_once(' ')) {
            let rest = rest.trim();
            if !rest.is_empty() {
                facts.take(tag, rest);
            }
        }
        facts
    }

    fn take(&mut self, tag: &str, rest: &str) {
        let text = || Some(rest.to_owned());
        match tag {
            "hostname" => self.hostname = text(),
            "arch" => self.arch = text(),
            "os" => self.os = text(),
            "os-like" => self.os_like = rest.split_whitespace().map(str::to_owned).collect(),
            "os-version" => self.os_version = text(),
            "kernel" => self.kernel = text(),
            "packages" => self.packages = text(),
            "cores" => self.cores = rest.parse().ok(),
            "memory" => self.memory_mib = mebibytes(rest),
            "disk" => self.disk_mib = mebibytes(rest),
            "cgroup" => self.cgroup = rest.trim_start_matches('v').parse().ok(),
            "container" => self.container = rest == "yes",
            "selinux" => self.selinux = text(),
            "firewall" => self.firewall = text(),
            _ => self.take_of_many(tag, rest),
        }
    }

    fn take_of_many(&mut self, tag: &str, rest: &str) {
        match tag {
            "nameserver" => self.nameservers.extend(address(rest)),
            "resolved" => self.resolved = rest == "yes",
            "no-module" => _ = self.without_modules.insert(rest.to_owned()),
            "no-setting" => _ = self.without_settings.insert(rest.to_owned()),
            "file-system" => {
                self.file_systems.extend(pair(rest).map(|(path, kind)| (path.to_owned(), kind.to_owned())))
            }
            "link" => self.take_link(rest),
            "on" => self.take_address(rest),
            _ => {}
        }
    }

    /// `eth0 1500`.
    fn take_link(&mut self, rest: &str) {
        let Some((name, mtu)) = pair(rest) else { return };
        self.links.entry(name.to_owned()).or_default().mtu = mtu.parse().ok();
    }

    /// `eth0 10.0.0.5`.
    fn take_address(&mut self, rest: &str) {
        let Some((name, written)) = pair(rest) else { return };
        // One that every machine has, or that the kernel makes up, says nothing of the machine.
        let is_made_up = |address: &IpAddr| matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local());
        let own = address(written).filter(|address| !address.is_loopback() && !is_made_up(address));
        self.links.entry(name.to_owned()).or_default().addresses.extend(own);
    }

    /// What lasts: without interfaces that come and go with pods, unless one has the machine's own address.
    #[must_use]
    pub fn lasting(mut self, own: IpAddr) -> Self {
        self.links.retain(|name, link| is_own(name) || link.addresses.contains(&own));
        self.listens.retain(|held| held.port < GIVEN_OUT);
        self
    }

    /// The interface that has an address.
    pub fn link_of(&self, address: IpAddr) -> Option<(&str, &Link)> {
        self.links.iter().find(|(_, link)| link.addresses.contains(&address)).map(|(name, link)| (name.as_str(), link))
    }

    /// Whether any interface has an address at all.
    pub fn has_addresses(&self) -> bool {
        self.links.values().any(|link| !link.addresses.is_empty())
    }

    /// What people call its system: `debian 12`.
    pub fn system(&self) -> Option<String> {
        let os = self.os.as_deref()?;
        Some(self.os_version.as_deref().map_or(os.to_owned(), |version| format!("{os} {version}")))
    }
}

fn is_own(link: &str) -> bool {
    link != "lo" && !OF_PODS.iter().any(|name| link.starts_with(name))
}

fn pair(text: &str) -> Option<(&str, &str)> {
    text.split_once(' ')
}

fn address(text: &str) -> Option<IpAddr> {
    text.split('%').next()?.parse().ok()
}

/// Of kibibytes.
fn mebibytes(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().map(|kibibytes| kibibytes >> 10)
}

impl Held {
    /// Reads `tcp 0.0.0.0:22 sshd`, as `ss` has protocol and place.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let protocol = Protocol::read(words.next()?)?;
        let (host, port) = words.next()?.rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']').split('%').next()?;
        let address = match host {
            "*" | "::" => None,
            host => Some(host.parse().ok()?),
        };
        let program = words.next().filter(|program| *program != "-").unwrap_or_default().to_owned();
        Some(Self { protocol, address, port: port.parse().ok()?, program })
    }
}

impl From<Held> for String {
    fn from(held: Held) -> Self {
        let host = match held.address {
            None => "*".to_owned(),
            Some(IpAddr::V6(address)) => format!("[{address}]"),
            Some(address) => address.to_string(),
        };
        format!("{} {host}:{} {}", held.protocol.name(), held.port, held.program).trim_end().to_owned()
    }
}

impl TryFrom<String> for Held {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is not a port that is held: expected `tcp 0.0.0.0:22 sshd`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "arch x86_64\ncores 4\nmemory 4028220\ndisk 20480000\ncgroup v2\nos debian\nos-version 12\nos-like \n\
        hostname cp-0\nkernel 6.1.0-18-amd64\npackages apt-get\nnameserver 127.0.0.53\nresolved yes\nno-module nbd\n\
        link lo 65536\nlink eth0 1500\nlink cali12 1450\non eth0 10.0.0.5\non eth0 fe80::1\non lo 127.0.0.1\nfile-system / ext4\nx y z\n";

    #[test]
    fn what_a_machine_says_is_written_and_read_back() {
        let facts = HostFacts::parse(SAID).lasting([10, 0, 0, 5].into());
        assert_eq!((facts.cores, facts.memory_mib, facts.cgroup), (Some(4), Some(3933), Some(2)));
        assert_eq!(facts.links.keys().collect::<Vec<_>>(), ["eth0"], "others come and go with pods");
        assert_eq!(facts.link_of([10, 0, 0, 5].into()).unwrap().1.addresses.len(), 1);
        assert_eq!(facts.system().as_deref(), Some("debian 12"));
        let machine = BTreeMap::from([("cp-0".to_owned(), facts)]);
        let file = FactsFile { version: 1, cluster: BTreeMap::from([("lab".to_owned(), ClusterFacts { machine })]) };
        let text = file.write();
        assert_eq!(FactsFile::read(&text), Ok(file.clone()));
        assert_eq!(FactsFile::read(&text).unwrap().write(), text);
    }

    #[test]
    fn a_file_that_is_not_understood_is_refused() {
        for text in
            ["", "version = 2", "version = 1\nx = 1", "version = 1\n[cluster.lab.machine.a]\ncolour = 1", "<<<<<<<"]
        {
            assert!(FactsFile::read(text).is_err(), "{text}");
        }
        assert_eq!(FactsFile::read("version = 1\n"), Ok(FactsFile { version: 1, ..FactsFile::default() }));
    }

    #[test]
    fn a_port_is_read_as_ss_has_it() {
        for text in ["tcp 0.0.0.0:22 sshd", "udp *:68", "tcp [::1]:631 cupsd", "tcp 127.0.0.53:53 systemd-resolve"] {
            assert_eq!(String::from(Held::parse(text).unwrap()), text);
        }
        assert_eq!(Held::parse("tcp [::]:22 -"), Held::parse("tcp *:22"));
        assert_eq!(Held::parse("udp 127.0.0.53%lo:53 x").unwrap().address, Some([127, 0, 0, 53].into()));
        assert!(["", "icmp6 *:58", "tcp 22", "tcp *:x"].iter().all(|text| Held::parse(text).is_none()));
    }
}
