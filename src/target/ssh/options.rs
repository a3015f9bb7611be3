//! The fields of `target ssh { }`.

use std::collections::{BTreeMap, HashMap};

use crate::diag::{Code, closest};
use crate::model::Value;
use crate::model::value::Record;
use crate::target::cloud::options::mirror_problem;
use crate::target::{Names, Problem, Site, TargetMachine};

use super::host::{Become, Host, HostKeys};

/// What the model says of the target, with defaults.
#[derive(Clone, Debug)]
pub struct Options {
    pub mirror: Option<String>,
    pub keys: HostKeys,
    /// Of the target itself: what holds for every machine.
    all: Record,
    /// By the names of machines and groups.
    hosts: Record,
}

/// A field, what is right for it, and what to do about what is not.
type HostField = (&'static str, fn(&str) -> bool, &'static str);

/// The fields that a machine has too, with what is wrong with a value of each.
const FIELDS: [HostField; 6] = [
    ("address", is_host, "use a host name or an address"),
    ("user", is_user, "use a name of letters, digits, `.`, `_` and `-`"),
    ("key", is_path, "use the path of a private key, such as `~/.ssh/id_ed25519`"),
    ("jump", is_jump, "use `HOST`, `USER@HOST:PORT`, or several of them separated by commas"),
    ("host-key", is_host_key, "use a line of `ssh-keyscan HOST` without its host name: `ssh-ed25519 AAAA...`"),
    ("port", is_port, "use a number from 1 to 65535"),
];

impl Options {
    /// Reads them.
    ///
    /// # Errors
    /// Every field that has a value which OpenSSH could not take, or would take for something else, and hosts that are unknown or
    /// at the same address.
    pub fn read(site: &Site) -> Result<Self, Vec<Problem>> {
        let mirror = site.text("mirror").as_deref().and_then(mirror_problem);
        match (Self::read_login(site), mirror) {
            (read, None) => read,
            (Ok(_), Some(mirror)) => Err(vec![mirror]),
            (Err(problems), Some(mirror)) => Err([vec![mirror], problems].concat()),
        }
    }

    /// The same fields, but for those that do not say how machines are reached.
    ///
    /// # Errors
    /// As [`Options::read`].
    pub fn read_login(site: &Site) -> Result<Self, Vec<Problem>> {
        let known_hosts = site.options.get("known-hosts").and_then(Value::scalar_text);
        let mut problems = wrong_fields(&site.options, None);
        let file = known_hosts.as_deref().filter(|path| !is_path(path));
        problems.extend(file.map(|path| wrong("known-hosts", path, None, "use the path of a file beside the model")));
        let hosts = match site.options.get("hosts") {
            Some(Value::Record(hosts)) => (**hosts).clone(),
            _ => Record::default(),
        };
        let each = hosts.iter().filter_map(|(name, host)| match host {
            Value::Record(fields) => Some((name, fields)),
            _ => None,
        });
        problems.extend(each.flat_map(|(name, fields)| wrong_fields(fields, Some(name))));
        problems.extend(wrong_hosts(site, &hosts));
        let keys = HostKeys { known_hosts, first_use: site.flag("first-use") == Some(true), by_name: false };
        let options = Self { mirror: site.text("mirror"), keys, all: site.options.clone(), hosts };
        if problems.is_empty() { Ok(options) } else { Err(problems) }
    }

    /// How a machine is reached.
    pub fn host(&self, machine: &TargetMachine) -> Host {
        self.host_at(&machine.name, &machine.group, &machine.address.to_string())
    }

    /// What is said of the machine goes before what is said of its group, and that before what is said of all.
    pub fn host_at(&self, machine: &str, group: &str, address: &str) -> Host {
        let own = [self.host_fields(machine), self.host_fields(group), Some(&self.all)];
        let text = |field: &str| own.iter().flatten().find_map(|fields| text(fields, field));
        Host {
            machine: machine.into(),
            address: own[..2]
                .iter()
                .flatten()
                .find_map(|fields| self::text(fields, "address"))
                .unwrap_or(address.into()),
            user: text("user"),
            port: text("port").and_then(|port| port.parse().ok()),
            key: text("key"),
            jump: text("jump"),
            r#become: match text("become").as_deref() {
                Some("doas") => Become::Doas,
                Some("none") => Become::None,
                _ => Become::Sudo,
            },
            host_key: own[..2].iter().flatten().find_map(|fields| self::text(fields, "host-key")),
        }
    }

    /// The same, by what a lock kept of the machine. A lock may be edited: what OpenSSH would take for something else is not used.
    pub(super) fn host_of(&self, machine: &str, fields: &BTreeMap<String, String>, address: &str) -> Host {
        let valid = |name: &str, value: &str| FIELDS.iter().all(|(field, valid, _)| *field != name || valid(value));
        let fields = fields.iter().filter(|(name, value)| valid(name, value));
        let record: Record = fields.map(|(name, value)| (name.as_str().into(), Value::text(value))).collect();
        let hosts = [(machine.into(), Value::Record(record.into()))].into_iter().collect();
        Self { hosts, ..self.clone() }.host_at(machine, "", address)
    }

    /// What the model says of the address of a machine.
    pub fn address_of(&self, machine: &str) -> Option<String> {
        self.host_fields(machine).and_then(|fields| text(fields, "address"))
    }

    fn host_fields(&self, name: &str) -> Option<&Record> {
        match self.hosts.get(name) {
            Some(Value::Record(fields)) => Some(fields),
            _ => None,
        }
    }
}

/// What is wrong with the names in `hosts`, and with addresses that several machines would have.
fn wrong_hosts(site: &Site, hosts: &Record) -> Vec<Problem> {
    let mut first: HashMap<(String, Option<String>), &str> = HashMap::new();
    let mut problems = Vec::new();
    for (name, host) in hosts {
        let Value::Record(fields) = host else { continue };
        let Some(address) = text(fields, "address") else {
            problems.extend(unknown_host(site, name));
            continue;
        };
        let place = (address.clone(), text(fields, "port"));
        let twice = first.get(&place).map(|other| of_two(&address, &format!("`{other}` and `{name}`")));
        first.entry(place).or_insert(name);
        problems.extend(unknown_host(site, name).or_else(|| of_group(site, name, &address)).or(twice));
    }
    problems
}

/// The address of a group is that of each machine of it.
fn of_group(site: &Site, name: &str, address: &str) -> Option<Problem> {
    let has_more = site.names.groups.iter().any(|(group, count)| **group == *name && *count > 1);
    has_more.then(|| of_two(address, &format!("all machines of `{name}`")))
}

fn of_two(address: &str, whose: &str) -> Problem {
    let message = format!("`{address}` would be the address of {whose}");
    Problem::of_field(Code::TargetLimit, "hosts", message, "give each machine an address or a port of its own")
}

/// A host that is neither a machine nor a group: a name that is misspelt would leave the machine as all others are.
fn unknown_host(site: &Site, name: &str) -> Option<Problem> {
    let Names { groups, machines } = &site.names;
    if machines.contains(name) || groups.iter().any(|(group, _)| **group == *name) {
        return None;
    }
    let near = closest(name, groups.iter().map(|(name, _)| name).chain(machines).map(|name| &**name));
    let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let message = format!("`{name}` in `hosts` is neither a machine nor a group");
    let help = format!("{near}use the name of a machine, such as `cp-0`, or of a group");
    Some(Problem::of_field(Code::TargetLimit, "hosts", message, help))
}

fn text(fields: &Record, field: &str) -> Option<String> {
    fields.get(field).and_then(Value::scalar_text).filter(|text| !text.is_empty())
}

fn wrong_fields(fields: &Record, host: Option<&str>) -> Vec<Problem> {
    // An empty text is not the same as none: it would be passed over.
    let written = |field: &str| fields.get(field).and_then(Value::scalar_text);
    let given = FIELDS.iter().filter_map(|(field, valid, help)| Some((*field, written(field)?, valid, *help)));
    given
        .filter(|(_, value, valid, _)| !valid(value))
        .map(|(field, value, _, help)| wrong(field, &value, host, help))
        .collect()
}

fn wrong(field: &'static str, value: &str, host: Option<&str>, help: &str) -> Problem {
    let of = host.map(|host| format!(" of `{host}`")).unwrap_or_default();
    let message = match value {
        "" => format!("`{field}`{of} is empty"),
        value => format!("`{}` is not a valid `{field}`{of} for OpenSSH", value.escape_debug()),
    };
    Problem::of_field(Code::TargetLimit, if host.is_some() { "hosts" } else { field }, message, help)
}

/// A text that begins with `-` would be an option of `ssh`; other characters have a meaning in `ProxyCommand`s.
fn plain(text: &str, more: &str) -> bool {
    !text.is_empty() && !text.starts_with('-') && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
}

fn is_host(text: &str) -> bool {
    plain(text, ".-_:%")
}

fn is_user(text: &str) -> bool {
    plain(text, "._-")
}

/// `%` begins a token of OpenSSH, `$` a variable; a device may have no end.
fn is_path(text: &str) -> bool {
    let is_device = ["/dev/", "/proc/", "/sys/"].iter().any(|folder| text.starts_with(folder));
    !text.is_empty()
        && !is_device
        && !text.starts_with('-')
        && !text.chars().any(|c| c.is_control() || "%$\"'`\\".contains(c))
}

fn is_jump(text: &str) -> bool {
    text.split(',').all(is_hop)
}

/// `[USER@]HOST[:PORT]`; an address of IPv6 stands in brackets.
fn is_hop(text: &str) -> bool {
    let (user, rest) = text.rsplit_once('@').map_or((None, text), |(user, rest)| (Some(user), rest));
    let (host, port) = match rest.strip_prefix('[') {
        Some(inside) => match inside.split_once(']') {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, Some(port.strip_prefix(':').unwrap_or_default())),
            None => return false,
        },
        None if rest.matches(':').count() == 1 => rest.split_once(':').map_or((rest, None), |(h, p)| (h, Some(p))),
        None => (rest, None),
    };
    user.is_none_or(is_user) && plain(host, ".-_:") && port.is_none_or(is_port)
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_host_key(text: &str) -> bool {
    let is_kind = |kind: &str| {
        plain(kind, "-@.") && (kind.starts_with("ssh-") || kind.starts_with("ecdsa-") || kind.starts_with("sk-"))
    };
    let is_key =
        |key: &str| key.starts_with("AAAA") && key.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c));
    let mut words = text.split(' ');
    words.next().is_some_and(is_kind) && words.next().is_some_and(is_key) && words.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_for_an_option_or_a_command() {
        assert!(is_host("10.0.0.5") && is_host("fe80::1%eth0") && is_host("cp-0.example.org"));
        assert!(["", "-oProxyCommand=x", "a b", "a;b", "$(x)", "a\nb"].iter().all(|text| !is_host(text)));
        assert!(is_user("ops") && !is_user("a`b") && !is_user("-l"));
        assert!(is_jump("bastion") && is_jump("ops@a.example.org:2222,b") && !is_jump("a,-oX") && !is_jump(""));
        assert!(["[::1]:22", "a@[fd00::1]", "fd00::1", "none", "a:22,b@c"].iter().all(|text| is_jump(text)));
        let wrong = ["a@-F.x", "a@-b", "a@b:22x", "a@b:-1", "a@b:99999", "a@@b", "[::1", "[::1]22", "-b", "a@", "a,"];
        assert!(wrong.iter().all(|text| !is_jump(text)), "{wrong:?}");
        assert!(
            is_path("~/.ssh/id ed25519") && ["", "-i", "a%h", "a\nb", "/dev/zero"].iter().all(|text| !is_path(text))
        );
    }

    #[test]
    fn a_host_key_is_one_line_without_its_host() {
        assert!(is_host_key("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+/=="));
        assert!(is_host_key("ecdsa-sha2-nistp256 AAAAE2Vj") && is_host_key("sk-ssh-ed25519@openssh.com AAAAG"));
        assert!(
            ["ssh-ed25519", "host ssh-ed25519 AAAA", "ssh-ed25519 xyz", "ssh-ed25519 AAAA\nx"]
                .iter()
                .all(|text| !is_host_key(text))
        );
    }

    #[test]
    fn a_port_is_a_number_that_fits() {
        assert!(is_port("22") && is_port("65535") && !is_port("0") && !is_port("65536") && !is_port("-1"));
    }
}
