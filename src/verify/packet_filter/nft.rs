//! The rules of nftables.

use std::collections::HashMap;

use super::{Accept, Does, Read, by_interface, ports, protocol};

/// Reads the chains that see what comes in.
pub(super) fn read(text: &str) -> Read {
    let tokens = tokens(text);
    if tokens.iter().any(|token| token == "include") {
        return Read::Unread("`include` is not followed".to_owned());
    }
    let sets = sets(&tokens);
    let (mut accepts, mut filters) = (Vec::new(), false);
    for chain in chains(&tokens) {
        match of_chain(chain, &sets) {
            Ok((drops, list)) => {
                filters |= drops;
                // A chain that keeps nothing out lets nothing in that another one keeps out.
                let keeps_out = drops || list.iter().any(|rule| rule.verdict != Does::Accept);
                accepts.extend(list.into_iter().filter(|_| keeps_out));
            }
            Err(why) => return Read::Unread(why),
        }
    }
    match accepts.iter().any(|rule| rule.verdict != Does::Accept) {
        _ if filters => Read::Accepts(accepts),
        true => Read::Rejects(accepts),
        false => Read::Open,
    }
}

/// Words, braces, commas, and one `;` for each end of a statement.
fn tokens(text: &str) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for line in text.replace("\\\n", " ").lines() {
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            if first == '#' {
                break;
            }
            let end = match first {
                '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
                c if c.is_whitespace() => {
                    rest = &rest[c.len_utf8()..];
                    continue;
                }
                '{' | '}' | ',' | ';' => 1,
                _ => rest.find(|c: char| c.is_whitespace() || "{},;#".contains(c)).unwrap_or(rest.len()),
            };
            list.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        list.push(";".to_owned());
    }
    list
}

/// The tokens up to the brace that closes what was opened before them.
fn inside(tokens: &[String]) -> &[String] {
    let mut depth = 1;
    for (place, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &tokens[..place];
        }
    }
    tokens
}

/// The elements of named sets and of definitions, as they are used: `@ports`, `$PORTS`.
fn sets(tokens: &[String]) -> HashMap<String, Vec<String>> {
    let mut sets = HashMap::new();
    for (place, pair) in tokens.windows(2).enumerate() {
        let (name, from) = match pair[0].as_str() {
            "define" => (format!("${}", pair[1]), place + 2),
            "set" => (format!("@{}", pair[1]), place + 2),
            _ => continue,
        };
        let rest = &tokens[from..];
        let body = match rest.first().map(String::as_str) {
            Some("{") => {
                let own = inside(&rest[1..]);
                let at = own.iter().position(|token| token == "elements").map_or(own.len(), |at| at + 2);
                &own[at.min(own.len())..]
            }
            _ => &rest[1.min(rest.len())..],
        };
        sets.insert(name, elements(body).0);
    }
    sets
}

/// What stands between braces, or alone; and how many tokens that are.
fn elements(tokens: &[String]) -> (Vec<String>, usize) {
    match tokens.first().map(String::as_str) {
        Some("{") => {
            let own = inside(&tokens[1..]);
            let list = own.iter().filter(|token| !matches!(token.as_str(), "," | ";"));
            (list.cloned().collect(), own.len() + 2)
        }
        Some(one) => (vec![one.to_owned()], 1),
        None => (Vec::new(), 0),
    }
}

/// The bodies of chains with the hook for what comes in.
fn chains(tokens: &[String]) -> impl Iterator<Item = &[String]> {
    let bodies = tokens.windows(3).enumerate().filter(|(_, three)| three[0] == "chain" && three[2] == "{");
    bodies
        .map(|(place, _)| inside(&tokens[place + 3..]))
        .filter(|body| body.windows(2).any(|pair| pair[0] == "hook" && pair[1] == "input"))
}

/// Whether a chain drops what it does not name, and what it lets in or keeps out.
fn of_chain(body: &[String], sets: &HashMap<String, Vec<String>>) -> Result<(bool, Vec<Accept>), String> {
    let mut drops = body.windows(2).any(|pair| pair[0] == "policy" && pair[1] == "drop");
    let mut accepts = Vec::new();
    let rules: Vec<Vec<String>> = statements(body).into_iter().flat_map(rows).collect();
    for rule in rules.iter().map(Vec::as_slice) {
        let has = |word: &str| rule.iter().any(|token| token == word);
        let refuses = has("drop") || has("reject");
        match () {
            () if rule.first().is_some_and(|word| word == "type" || word == "policy") => {}
            () if has("jump") || has("goto") || has("vmap") => {
                return Err("jumps to other chains are not followed".to_owned());
            }
            () if refuses && is_bare(rule) => {
                drops = true;
                break;
            }
            () if refuses && has("dport") => {
                let why = format!("`{}` rejects some of what comes in", rule.join(" "));
                let verdict = |named: &Accept| match named.only.is_none() && is_plain(rule) {
                    true => Does::Reject,
                    false => Does::Unsure(why.clone()),
                };
                accepts
                    .extend(accept(rule, sets)?.into_iter().map(|named| Accept { verdict: verdict(&named), ..named }));
            }
            () if has("accept") => accepts.extend(accept(rule, sets)?),
            () => {}
        }
    }
    Ok((drops, accepts))
}

/// The rules that one with a map of verdicts stands for: `ct state vmap { established : accept, invalid : drop }` is two.
/// A map that has a name stays as it is.
fn rows(rule: &[String]) -> Vec<Vec<String>> {
    let whole = || vec![rule.to_vec()];
    let Some(at) = rule.iter().position(|token| token == "vmap") else { return whole() };
    if rule.get(at + 1).map(String::as_str) != Some("{") {
        return whole();
    }
    let rows = inside(&rule[at + 2..]).split(|token| token == "," || token == ";").filter(|row| !row.is_empty());
    let of_row = |row: &[String]| -> Option<Vec<String>> {
        let colon = row.iter().position(|token| token == ":")?;
        Some([&rule[..at], &row[..colon], &row[colon + 1..]].concat())
    };
    rows.map(of_row).collect::<Option<_>>().unwrap_or_else(whole)
}

/// Whether nothing else than ports and sources decides about a rule.
fn is_plain(rule: &[String]) -> bool {
    let decides = [
        "iif", "iifname", "meta", "mark", "limit", "meter", "quota", "count", "daddr", "sport", "fib", "ether", "over",
    ];
    !rule.iter().any(|token| decides.contains(&token.as_str()) || token.starts_with('@'))
}

/// The statements of a body: those in braces belong to the one around them.
fn statements(body: &[String]) -> Vec<&[String]> {
    let (mut list, mut start, mut depth) = (Vec::new(), 0, 0);
    for (place, token) in body.iter().enumerate() {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            ";" if depth == 0 => {
                list.push(&body[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    list.push(&body[start..]);
    list.retain(|statement| !statement.is_empty());
    list
}

/// Whether a rule looks at nothing.
fn is_bare(rule: &[String]) -> bool {
    let looks = ["ct", "ip", "ip6", "tcp", "udp", "th", "meta", "iif", "iifname", "icmp", "icmpv6", "ether", "fib"];
    // What follows is how it is refused: `reject with icmp type port-unreachable`.
    let mut before = rule.iter().take_while(|token| *token != "reject");
    !before.any(|token| looks.contains(&token.as_str()))
}

/// What a rule admits, by protocol; nothing if that is not a new connection from another machine.
fn accept(rule: &[String], sets: &HashMap<String, Vec<String>>) -> Result<Vec<Accept>, String> {
    let (mut accept, mut protocols) = (Accept::default(), Vec::new());
    let mut place = 0;
    while place < rule.len() {
        let word = rule[place].as_str();
        let (values, used) = elements(&rule[(place + 1).min(rule.len())..]);
        let values: Vec<String> =
            values.iter().flat_map(|value| sets.get(value).cloned().unwrap_or_else(|| vec![value.clone()])).collect();
        let unknown = |value: &str| format!("`{value}` in `{}` is not supported", rule.join(" "));
        match word {
            "state" if !values.iter().any(|value| value.split(',').any(|state| state == "new")) => {
                return Ok(Vec::new());
            }
            "iif" | "iifname" if values.iter().any(|value| value == "!=") => narrow(&mut accept, rule),
            "iif" | "iifname" => {
                let names: Vec<&str> = values.iter().map(String::as_str).collect();
                if !by_interface(&names, &rule.join(" "), &mut accept) {
                    return Ok(Vec::new());
                }
                place += used;
            }
            "icmp" | "icmpv6" => return Ok(Vec::new()),
            // VRRP and the like are sent to a group, and a group has no connections.
            "daddr" if values.iter().all(|value| network(value).is_some_and(|range| range.addr().is_multicast())) => {
                if protocols.is_empty() {
                    protocols.extend(protocol("vrrp"));
                }
                place += used;
            }
            word if NARROW.contains(&word) => {
                narrow(&mut accept, rule);
                place += used;
            }
            "tcp" | "udp" => protocols = protocol(word).into_iter().collect(),
            "l4proto" | "protocol" | "nexthdr" => {
                let read = |value: &String| protocol(value).ok_or_else(|| unknown(value));
                protocols = values.iter().map(read).collect::<Result<_, _>>()?;
                place += used;
            }
            "dport" => {
                let read = |value: &String| ports(value).ok_or_else(|| unknown(value));
                accept.ports = values.iter().map(read).collect::<Result<_, _>>()?;
                place += used;
            }
            "saddr" => {
                let read = |value: &String| network(value).ok_or_else(|| unknown(value));
                accept.from = values.iter().map(read).collect::<Result<_, _>>()?;
                place += used;
            }
            _ => {}
        }
        place += 1;
    }
    if protocols.is_empty() {
        return Ok(vec![accept]);
    }
    Ok(protocols.into_iter().map(|protocol| Accept { protocol: Some(protocol), ..accept.clone() }).collect())
}

/// What lets in less than a rule says otherwise.
const NARROW: &[&str] = &[
    "daddr", "sport", "mark", "ether", "fib", "skuid", "skgid", "pkttype", "iiftype", "iifgroup", "oif", "oifname",
    "cgroup", "socket", "hour", "day", "ttl", "hoplimit", "dscp", "vlan", "ipsec", "flags", "numgen", "jhash",
    "secmark", "ibrname",
];

fn narrow(accept: &mut Accept, rule: &[String]) {
    accept.only = Some(format!("what `{}` admits is not known", rule.join(" ")));
}

fn network(text: &str) -> Option<ipnet::IpNet> {
    text.parse().ok().or_else(|| Some(text.parse::<std::net::IpAddr>().ok()?.into()))
}
