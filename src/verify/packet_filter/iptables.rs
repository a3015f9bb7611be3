//! Rules as iptables-save writes them.

use super::{Accept, Does, Read, by_interface, ports, protocol};

/// Reads one chain of the table `filter`. One of ufw has no policy of its own: what it does not let in is refused.
pub(super) fn read(text: &str, chain: &str) -> Read {
    let mut table = String::from("filter");
    let mut drops = chain != "INPUT";
    let mut accepts = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('*') {
            table = name.to_owned();
        }
        if table != "filter" {
            continue;
        }
        if let Some(policy) = line.strip_prefix(&format!(":{chain} ")) {
            drops |= policy.starts_with("DROP");
        }
        let Some(rule) = line.strip_prefix(&format!("-A {chain} ")) else { continue };
        match of_rule(rule) {
            Ok(Verdict::Accept(accept)) => accepts.push(accept),
            Ok(Verdict::Rest) => {
                drops = true;
                break;
            }
            Ok(Verdict::Nothing) => {}
            Err(why) => return Read::Unread(why),
        }
    }
    match accepts.iter().any(|rule| rule.verdict != Does::Accept) {
        _ if drops => Read::Accepts(accepts),
        true => Read::Rejects(accepts),
        false => Read::Open,
    }
}

/// Whether nothing else than ports, sources and the state of a connection decides about a rule.
fn is_plain(words: &[&str]) -> bool {
    let modules = words.windows(2).filter(|pair| ["-m", "--match"].contains(&pair[0])).map(|pair| pair[1]);
    let known = ["tcp", "udp", "multiport", "conntrack", "state", "comment"];
    let decides = ["-i", "--in-interface", "-d", "--destination", "--sport", "--sports"];
    modules.into_iter().all(|module| known.contains(&module)) && !words.iter().any(|word| decides.contains(word))
}

/// Options that let in less than a rule says otherwise.
const NARROW: &[&str] = &[
    "-d",
    "--destination",
    "--sport",
    "--sports",
    "--source-port",
    "--source-ports",
    "--mark",
    "--mac-source",
    "--match-set",
    "--physdev-in",
    "--uid-owner",
    "--gid-owner",
    "--dst-type",
    "--src-type",
    "--src-range",
    "--tcp-flags",
    "--timestart",
    "--pkt-type",
    "--ttl-eq",
    "--dscp",
    "--string",
];

enum Verdict {
    Accept(Accept),
    /// All that is left is refused.
    Rest,
    Nothing,
}

fn of_rule(rule: &str) -> Result<Verdict, String> {
    let words: Vec<&str> = rule.split_whitespace().collect();
    let mut accept = Accept::default();
    let (mut target, mut looks, mut new) = ("", false, true);
    for pair in words.windows(2) {
        let unknown = || format!("unsupported `{}` in `{rule}`", pair[1]);
        match pair[0] {
            "!" => return Err(format!("negation in `{rule}` is not supported")),
            "-j" | "-g" => target = pair[1],
            "-p" | "--protocol" => accept.protocol = Some(protocol(pair[1]).ok_or_else(unknown)?),
            "--dport" | "--dports" | "--destination-port" | "--destination-ports" => {
                let read = |part: &str| ports(part).ok_or_else(unknown);
                accept.ports = pair[1].split(',').map(read).collect::<Result<_, _>>()?;
            }
            "-s" | "--source" => {
                let read =
                    |part: &str| part.parse().ok().or_else(|| Some(part.parse::<std::net::IpAddr>().ok()?.into()));
                accept.from =
                    pair[1].split(',').map(|part| read(part).ok_or_else(unknown)).collect::<Result<_, _>>()?;
            }
            "-i" | "--in-interface" => new &= by_interface(&[pair[1]], rule, &mut accept),
            "--state" | "--ctstate" => new &= pair[1].split(',').any(|state| state == "NEW"),
            option if NARROW.contains(&option) => accept.only = Some(format!("what `{rule}` admits is not known")),
            _ => continue,
        }
        looks |= !matches!(pair[0], "-j" | "-g");
    }
    match target {
        "ACCEPT" if new => Ok(Verdict::Accept(accept)),
        "DROP" | "REJECT" if !looks => Ok(Verdict::Rest),
        "DROP" | "REJECT" if !new => Ok(Verdict::Nothing),
        "DROP" | "REJECT" if !accept.ports.is_empty() => {
            let why = format!("`{rule}` rejects some of what comes in");
            let verdict = if accept.only.is_none() && is_plain(&words) { Does::Reject } else { Does::Unsure(why) };
            Ok(Verdict::Accept(Accept { verdict, ..accept }))
        }
        "ACCEPT" | "DROP" | "REJECT" | "RETURN" | "LOG" | "NFLOG" | "" => Ok(Verdict::Nothing),
        // The log of ufw.
        other if other.starts_with("ufw") && other.contains("logging") => Ok(Verdict::Nothing),
        other => Err(format!("jumps to the chain `{other}` are not followed")),
    }
}
