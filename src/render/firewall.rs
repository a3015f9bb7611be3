//! The packet filter of a machine as nftables reads it.
//!
//! In: the rules of [`crate::plan::firewall`]. Out: a script for `nft -f` that puts one table in place, whole or not at
//! all, and touches no other: those of Kubernetes and of pod networks stay as they are.

use std::fmt::Write as _;

use crate::model::Model;
use crate::plan::firewall::{Addresses, Firewall, FirewallRule, Party, Ruleset};
use crate::plan::listener::{Bind, What};
use crate::syntax::ast::Protocol;

const HEAD: &str = "\
#!/usr/sbin/nft -f
# Written by kmodel. What relations need is open, and nothing else: forwarded packets are not looked at.

table inet kmodel
delete table inet kmodel
table inet kmodel {
";

/// What every machine needs to have a network at all: answers to what it asked, itself, errors and neighbours by ICMP
/// (RFC 4890 for IPv6), and addresses by DHCP.
const ALWAYS: &str = r#"
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    ct state invalid drop
    iifname "lo" accept
    icmp type { echo-request, destination-unreachable, time-exceeded, parameter-problem } accept
    icmpv6 type { echo-request, destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept
    icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept
    icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } ip6 saddr fe80::/10 accept
    udp sport 67 udp dport 68 accept
    ip6 saddr fe80::/10 udp dport 546 accept
"#;

/// The script for a machine.
pub fn text(model: &Model<'_>, firewall: &Firewall, rules: &Ruleset) -> String {
    let mut out = HEAD.to_owned();
    let mut sets = Sets { model, firewall, known: Vec::new() };
    let mut body = ALWAYS.to_owned();
    for rule in &rules.rules {
        accept(&mut body, &mut sets, rule);
    }
    body.push_str("  }\n");
    for (what, who) in &rules.given_out {
        given_out(&mut body, &mut sets, *what, who);
    }
    sets.write(&mut out);
    out + &body + "}\n"
}

/// Whether a file is such a script.
pub fn is_ours(content: &[u8]) -> bool {
    content.starts_with(HEAD.as_bytes())
}

/// A script that also admits everything from these addresses, of machines that are about to leave.
pub fn widened(content: &[u8], from: &[std::net::IpAddr]) -> Vec<u8> {
    const SELF: &str = "    iifname \"lo\" accept\n";
    let lines = from.iter().fold(SELF.to_owned(), |mut text, one| {
        let _ = writeln!(text, "    {} saddr {one} accept", if one.is_ipv4() { "ip" } else { "ip6" });
        text
    });
    String::from_utf8_lossy(content).replace(SELF, &lines).into_bytes()
}

/// The rules as they stand in the script, each with its place among those of the machine.
pub fn lines(model: &Model<'_>, firewall: &Firewall, rules: &Ruleset) -> Vec<(usize, String)> {
    let mut sets = Sets { model, firewall, known: Vec::new() };
    let mut list = Vec::new();
    for (place, rule) in rules.rules.iter().enumerate() {
        let mut body = String::new();
        accept(&mut body, &mut sets, rule);
        list.extend(body.lines().map(|line| (place, line.trim().to_owned())));
    }
    list
}

/// The sets of addresses that rules name.
struct Sets<'a, 'p> {
    model: &'a Model<'p>,
    firewall: &'a Firewall,
    known: Vec<(Party, String, Addresses)>,
}

impl Sets<'_, '_> {
    /// The addresses of a party, and the name of its set; the family is added to it.
    fn of(&mut self, party: &Party) -> (String, Addresses) {
        if let Some((_, name, addresses)) = self.known.iter().find(|(known, ..)| known == party) {
            return (name.clone(), addresses.clone());
        }
        let name = match party {
            Party::App(app) => format!("app-{}", self.model.app(*app).name),
            Party::Nodes => "nodes".to_owned(),
            Party::Pods => "pods".to_owned(),
            Party::Operators => "operators".to_owned(),
            Party::Anyone => String::new(),
            Party::Range(_) => format!("range-{}", self.known.len()),
        };
        let addresses = party.addresses(self.model, self.firewall);
        self.known.push((party.clone(), name.clone(), addresses.clone()));
        (name, addresses)
    }

    fn write(&self, out: &mut String) {
        for (party, name, addresses) in self.known.iter().filter(|(party, ..)| *party != Party::Anyone) {
            for family in 0..2 {
                let list: Vec<String> = addresses.intervals(family).map(interval).collect();
                if list.is_empty() {
                    continue;
                }
                let of = match party {
                    Party::App(app) => format!("machines of {}", self.model.app(*app).name),
                    _ => name.clone(),
                };
                let ty = ["ipv4_addr", "ipv6_addr"][family];
                let _ = writeln!(out, "  # {of}\n  set {} {{\n    type {ty}; flags interval", set_name(name, family));
                let _ = writeln!(out, "    elements = {{ {} }}\n  }}", list.join(",\n      "));
            }
        }
    }
}

fn set_name(name: &str, family: usize) -> String {
    format!("{name}-{}", ["v4", "v6"][family])
}

fn interval((first, last): (std::net::IpAddr, std::net::IpAddr)) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

fn accept(out: &mut String, sets: &mut Sets<'_, '_>, rule: &FirewallRule) {
    let what = matched(rule.what);
    let (name, addresses) = sets.of(&rule.party);
    for family in 0..2 {
        let ip = ["ip", "ip6"][family];
        let to = match rule.bind {
            Bind::All => String::new(),
            Bind::AllV4 if family == 0 => String::new(),
            Bind::One(one) if usize::from(one.is_ipv6()) == family => format!("{ip} daddr {one} "),
            Bind::AllV4 | Bind::One(_) => continue,
        };
        let from = match rule.party {
            Party::Anyone => format!("meta nfproto {} ", ["ipv4", "ipv6"][family]),
            _ if addresses.intervals(family).next().is_none() => continue,
            _ => format!("{ip} saddr @{} ", set_name(&name, family)),
        };
        let _ = writeln!(out, "    {from}{to}{what} accept comment \"{}\"", comment(&rule.comment));
    }
}

fn matched(what: What) -> String {
    let name = |protocol| match protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
    };
    match what {
        What::Port(port) => format!("{} dport {}", name(port.protocol), port.number),
        What::Ports { first, last, protocol: Some(protocol) } => format!("{} dport {first}-{last}", name(protocol)),
        What::Ports { first, last, protocol: None } => format!("meta l4proto {{ tcp, udp }} th dport {first}-{last}"),
        What::Other(number) => format!("meta l4proto {number}"),
    }
}

/// Ports of services are given to pods before the `input` chain sees them, so they are shut where packets come in.
fn given_out(out: &mut String, sets: &mut Sets<'_, '_>, what: What, who: &[Party]) {
    let _ =
        writeln!(out, "\n  chain given-out {{\n    type filter hook prerouting priority dstnat - 10; policy accept;");
    let what = matched(what);
    let _ = writeln!(out, "    ct state established,related accept\n    iifname \"lo\" accept");
    for party in who {
        let (name, addresses) = sets.of(party);
        for family in 0..2 {
            if addresses.intervals(family).next().is_some() {
                let ip = ["ip", "ip6"][family];
                let _ = writeln!(out, "    {ip} saddr @{} accept", set_name(&name, family));
            }
        }
    }
    let _ = writeln!(out, "    fib daddr type local {what} drop\n  }}");
}

/// nftables takes up to 128 characters (NFTNL_UDATA_COMMENT_MAXLEN), without quotes.
fn comment(text: &str) -> String {
    text.chars().filter(|c| *c != '"').take(120).collect()
}
