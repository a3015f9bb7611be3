//! firewalld as commands start and open it: its default zone lets in ssh alone.
//!
//! Source: firewalld.zones(5) (public is the default zone), config/zones/public.xml of firewalld, firewall-cmd(1).

use super::firewalld::{OTHERS, SERVICES};
use super::{Accept, Read, TCP, by_interface, ports, protocol};

/// What the commands of a machine make of it; `None` where none starts it, or a later one stops it.
pub(super) fn read(commands: &[Vec<&str>]) -> Option<Read> {
    let does = |words: &Vec<&str>, verbs: &[&str]| {
        words[0] == "systemctl"
            && words.iter().any(|word| verbs.contains(word))
            && words.iter().any(|word| matches!(*word, "firewalld" | "firewalld.service"))
    };
    let start = commands.iter().rposition(|words| does(words, &["start", "restart", "enable"]))?;
    let stops = |words: &Vec<&str>| does(words, &["stop", "disable", "mask"]);
    (!commands[start..].iter().any(stops)).then(|| opened(commands))
}

fn opened(commands: &[Vec<&str>]) -> Read {
    let mut accepts = vec![Accept { protocol: Some(TCP), ports: vec![(22, 22)], ..Accept::default() }];
    for words in commands.iter().filter(|words| words[0] == "firewall-cmd" || words[0] == "firewall-offline-cmd") {
        match of_command(&words[1..]) {
            Some(Read::Accepts(more)) => accepts.extend(more),
            Some(read) => return read,
            None => return Read::Unread(format!("unsupported command `{}`", words.join(" "))),
        }
    }
    Read::Accepts(accepts)
}

/// Options that change nothing that is asked here.
const QUIET: [&str; 7] = ["permanent", "reload", "complete-reload", "runtime-to-permanent", "quiet", "q", "state"];

/// What one command lets in; `None` where it is not read.
fn of_command(words: &[&str]) -> Option<Read> {
    let (mut accepts, mut zone, mut is_set) = (Vec::new(), "public", false);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let option = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?;
        let (name, value) = option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
        if QUIET.contains(&name) || name.starts_with("list-") || name.starts_with("get-") || name.starts_with("query-")
        {
            continue;
        }
        let value = value.map_or_else(|| words.next().copied(), Some)?.trim_matches(['"', '\'']);
        match name {
            "zone" => zone = value,
            "set-default-zone" if value == "trusted" => return Some(Read::Open),
            "set-default-zone" if value == "public" => {}
            name => {
                is_set = true;
                accepts.push(admitted(name, value)?);
            }
        }
    }
    let accepts: Vec<Accept> = accepts.into_iter().flatten().collect();
    // What comes into `trusted` is let in whole; other zones are bound to networks that are not read.
    let is_whole = accepts.iter().all(|accept| accept.ports.is_empty() && accept.protocol.is_none());
    match zone {
        "public" if !is_set || !is_whole || accepts.iter().all(|accept| accept.from.is_empty()) => {
            Some(Read::Accepts(accepts))
        }
        "trusted" if is_whole => Some(Read::Accepts(accepts)),
        _ if !is_set => Some(Read::Accepts(accepts)),
        _ => None,
    }
}

/// What `--add-NAME=VALUE` lets in: nothing where it is about pods or what a cluster has nothing to do with.
fn admitted(name: &str, value: &str) -> Option<Option<Accept>> {
    let of = |number, range| Some(Accept { protocol: Some(number), ports: vec![range], ..Accept::default() });
    match name {
        "add-port" => {
            let (range, kind) = value.split_once('/')?;
            Some(of(protocol(kind)?, ports(range)?))
        }
        "add-protocol" => Some(Some(Accept { protocol: Some(protocol(value)?), ..Accept::default() })),
        "add-service" if OTHERS.contains(&value) => Some(None),
        "add-service" => {
            let (_, number, range) = SERVICES.iter().find(|(known, ..)| *known == value)?;
            Some(of(*number, ports(range)?))
        }
        "add-source" => Some(Some(Accept { from: vec![value.parse().ok()?], ..Accept::default() })),
        "add-interface" | "change-interface" => {
            let mut accept = Accept::default();
            let admits = by_interface(&[value], value, &mut accept);
            Some(admits.then_some(accept))
        }
        "add-masquerade" | "add-forward" | "set-log-denied" => Some(None),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Read, read};

    fn found(commands: &[&str]) -> Option<Read> {
        read(&commands.iter().map(|line| line.split_whitespace().collect()).collect::<Vec<_>>())
    }

    fn ports(commands: &[&str]) -> Vec<u16> {
        let Some(Read::Accepts(list)) = found(commands) else { return Vec::new() };
        list.iter().flat_map(|accept| accept.ports.iter().map(|(first, _)| *first)).collect()
    }

    #[test]
    fn the_default_zone_lets_in_ssh_and_what_is_added() {
        assert_eq!(found(&["firewall-cmd --add-port=1/tcp"]), None, "it is not started");
        assert_eq!(found(&["systemctl start firewalld", "systemctl disable --now firewalld"]), None);
        assert_eq!(ports(&["systemctl enable --now firewalld"]), [22]);
        let more =
            ["systemctl start firewalld.service", "firewall-cmd --permanent --add-port=6443/tcp --add-service=kubelet"];
        assert_eq!(ports(&more), [22, 6443, 10250]);
        let trusted = ["systemctl start firewalld", "firewall-cmd --set-default-zone=trusted"];
        assert_eq!(found(&trusted), Some(Read::Open));
        let source = [
            "systemctl start firewalld",
            "firewall-cmd --zone=trusted --add-source=10.0.0.0/8",
            "firewall-cmd --reload",
        ];
        assert!(matches!(found(&source), Some(Read::Accepts(list)) if list.len() == 2));
    }

    #[test]
    fn what_is_not_read_is_said() {
        for line in
            ["--add-rich-rule=a", "--add-service=own", "--zone=internal --add-port=1/tcp", "--direct --add-rule"]
        {
            let read = found(&["systemctl start firewalld", &format!("firewall-cmd {line}")]);
            assert!(matches!(read, Some(Read::Unread(_))), "{line}");
        }
    }
}
