//! A question, from the words on the command line.

use super::Why;

/// Words that select a kind.
pub(super) const KINDS: &[&str] = &[
    "file",
    "dir",
    "flag",
    "unit",
    "service",
    "port",
    "firewall",
    "address",
    "ip",
    "relation",
    "endpoint",
    "cert",
    "certificate",
    "san",
    "value",
    "param",
    "let",
    "option",
    "machine",
    "app",
    "application",
    "authority",
    "keypair",
    "secret",
    "artifact",
    "image",
    "package",
    "module",
    "sysctl",
    "device",
    "mount",
    "command",
];

/// Words without meaning of their own.
const JOINTS: &[&str] = &["->", "on", "in", "of", "san", "flag", "from", "to", "name", "="];

/// A question in parts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    pub kind: Option<String>,
    /// Before `:` or `/`, when a machine is named so; or after `on`.
    pub machine: Option<String>,
    pub name: String,
    /// What follows the name: a flag, a name in a certificate, the other end of a relation.
    pub more: Option<String>,
}

impl Query {
    /// Reads words such as `cert kube-apiserver.serving san 10.10.0.254` or `cp-0:/etc/hosts`.
    pub(super) fn read(why: &Why<'_, '_>, words: &[String]) -> Self {
        let mut words: Vec<&str> = words.iter().flat_map(|word| word.split_whitespace()).collect();
        let mut query = Query::default();
        if words.len() > 1 && KINDS.contains(&words[0]) {
            query.kind = Some(words.remove(0).to_owned());
        }
        let mut rest = words.into_iter().enumerate().filter(|(at, word)| *at == 0 || !JOINTS.contains(word));
        let Some((_, first)) = rest.next() else { return query };
        let (machine, name) = machine_and_name(why, first);
        (query.machine, query.name) = (machine, name);
        for (_, word) in rest {
            // A machine may stand behind too; but a machine is also what a certificate may name.
            let is_san = matches!(query.kind.as_deref(), Some("cert" | "certificate" | "san"));
            match word.strip_suffix(':').unwrap_or(word) {
                word if query.machine.is_none() && !is_san && why.machine(word).is_some() => {
                    query.machine = Some(word.to_owned());
                }
                word => query.more = query.more.or(Some(word.to_owned())),
            }
        }
        query.flag_in_name();
        query.machine_first(why);
        query
    }

    /// `cp-0 etcd` is `etcd` on `cp-0`.
    fn machine_first(&mut self, why: &Why<'_, '_>) {
        let is_part = |name: &String| why.app(name).is_some() || name.ends_with(".service") || name.starts_with('/');
        if self.machine.is_none() && why.machine(&self.name).is_some() && self.more.as_ref().is_some_and(is_part) {
            self.machine = Some(std::mem::take(&mut self.name));
            self.name = self.more.take().unwrap_or_default();
        }
    }

    /// `kube-apiserver.flags.etcd-servers` and `kube-apiserver.--etcd-servers` are `kube-apiserver --etcd-servers`.
    fn flag_in_name(&mut self) {
        let split = self.name.split_once(".flags.").or_else(|| self.name.split_once(".--"));
        if let Some((name, flag)) = split.map(|(name, flag)| (name.to_owned(), flag.to_owned())) {
            self.more = Some(format!("--{}", flag.trim_start_matches('-')));
            self.name = name;
        }
    }

    /// Whether it may be of one of these kinds.
    pub(super) fn is_of(&self, kinds: &[&str]) -> bool {
        self.kind.as_deref().is_none_or(|kind| kinds.contains(&kind))
    }

    /// The flag, without its hyphens.
    pub(super) fn flag(&self) -> Option<&str> {
        let flag = self.more.as_deref().filter(|more| more.starts_with('-') || self.kind.as_deref() == Some("flag"))?;
        Some(flag.trim_start_matches('-').split('=').next().unwrap_or_default())
    }
}

/// `cp-0:/etc/hosts`, `cp-0/etcd.service`, `cp-0:6443`: what is before is a machine only if there is one.
fn machine_and_name(why: &Why<'_, '_>, word: &str) -> (Option<String>, String) {
    let split = word.find([':', '/']).map(|at| (&word[..at], &word[at + 1..], &word[at..]));
    match split {
        Some((machine, rest, whole)) if why.machine(machine).is_some() && !rest.is_empty() => {
            // `cp-0/etc/hosts` can only be the path.
            let path = whole.starts_with('/') && rest.contains('/');
            (Some(machine.to_owned()), if path { whole.to_owned() } else { rest.to_owned() })
        }
        _ => (None, word.to_owned()),
    }
}
