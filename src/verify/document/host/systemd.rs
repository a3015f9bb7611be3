//! Configuration of systemd's own services: journald, logind, resolved, timesyncd, networkd, and links.
//!
//! Each drops a key or a value that it does not know and says so in its log, so a misspelt limit has no effect.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::super::systemd::{bytes, microseconds};
use super::{DocumentProblem, lines, wrong};
use crate::diag::{Code, Help, did_you_mean};
use crate::text::List;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    boolean: Vec<String>,
    time: Vec<String>,
    size: Vec<String>,
    number: Vec<String>,
    words: BTreeMap<String, Vec<String>>,
    words_or_boolean: BTreeMap<String, Vec<String>>,
    /// By what reads them.
    section: BTreeMap<String, Sections>,
}

type Sections = BTreeMap<String, Keys>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    keys: Vec<String>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("systemd.toml")).expect("the embedded table is valid TOML"));

/// Whether a file is read by one of these.
pub(super) fn reads(path: &str) -> bool {
    sections(path).is_some()
}

fn sections(path: &str) -> Option<&'static Sections> {
    let rest = path.strip_prefix("/etc/systemd/")?;
    let service = match rest.strip_prefix("network/") {
        Some(rest) => {
            // A drop-in is of the file whose name its folder has.
            let owner = rest.split_once(".d/").map_or(rest, |(owner, _)| owner);
            match owner.rsplit('.').next()? {
                "network" | "netdev" => "networkd",
                "link" => "link",
                _ => return None,
            }
        }
        None => {
            let (name, below) = rest.split_once(".conf")?;
            (below.is_empty() || below.starts_with(".d/") && below.ends_with(".conf")).then_some(name)?
        }
    };
    TABLE.section.get(service)
}

/// What is wrong with a file.
pub(super) fn check(path: &str, text: &str) -> Vec<DocumentProblem> {
    let Some(sections) = sections(path) else { return Vec::new() };
    let (mut found, mut section) = (Vec::new(), "");
    for (number, line) in lines(text) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
            let names = || sections.keys().map(String::as_str);
            if !sections.contains_key(name) && !name.starts_with("X-") {
                let message = format!("unknown section `[{name}]` (checked against systemd 257)");
                let fallback = format!("its sections are {}", List::ticked(names().take(12)));
                found.push(wrong(Code::UnknownKey, number, message, did_you_mean(name, names(), &fallback)));
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            let message = format!("`{line}` is neither `KEY=VALUE` nor `[SECTION]`, so it is dropped");
            // What goes on from the line before.
            if !text.contains("\\\n") {
                found.push(wrong(Code::InvalidConfig, number, message, "write one key on each line"));
            }
            continue;
        };
        found.extend(sections.get(section).and_then(|keys| of_key(number, (section, key.trim(), value.trim()), keys)));
        if section.is_empty() {
            let names = List::ticked(sections.keys().map(String::as_str).take(3));
            let message = format!("`{}` stands before the first section, so it is dropped", key.trim());
            found.push(wrong(Code::InvalidConfig, number, message, format!("begin with a section, such as {names}")));
        }
    }
    found
}

fn of_key(line: usize, (section, key, value): (&str, &str, &str), keys: &Keys) -> Option<DocumentProblem> {
    let names = || keys.keys.iter().map(String::as_str);
    if !keys.keys.iter().any(|known| known == key) && !key.starts_with("X-") {
        let message = format!("unknown key `{key}` in `[{section}]` (checked against systemd 257)");
        let fallback = format!("the known keys are {}", List::ticked(names().take(12)));
        return Some(wrong(Code::UnknownKey, line, message, did_you_mean(key, names(), &fallback)));
    }
    let (what, help) = of_value(&format!("{section}.{key}"), value)?;
    Some(wrong(Code::InvalidConfig, line, format!("`{key}={value}` {what}, so the default holds"), help))
}

/// What is wrong with a value; an empty one resets the key.
fn of_value(key: &str, value: &str) -> Option<(&'static str, Help)> {
    let table = &*TABLE;
    let has = |list: &[String]| list.iter().any(|known| known == key);
    let words = table.words.get(key).or_else(|| table.words_or_boolean.get(key));
    let is_word = words.is_some_and(|words| words.iter().any(|word| word == value));
    let is_of_boolean = table.words_or_boolean.contains_key(key) && is_boolean(value);
    if let Some(words) = words.filter(|_| !is_word && !is_of_boolean && !value.is_empty()) {
        let fallback = format!("its values are {}", List::ticked(words.iter().map(String::as_str)));
        return Some(("is not one of its values", did_you_mean(value, words.iter().map(String::as_str), &fallback)));
    }
    match () {
        () if value.is_empty() => None,
        () if has(&table.boolean) && !is_boolean(value) => Some(("is not a boolean", "write `yes` or `no`".into())),
        () if has(&table.time) && !is_time(value) => {
            Some(("is not a span of time", "write it as `30s` or `1month`".into()))
        }
        () if has(&table.size) && bytes(value).is_none() => {
            Some(("is not a size", "write it as `512M` or `10G`".into()))
        }
        () if has(&table.number) && value.parse::<u64>().is_err() => Some(("is not a number", "write a number".into())),
        () => None,
    }
}

fn is_time(value: &str) -> bool {
    microseconds(value).is_some()
}

fn is_boolean(value: &str) -> bool {
    ["1", "yes", "y", "true", "t", "on", "0", "no", "n", "false", "f", "off"].contains(&value.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_those_of_the_service() {
        for (path, good) in [
            (
                "/etc/systemd/journald.conf.d/a.conf",
                "[Journal]\nSystemMaxUse=10G\nStorage=persistent\nMaxRetentionSec=1month\n",
            ),
            ("/etc/systemd/logind.conf", "[Login]\nKillUserProcesses=no\n#x\n"),
            ("/etc/systemd/resolved.conf", "[Resolve]\nDNS=10.0.0.1\nDNSStubListener=udp\nDNSSEC=no\nDNS=\n"),
            (
                "/etc/systemd/network/1.network",
                "[Match]\nName=en*\n[Network]\nDHCP=yes\nAddress=10.0.0.1/24\n[Route]\nGateway=10.0.0.1\n",
            ),
            ("/etc/systemd/network/1.network.d/a.conf", "[Network]\nLinkLocalAddressing=no\n"),
            ("/etc/systemd/network/1.link", "[Match]\nOriginalName=*\n[Link]\nMACAddressPolicy=none\n"),
            ("/etc/systemd/network/1.netdev", "[NetDev]\nName=br0\nKind=bridge\n[Bridge]\nSTP=no\n"),
            ("/etc/systemd/timesyncd.conf", "[Time]\nNTP=a b\nPollIntervalMaxSec=34min 8s\n"),
        ] {
            assert_eq!(check(path, good), [], "{path}");
        }
        for (path, bad, with) in [
            ("/etc/systemd/journald.conf", "[Journal]\nSystemMaxUse=10 gigs\n", "not a size"),
            ("/etc/systemd/journald.conf", "[Journal]\nStorage=persist\n", "not one of its values"),
            ("/etc/systemd/logind.conf", "[Login]\nKillUserProcesses=maybe\n", "not a boolean"),
            ("/etc/systemd/timesyncd.conf", "[Time]\nNTPServer=a\n", "unknown key `NTPServer`"),
            ("/etc/systemd/timesyncd.conf", "[Times]\nNTP=a\n", "unknown section"),
            ("/etc/systemd/timesyncd.conf", "NTP=a\n", "before the first section"),
            ("/etc/systemd/resolved.conf", "[Resolve]\nDNSSEC=maybe\n", "not one of its values"),
            ("/etc/systemd/network/1.network", "[Match]\nName=en*\n[Network]\nDCHP=yes\n", "unknown key `DCHP`"),
            ("/etc/systemd/network/1.link", "[Link]\nMACAddressPolicy=persist\n", "not one of its values"),
        ] {
            let found = check(path, bad);
            assert!(found.len() == 1 && found[0].message.contains(with), "{bad}: {found:?}");
        }
    }
}
