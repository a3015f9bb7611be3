//! The resolver of the C library: resolv.conf.
//!
//! Source: resolv.conf(5), glibc resolv/res_init.c (a line that begins with another word is passed over).

use std::net::IpAddr;

use super::{DocumentProblem, lines, slip, wrong};
use crate::diag::{Code, Help, did_you_mean};

const WORDS: &[&str] = &["nameserver", "domain", "search", "sortlist", "options", "lookup", "family"];

const OPTIONS: &[&str] = &[
    "attempts",
    "debug",
    "edns0",
    "inet6",
    "ip6-bytestring",
    "ip6-dotint",
    "ndots",
    "no-aaaa",
    "no-check-names",
    "no-ip6-dotint",
    "no-reload",
    "no-tld-query",
    "rotate",
    "single-request",
    "single-request-reopen",
    "strict-error",
    "timeout",
    "trust-ad",
    "use-vc",
];

/// What is wrong with a resolv.conf.
pub(super) fn check(_path: &str, text: &str) -> Vec<DocumentProblem> {
    lines(text).filter_map(|(number, line)| of_line(number, line)).collect()
}

fn of_line(number: usize, line: &str) -> Option<DocumentProblem> {
    let mut words = line.split_whitespace();
    let first = words.next()?;
    if !WORDS.contains(&first) {
        let message = format!("unknown word `{first}`: the resolver passes over the line");
        let help = did_you_mean(first, WORDS.iter().copied(), "expected `nameserver`, `search` or `options`");
        return Some(wrong(Code::InvalidConfig, number, message, help));
    }
    match first {
        "nameserver" => {
            let address = words.next().unwrap_or_default();
            let message = format!("`{address}` is not an address: the resolver passes over the line");
            let help = "write one address on each line";
            (ip(address).is_none()).then(|| wrong(Code::InvalidConfig, number, message, help))
        }
        "options" => {
            let names = words.map(|word| word.split(':').next().unwrap_or(word));
            let (name, near) = names
                .filter(|name| !OPTIONS.contains(name))
                .find_map(|name| Some((name, slip(name, OPTIONS.iter().copied())?)))?;
            let message = format!("unknown option `{name}`: the resolver ignores it");
            Some(wrong(Code::UnwiseSetting, number, message, Help::near(near)))
        }
        _ => None,
    }
}

/// An address, also with the interface that it is behind.
fn ip(text: &str) -> Option<IpAddr> {
    text.split('%').next().unwrap_or(text).parse().ok()
}

/// The servers that a file names: the line, if it is one of lines, and the address.
pub(in crate::verify) fn servers(path: &str, text: &str) -> Vec<(usize, IpAddr)> {
    let is_unit = path.starts_with("/etc/systemd/");
    let of = |(number, line): (usize, &str)| -> Vec<(usize, IpAddr)> {
        let value = match is_unit {
            true => line
                .split_once('=')
                .filter(|(key, _)| matches!(key.trim(), "DNS" | "FallbackDNS"))
                .map(|(_, value)| value),
            false => line.strip_prefix("nameserver"),
        };
        let plain = |word: &str| ip(word.split('#').next().unwrap_or(word));
        value.unwrap_or_default().split_whitespace().filter_map(plain).map(|ip| (number, ip)).collect()
    };
    lines(text).flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_begin_with_a_word_of_the_resolver() {
        let good =
            "# a\nnameserver 10.0.0.1\nnameserver fe80::1%eth0\nsearch a b\noptions ndots:2 edns0 trust-ad other\n";
        assert_eq!(check("", good), []);
        for bad in [
            "nameservers 10.0.0.1",
            "nameserver dns.example.org",
            "nameserver 10.0.0.1,10.0.0.2",
            "10.0.0.1",
            "options ndot:2",
        ] {
            assert_eq!(check("", bad).len(), 1, "{bad}");
        }
        assert_eq!(servers("/etc/resolv.conf", good).len(), 2);
        assert_eq!(servers("/etc/systemd/resolved.conf", "[Resolve]\nDNS=10.0.0.1 1.1.1.1#one.one\n").len(), 2);
    }
}
