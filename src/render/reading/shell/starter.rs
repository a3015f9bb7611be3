//! Programs that start another one, and where that stands among their words.

use super::{Field, assigned};

/// A program that starts the one behind its own words.
struct Starter {
    name: &'static str,
    /// Options of one letter whose value is the next word, and long ones.
    valued: &'static str,
    long: &'static [&'static str],
    /// What has to follow for it to start one: `ip netns exec`.
    words: &'static [&'static str],
    /// How many words stand before the program.
    operands: usize,
}

const fn starter(name: &'static str, valued: &'static str) -> Starter {
    Starter { name, valued, long: &[], words: &[], operands: 0 }
}

const fn behind(name: &'static str, valued: &'static str, operands: usize) -> Starter {
    Starter { name, valued, long: &[], words: &[], operands }
}

/// Sources: the manual of each, section 1 or 8; of the builtins, bash(1).
const STARTERS: &[Starter] = &[
    starter("nohup", ""),
    starter("builtin", ""),
    starter("command", ""),
    starter("coproc", ""),
    starter("exec", "a"),
    starter("setsid", ""),
    starter("time", "of"),
    starter("busybox", ""),
    starter("catatonit", ""),
    starter("cgexec", "g"),
    starter("chrt", "TPD"),
    starter("doas", "uC"),
    starter("dumb-init", "r"),
    starter("env", "uCS"),
    starter("ionice", "cnpPu"),
    starter("nice", "n"),
    starter("nsenter", "tGS"),
    starter("numactl", "CNimp"),
    starter("parallel", "jaNnISLPED"),
    starter("stdbuf", "ioe"),
    starter("strace", "oepEsuabIPSUX"),
    starter("systemd-cat", "tp"),
    starter("taskset", ""),
    starter("timeout", "ks"),
    starter("tini", "pe"),
    starter("unbuffer", ""),
    starter("watch", "n"),
    starter("xargs", "adEIILnPs"),
    behind("chroot", "", 1),
    behind("flock", "wE", 1),
    behind("gosu", "", 1),
    behind("s6-setuidgid", "", 1),
    behind("setuidgid", "", 1),
    behind("su-exec", "", 1),
    Starter { long: &["user", "group", "chdir", "host"], ..starter("sudo", "ugChpDRrTtU") },
    Starter { long: &["user", "group", "supp-group"], ..starter("runuser", "ugG") },
    Starter { long: &["unit", "property", "setenv", "uid", "gid", "slice"], ..starter("systemd-run", "pEHMu") },
    Starter {
        long: &["reuid", "regid", "groups", "inh-caps", "ambient-caps", "bounding-set"],
        ..starter("setpriv", "")
    },
    Starter { long: &["setuid", "setgid", "root", "wd", "propagation", "setgroups"], ..starter("unshare", "SGRw") },
    Starter { words: &["netns", "exec"], ..behind("ip", "n", 1) },
    Starter { words: &["vrf", "exec"], ..behind("ip", "n", 1) },
];

/// The words of a command from the program that is started.
pub(super) fn program(words: &[Field]) -> &[Field] {
    &words[place_of_program(&words.iter().map(|word| &*word.text).collect::<Vec<_>>())..]
}

/// Where the program stands that a command starts in the end.
pub(in crate::render::reading) fn place_of_program(words: &[&str]) -> usize {
    let mut rest = words;
    while let Some((first, behind)) = rest.split_first() {
        let name = first.rsplit('/').next().unwrap_or_default();
        let mut known = STARTERS.iter().filter(|starter| starter.name == name);
        match known.find_map(|starter| started(starter, behind)) {
            Some(found) => rest = found,
            None => break,
        }
    }
    words.len() - rest.len()
}

/// What a starter starts, if it starts anything.
fn started<'w, 't>(starter: &Starter, words: &'w [&'t str]) -> Option<&'w [&'t str]> {
    // `command -v` only tells where a program is.
    let tells = starter.name == "command" && words.first().is_some_and(|word| matches!(*word, "-v" | "-V"));
    let rest = behind_options(words, starter);
    let rest = rest.strip_prefix(starter.words)?;
    let rest = rest.get(starter.operands..).unwrap_or_default();
    // The commands of `parallel ::: 'a' 'b'` are its words.
    (!tells && rest.first() != Some(&":::")).then_some(rest)
}

/// What is behind options, assignments and numbers.
fn behind_options<'w, 't>(words: &'w [&'t str], starter: &Starter) -> &'w [&'t str] {
    let mut is_value = false;
    let is_valued = |text: &str| match text.strip_prefix("--") {
        Some(long) => starter.long.contains(&long),
        None => text.strip_prefix('-').is_some_and(|name| name.len() == 1 && starter.valued.contains(name)),
    };
    let is_skipped = |text: &&&str| {
        let was_value = std::mem::take(&mut is_value);
        is_value = !was_value && is_valued(text);
        let is_number = starter.operands == 0 && text.starts_with(|c: char| c.is_ascii_digit());
        was_value || text.starts_with('-') || assigned(text).is_some() || is_number
    };
    &words[words.iter().take_while(is_skipped).count()..]
}
