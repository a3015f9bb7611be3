//! Kernel settings: /etc/sysctl.conf and /etc/sysctl.d.
//!
//! Source: sysctl.d(5), systemd src/sysctl/sysctl.c (a line without `=` is not an assignment, a name that is not there is skipped), and
//! proc_dointvec of the kernel, which refuses what is not a number.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::{DocumentProblem, lines, slip, wrong};
use crate::diag::{Code, Help};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    number: BTreeSet<String>,
    text: BTreeSet<String>,
    reported: BTreeSet<String>,
    others: BTreeSet<String>,
    numbers: BTreeMap<String, usize>,
    range: BTreeMap<String, [i64; 2]>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("sysctl.toml")).expect("the embedded table is valid TOML"));

/// The files that systemd-sysctl reads.
pub(in crate::verify) fn is_read(path: &str) -> bool {
    path == "/etc/sysctl.conf" || path.starts_with("/etc/sysctl.d/") && path.ends_with(".conf")
}

/// A line: its name as the kernel has it, with dots, and the value.
pub(in crate::verify) fn assignment(line: &str) -> Option<(String, &str)> {
    let (key, value) = line.split_once('=')?;
    Some((dotted(key.trim().trim_start_matches('-').trim()), value.trim()))
}

/// With slashes between its parts, dots belong to the names of interfaces.
fn dotted(key: &str) -> String {
    match key.find(['/', '.']).map(|at| &key[at..=at]) {
        Some("/") => key.replace('.', "\0").replace('/', ".").replace('\0', "/"),
        _ => key.to_owned(),
    }
}

/// Names of one setting: `net.ipv4.conf.all.forwarding` is `net.ipv4.ip_forward`.
pub(in crate::verify) fn canonical(key: &str) -> &str {
    if key == "net.ipv4.conf.all.forwarding" { "net.ipv4.ip_forward" } else { key }
}

/// What is wrong with a file.
pub(super) fn check(_path: &str, text: &str) -> Vec<DocumentProblem> {
    lines(text).filter_map(|(number, line)| of_line(number, line)).collect()
}

fn of_line(number: usize, line: &str) -> Option<DocumentProblem> {
    let Some((key, value)) = assignment(line) else {
        // `-NAME` keeps a setting from what a pattern sets.
        let message = format!("`{line}` is not an assignment, so it sets nothing");
        return (!line.starts_with('-'))
            .then(|| wrong(Code::InvalidConfig, number, message, "write it as `NAME = VALUE`"));
    };
    if key.contains(['*', '?', '[']) {
        return None;
    }
    let (message, help, code) = of_setting(&key, value)?;
    Some(wrong(code, number, message, help))
}

/// What is wrong with a setting, by the name that it has with dots.
pub(in crate::verify) fn of_setting(key: &str, value: &str) -> Option<(String, Help, Code)> {
    let pattern = pattern(key);
    let is = |list: &BTreeSet<String>| list.contains(&pattern);
    if is(&TABLE.reported) {
        let message = format!("the kernel only reports sysctl `{key}`, so it cannot be set");
        return Some((message, "remove it".into(), Code::UnwiseSetting));
    }
    if let Some([least, most]) = TABLE.range.get(&pattern)
        && integer(value).is_none_or(|number| !(*least..=*most).contains(&number))
    {
        let message = format!("the kernel refuses {} for sysctl `{key}`", shown(value));
        return Some((message, format!("use a number from {least} to {most}").into(), Code::InvalidConfig));
    }
    if is(&TABLE.number) {
        let message = format!("the kernel refuses {} for sysctl `{key}`, which is one number", shown(value));
        return integer(value).is_none().then(|| (message, "write a number".into(), Code::InvalidConfig));
    }
    if let Some(most) = TABLE.numbers.get(&pattern) {
        return numbers(key, value, *most);
    }
    let near = unknown(&pattern, key)?;
    let message = format!("no sysctl has the name `{key}`: systemd-sysctl skips it");
    Some((message, Help::near(near), Code::UnwiseSetting))
}

fn shown(value: &str) -> String {
    if value.is_empty() { "nothing".to_owned() } else { format!("`{value}`") }
}

fn numbers(key: &str, value: &str, most: usize) -> Option<(String, Help, Code)> {
    let list: Option<Vec<i64>> = value.split_whitespace().map(integer).collect();
    let refused = |why: &str, help: &str| {
        let message = format!("the kernel refuses {} for sysctl `{key}`{why}", shown(value));
        Some((message, help.to_owned().into(), Code::InvalidConfig))
    };
    match list {
        None => refused("", "write numbers with spaces between them"),
        Some(list) if list.is_empty() || list.len() > most => {
            refused(&format!(", which is {most} numbers"), "write numbers with spaces between them")
        }
        Some(list) if key.ends_with("_range") && list.len() == 2 && list[0] > list[1] && key.contains("port") => {
            refused(": the range ends before it begins", "write the lower port first")
        }
        Some(_) => None,
    }
}

/// As the kernel reads it: decimal, `0x` or octal.
fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => i64::from_str_radix(hex, 16).ok()?,
        None => digits.parse::<u64>().ok().map(|number| i64::try_from(number).unwrap_or(i64::MAX))?,
    };
    Some(sign * number)
}

/// The name with `*` for an interface.
fn pattern(key: &str) -> String {
    for begin in ["net.ipv4.conf.", "net.ipv6.conf.", "net.ipv4.neigh.", "net.ipv6.neigh."] {
        if let Some((_, name)) = key.strip_prefix(begin).and_then(|rest| rest.rsplit_once('.')) {
            return format!("{begin}*.{name}");
        }
    }
    let begin = "net.netfilter.nf_log.";
    if key.starts_with(begin) { format!("{begin}*") } else { key.to_owned() }
}

/// The names that there are.
struct Known {
    names: HashSet<&'static str>,
    /// By what is left of them without one of their parts, since a slip is in one of these.
    like: HashMap<(usize, String), Vec<&'static str>>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let all = TABLE.number.iter().chain(&TABLE.text).chain(&TABLE.others).chain(TABLE.numbers.keys());
    let names: HashSet<&'static str> = all.clone().map(String::as_str).collect();
    let mut like: HashMap<_, Vec<_>> = HashMap::new();
    for name in all {
        without_a_part(name).into_iter().for_each(|rest| like.entry(rest).or_default().push(name.as_str()));
    }
    Known { names, like }
});

/// A name without each of its parts, with the place of that.
fn without_a_part(name: &str) -> Vec<(usize, String)> {
    let parts: Vec<&str> = name.split('.').collect();
    let without = |place: usize| [&parts[..place], &parts[place + 1..]].concat().join(".");
    (0..parts.len()).map(|place| (place, without(place))).collect()
}

/// The name that was meant, of one that is not known and differs from a known one by a slip.
fn unknown(pattern: &str, key: &str) -> Option<String> {
    if KNOWN.names.contains(pattern) {
        return None;
    }
    let like = without_a_part(pattern).into_iter().filter_map(|rest| KNOWN.like.get(&rest)).flatten();
    let near = slip(pattern, like.copied())?;
    let interface = pattern.find('*').map(|at| key[at..].rsplit_once('.').map_or("", |(interface, _)| interface));
    Some(interface.map_or(near.to_owned(), |interface| near.replace('*', interface)))
}

#[cfg(test)]
mod tests {
    use super::check;

    fn found(text: &str) -> Vec<String> {
        check("", text).into_iter().map(|problem| format!("{}; {}", problem.message, problem.help)).collect()
    }

    #[test]
    fn what_the_kernel_takes_passes() {
        for good in [
            "net.ipv4.ip_forward = 1",
            "-net.ipv4.ip_forward=1",
            "net/ipv4/ip_forward = 1",
            "net/ipv4/conf/eth0.100/rp_filter = 2",
            "net.ipv4.conf.*.rp_filter = 2",
            "-net.ipv4.conf.eth0.rp_filter",
            "kernel.core_pattern = |/bin/false",
            "net.ipv4.tcp_rmem = 4096 87380 6291456",
            "kernel.printk = 3",
            "vm.nr_hugepages = 512",
            "kernel.yama.ptrace_scope = 1",
            "vendor.own.key = yes",
            "net.ipv4.ip_local_port_range = 32768\t60999",
            "net.ipv4.ip_local_reserved_ports = 30000-32767,6443",
            "fs.file-max = 18446744073709551615",
        ] {
            assert_eq!(found(good), [""; 0], "{good}");
        }
    }

    #[test]
    fn what_it_refuses_is_named() {
        for (bad, with) in [
            ("net.ipv4.ip_forward: 1", "not an assignment"),
            ("net.ipv4.ip_forward = yes", "which is one number"),
            ("net.bridge.bridge-nf-call-iptable = 1", "`net.bridge.bridge-nf-call-iptables`"),
            ("net.ipv4.conf.eth0.rp_fliter = 1", "`net.ipv4.conf.eth0.rp_filter`"),
            ("net.ipv4.ip_local_port_range = 60999 32768", "ends before it begins"),
            ("vm.overcommit_memory = 3", "from 0 to 2"),
            ("kernel.osrelease = 5", "only reports"),
            ("net.ipv4.tcp_rmem = 4096 87380 6291456 1", "which is 3 numbers"),
            ("kernel.pid_max = 100", "from 301"),
        ] {
            let found = found(bad);
            assert!(found.len() == 1 && found[0].contains(with), "{bad}: {found:?}");
        }
    }
}
