//! Packet filters that are made by commands: those of ufw, and of iptables one by one.

use super::{Accept, Read, TCP, UDP, by_interface, ports, protocol};

/// What the commands of one application make of a machine; `None` where they make no packet filter.
pub(super) fn read(commands: &[&str]) -> Option<Read> {
    let words: Vec<Vec<&str>> = commands.iter().map(|command| words(command)).collect();
    let last = |verb: &str| words.iter().rposition(|words| words[0] == "ufw" && words.contains(&verb));
    if last("enable").is_some_and(|enabled| last("disable").is_none_or(|disabled| disabled < enabled)) {
        return Some(ufw(&words));
    }
    let found = words.iter().find(|words| drops(words))?;
    Some(Read::Unread(format!("the rule is set by a command, `{}`", found.join(" "))))
}

/// Whether a command makes a packet filter, or a part of one.
pub(super) fn makes(command: &str) -> bool {
    let words = words(command);
    words[0] == "ufw" || drops(&words)
}

fn drops(words: &[&str]) -> bool {
    let drops = |word: &&str| matches!(word.trim_matches([';', '\'', '"']), "DROP" | "REJECT" | "drop" | "reject");
    ["iptables", "ip6tables", "nft"].contains(&words[0]) && words.iter().any(drops)
}

/// The words of a command, without those before the program: `sudo`, a path.
pub(super) fn words(command: &str) -> Vec<&str> {
    let mut words: Vec<&str> = command.split_whitespace().skip_while(|word| *word == "sudo").collect();
    if let Some(first) = words.first_mut() {
        *first = first.rsplit('/').next().unwrap_or(first);
    }
    if words.is_empty() { vec![""] } else { words }
}

/// By default ufw denies incoming traffic.
fn ufw(commands: &[Vec<&str>]) -> Read {
    let mut accepts = Vec::new();
    for words in commands.iter().filter(|words| words[0] == "ufw") {
        let rest: Vec<&str> = words[1..].iter().copied().filter(|word| !word.starts_with("--")).collect();
        match rest[..] {
            ["default", "allow"] | ["default", "allow", "incoming"] => return Read::Open,
            ["allow" | "limit", ref rule @ ..] => match allowed(rule) {
                Some((accept, admits)) => accepts.extend(admits.then_some(accept)),
                None => return Read::Unread(format!("unsupported command `{}`", words.join(" "))),
            },
            ["deny" | "reject" | "route" | "insert", ..] => {
                return Read::Unread(format!("unsupported command `{}`", words.join(" ")));
            }
            _ => {}
        }
    }
    Read::Accepts(accepts)
}

/// `in on cni0`, and what follows; and whether other machines come in by that interface.
fn allowed(rule: &[&str]) -> Option<(Accept, bool)> {
    let rule = rule.strip_prefix(&["in"]).unwrap_or(rule);
    let ["on", name, rest @ ..] = rule else {
        return admitted(rule).map(|accept| (accept, true));
    };
    let mut accept = if rest.is_empty() { Accept::default() } else { admitted(rest)? };
    let admits = by_interface(&[name], &rule.join(" "), &mut accept);
    Some((accept, admits))
}

/// `22`, `22/tcp`, `8000:8010/tcp`, `ssh`, `from 10.0.0.0/8`, `from 10.0.0.0/8 to any port 22 proto tcp`.
fn admitted(rule: &[&str]) -> Option<Accept> {
    if let [one] = rule {
        let (range, kind) = one.split_once('/').map_or((*one, None), |(range, kind)| (range, Some(kind)));
        let ports = range.split(',').map(ports).collect::<Option<_>>()?;
        let protocol = kind.map(|kind| protocol(kind).filter(|kind| [TCP, UDP].contains(kind)));
        return Some(Accept {
            protocol: protocol.map_or(Some(None), |kind| kind.map(Some))?,
            ports,
            ..Accept::default()
        });
    }
    let mut accept = Accept::default();
    for pair in rule.chunks(2) {
        let [key, value] = pair else { return None };
        match *key {
            "from" if *value == "any" => {}
            "from" => {
                accept.from = vec![value.parse().ok().or_else(|| Some(value.parse::<std::net::IpAddr>().ok()?.into()))?]
            }
            "to" if *value == "any" => {}
            "port" => accept.ports = value.split(',').map(ports).collect::<Option<_>>()?,
            "proto" => accept.protocol = Some(protocol(value)?),
            "comment" => break,
            _ => return None,
        }
    }
    Some(accept)
}
