//! Kernel modules: /etc/modules-load.d and /etc/modprobe.d.
//!
//! Source: modules-load.d(5), modprobe.d(5), kmod libkmod/libkmod-config.c.

use super::{DocumentProblem, lines, wrong};
use crate::diag::{Code, Help, did_you_mean};

/// What is wrong with a list of modules to load: a line is a name.
pub(super) fn loaded(path: &str, text: &str) -> Vec<DocumentProblem> {
    // Debian's older file may have options behind a name.
    let is_old = path == "/etc/modules";
    let of = |(number, line): (usize, &str)| {
        let (message, help) = name(line, if is_old { first(line) } else { line })?;
        Some(wrong(Code::InvalidConfig, number, message, help))
    };
    lines(text).filter_map(of).collect()
}

fn first(line: &str) -> &str {
    line.split_whitespace().next().unwrap_or_default()
}

fn name(line: &str, name: &str) -> Option<(String, Help)> {
    let program = first(line);
    if matches!(program, "modprobe" | "insmod") && line != program {
        let meant = line[program.len()..].split_whitespace().find(|word| !word.starts_with('-')).unwrap_or("NAME");
        let message = format!("`{line}` is a command: the file lists names of modules, so nothing is loaded");
        return Some((message, format!("write `{meant}`").into()));
    }
    let bare = ["", ".xz", ".zst", ".gz"].iter().find_map(|end| name.strip_suffix(end)?.strip_suffix(".ko"));
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-:.+".contains(c));
    match bare {
        Some(bare) => {
            let meant = bare.rsplit('/').next().unwrap_or(bare);
            let message = format!("`{name}` is the file of a module and not its name, so it is not loaded");
            Some((message, format!("write `{meant}`").into()))
        }
        None if !is_name => {
            Some((format!("`{name}` is not the name of a module"), "write one name on each line".into()))
        }
        None => None,
    }
}

const COMMANDS: &[&str] =
    &["alias", "blacklist", "config", "include", "install", "options", "remove", "softdep", "weakdep"];

/// What is wrong with settings of modprobe.
pub(super) fn configured(_path: &str, text: &str) -> Vec<DocumentProblem> {
    let of = |(number, line): (usize, &str)| {
        let word = first(line);
        let fallback = format!("its commands are {}", COMMANDS.join(", "));
        let message = format!("unknown command `{word}`: modprobe ignores the line");
        let is_unknown = !COMMANDS.contains(&word);
        is_unknown.then(|| {
            wrong(Code::InvalidConfig, number, message, did_you_mean(word, COMMANDS.iter().copied(), &fallback))
        })
    };
    joined(text).iter().filter_map(|(number, line)| of((*number, line))).collect()
}

/// What keeps modules from being loaded: the line, the name with `_`, and whether it also ends a modprobe of the name itself.
pub(in crate::verify) fn blocked(text: &str) -> Vec<(usize, String, bool)> {
    let of = |(number, line): &(usize, String)| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let program = words.get(2).map(|word| word.rsplit('/').next().unwrap_or(word));
        match (words.first()?, program) {
            (&"blacklist", _) => Some((*number, plain(words.get(1)?), false)),
            (&"install", Some("true" | "false" | ":")) => Some((*number, plain(words[1]), true)),
            _ => None,
        }
    };
    joined(text).iter().filter_map(of).collect()
}

/// The name as the kernel has it.
pub(in crate::verify) fn plain(name: &str) -> String {
    name.replace('-', "_")
}

/// The lines; one that ends in a backslash goes on in the next.
fn joined(text: &str) -> Vec<(usize, String)> {
    let mut list: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        let part = line.trim_end_matches('\\');
        match list.last_mut().filter(|_| open) {
            Some((_, last)) => last.push_str(part),
            None => list.push((number + 1, part.to_owned())),
        }
        open = line.ends_with('\\');
    }
    list.retain(|(_, line)| !line.trim().is_empty() && !line.trim().starts_with('#'));
    list.iter().map(|(number, line)| (*number, line.trim().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_the_name_of_a_module() {
        for good in ["overlay", "# modprobe x\nbr_netfilter", "ip_vs_rr\nnf-conntrack", "crypto:sha256"] {
            assert_eq!(loaded("/etc/modules-load.d/a.conf", good), [], "{good}");
        }
        for bad in [
            "overlay.ko",
            "modprobe overlay",
            "overlay br_netfilter",
            "/lib/modules/x/overlay.ko.xz",
            "overlay,br_netfilter",
        ] {
            assert_eq!(loaded("/etc/modules-load.d/a.conf", bad).len(), 1, "{bad}");
        }
        assert_eq!(loaded("/etc/modules", "bonding mode=4"), []);
    }

    #[test]
    fn a_module_is_blocked_by_its_name() {
        let text = "blacklist br-netfilter\ninstall overlay \\\n  /bin/true\noptions a b=1\ninstall c /sbin/modprobe --ignore-install c\n";
        let found = blocked(text);
        assert_eq!(found, [(1, "br_netfilter".to_owned(), false), (2, "overlay".to_owned(), true)]);
        assert_eq!((configured("", text).len(), configured("", "blacklst a\n").len()), (0, 1));
    }
}
