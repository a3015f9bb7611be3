//! The sections and keys that systemd knows.
//!
//! `systemd-analyze verify` only warns of a key that it does not know and then drops it, so a misspelt limit would be no
//! limit. Here it is an error, and so is a value that systemd could not read.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::diag::{Help, did_you_mean};

mod calendar;
mod shell;
mod value;

use value::{integer, is_limit, is_memory, is_mode, is_time};

#[derive(Deserialize)]
struct Table {
    set: BTreeMap<String, Keys>,
    section: BTreeMap<String, Keys>,
}

#[derive(Deserialize)]
struct Keys {
    #[serde(default)]
    with: Vec<String>,
    keys: Vec<String>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("systemd-keys.toml")).expect("the embedded table is valid TOML"));

/// What is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub message: String,
    pub help: Help,
}

impl Wrong {
    pub fn new(message: String, help: impl Into<Help>) -> Self {
        Self { message, help: help.into() }
    }
}

/// What is wrong with a key in a section.
///
/// # Errors
/// The section or the key is unknown. Those that begin with `X-` are left to their owner, as systemd does.
pub fn key(section: &str, key: &str) -> Result<(), Wrong> {
    if section.starts_with("X-") {
        return Ok(());
    }
    let Some(keys) = TABLE.section.get(section) else { return Err(unknown_section(section)) };
    if key.starts_with("X-") || all(keys).any(|known| known == key) {
        return Ok(());
    }
    let message = format!("unknown systemd key `{key}` in section `[{section}]`");
    Err(Wrong::new(message, did_you_mean(key, all(keys), "see systemd.directives(7) for the list of keys")))
}

/// Whether systemd knows a section.
///
/// # Errors
/// What is wrong.
pub fn section(section: &str) -> Result<(), Wrong> {
    if section.starts_with("X-") || TABLE.section.contains_key(section) {
        return Ok(());
    }
    Err(unknown_section(section))
}

fn unknown_section(section: &str) -> Wrong {
    let names: Vec<&str> = TABLE.section.keys().map(String::as_str).collect();
    let fallback = format!("the sections are {}", names.join(", "));
    let help = did_you_mean(section, names.iter().copied(), &fallback);
    Wrong::new(format!("unknown systemd section `[{section}]`"), help)
}

fn all(keys: &Keys) -> impl Iterator<Item = &str> {
    let shared = keys.with.iter().filter_map(|name| TABLE.set.get(name)).flat_map(|set| &set.keys);
    keys.keys.iter().chain(shared).map(String::as_str)
}

/// Whether a value has the form that its key takes. Empty values, which reset a key, always have, and so have specifiers
/// (`%i`) where systemd expands them: in commands, names of units and timers.
///
/// # Errors
/// What is wrong.
pub fn value(section: &str, key: &str, value: &str) -> Result<(), Wrong> {
    // Of a mount the type is that of its file system.
    if value.is_empty() || section.starts_with("X-") || section == "Mount" && key == "Type" {
        return Ok(());
    }
    let forms = &*VALUES;
    let has = |list: &[String]| list.iter().any(|known| known == key);
    if has(&forms.command)
        && let Some(wrong) = shell::wrong(key, value)
    {
        return Err(wrong);
    }
    if value.contains('%') && (has(&forms.command) || has(&forms.units) || section == "Timer" && key.starts_with("On"))
    {
        return Ok(());
    }
    let wrong = |what: &str, help: &str| Err(Wrong::new(format!("`{key}={value}` {what}"), help));
    let or_boolean = forms.words_or_boolean.get(key);
    if or_boolean.is_some() && is_boolean(value) {
        return Ok(());
    }
    if let Some(words) = forms.words.get(key).or(or_boolean) {
        let also = if or_boolean.is_some() { "a boolean, " } else { "" };
        let fallback = format!("expected {also}{}", words.join(", "));
        return match words.iter().any(|word| word == value) {
            true => Ok(()),
            false => {
                let help = did_you_mean(value, words.iter().map(String::as_str), &fallback);
                Err(Wrong::new(format!("`{key}={value}` is not one of its values"), help))
            }
        };
    }
    if let Some([least, most]) = forms.number.get(key) {
        let idle = key == "CPUWeight" && value == "idle";
        let fits = idle || integer(value).is_some_and(|number| (least..=most).contains(&&number));
        return if fits { Ok(()) } else { wrong("is out of range", &format!("use a number from {least} to {most}")) };
    }
    match () {
        () if has(&forms.boolean) && !is_boolean(value) => wrong("is not a boolean", "write `yes` or `no`"),
        () if key == "OnCalendar" && !calendar::is_calendar(value) => {
            wrong("is not a calendar event", "write it as `daily`, `Mon..Fri 02:00` or `*-*-01 00:00:00`")
        }
        () if has(&forms.time) && !is_time(value) => {
            wrong("is not a span of time", "write it as `30s`, `5min` or `1h 30min`")
        }
        () if has(&forms.size) && !is_memory(key, value) => {
            wrong("is not a size", "write it as `512M`, `2G`, `50%` or `infinity`")
        }
        () if has(&forms.limit) && !is_limit(key, value) => {
            wrong("is not a limit", "write a number, `infinity`, or two limits as `SOFT:HARD`")
        }
        () if has(&forms.mode) && !is_mode(value) => wrong("is not a mode", "write it as `0755`"),
        () if has(&forms.command) && !is_command(value) => {
            wrong("uses a relative path to a program", "use an absolute path: systemd does not resolve relative ones")
        }
        () if has(&forms.units) => match value.split_whitespace().find(|name| !is_unit(name)) {
            Some(name) => {
                let help = "use the full unit name, such as `etcd.service`";
                Err(Wrong::new(format!("`{name}` in `{key}` is not a unit name"), help))
            }
            None => Ok(()),
        },
        () => Ok(()),
    }
}

/// A span of time in microseconds; `u64::MAX` is `infinity`.
pub fn microseconds(text: &str) -> Option<u64> {
    value::time(text, 1_000_000)
}

/// A size in bytes.
pub fn bytes(text: &str) -> Option<u64> {
    value::size(text)
}

/// The keys that name units.
pub fn keys_of_units() -> impl Iterator<Item = &'static str> {
    VALUES.units.iter().map(String::as_str)
}

/// The targets of systemd itself and of distributions.
pub fn targets() -> impl Iterator<Item = &'static str> {
    VALUES.targets.iter().map(String::as_str)
}

/// The forms of values, by their keys.
#[derive(Deserialize)]
struct Values {
    boolean: Vec<String>,
    time: Vec<String>,
    size: Vec<String>,
    limit: Vec<String>,
    mode: Vec<String>,
    command: Vec<String>,
    units: Vec<String>,
    targets: Vec<String>,
    number: BTreeMap<String, [i64; 2]>,
    words_or_boolean: BTreeMap<String, Vec<String>>,
    words: BTreeMap<String, Vec<String>>,
}

static VALUES: LazyLock<Values> =
    LazyLock::new(|| toml::from_str(include_str!("systemd-values.toml")).expect("the embedded table is valid TOML"));

fn is_boolean(value: &str) -> bool {
    let words = ["1", "yes", "y", "true", "t", "on", "0", "no", "n", "false", "f", "off"];
    words.contains(&value.to_lowercase().as_str())
}

/// After the prefixes of systemd.service(5); a plain name without a path is looked up in a fixed list of folders.
fn is_command(value: &str) -> bool {
    let program = value.trim_start_matches(['-', '+', '!', ':', '@', '|', '"', '\'']);
    let first = program.split_whitespace().next().unwrap_or_default();
    program.starts_with(['/', '$']) || !first.is_empty() && !first.contains('/')
}

fn is_unit(name: &str) -> bool {
    const ENDINGS: &[&str] =
        &["service", "socket", "device", "mount", "automount", "swap", "target", "path", "timer", "slice", "scope"];
    name.rsplit_once('.').is_some_and(|(stem, ending)| !stem.is_empty() && ENDINGS.contains(&ending))
}

#[cfg(test)]
mod tests {
    use super::{Help, key, value};

    #[test]
    fn values_have_the_form_of_their_keys() {
        for (name, good) in [
            ("TimeoutStartSec", "1h 30min"),
            ("TimeoutStartSec", "90"),
            ("RestartSec", "100ms"),
            ("LimitNOFILE", "1024:524288"),
            ("LimitMEMLOCK", "infinity"),
            ("MemoryMax", "50%"),
            ("MemoryMax", "1.5G"),
            ("UMask", "0077"),
            ("ExecStart", "-/bin/sh -c 'true'"),
            ("ExecStart", "sh -c 'true'"),
            ("LimitNICE", "+5"),
            ("Type", "notify"),
            ("ProtectSystem", "strict"),
            ("ProtectSystem", "yes"),
            ("RuntimeDirectoryPreserve", "restart"),
            ("IOSchedulingClass", "2"),
            ("Type", ""),
            ("After", "a.service b.target"),
            ("WorkingDirectory", "~"),
            ("After", "a@%i.service"),
            ("CPUWeight", "idle"),
        ] {
            assert_eq!(value("Service", name, good), Ok(()), "{name}={good}");
        }
        for (name, bad, help) in [
            ("TimeoutStartSec", "5 minuets", "30s"),
            ("RestartSec", "soon", "30s"),
            ("Restart", "on-failur", "did you mean `on-failure`?"),
            ("OOMScoreAdjust", "-2000", "-1000 to 1000"),
            ("NoNewPrivileges", "enabled", "yes"),
            ("ProtectSystem", "strit", "did you mean `strict`?"),
            ("ProtectHome", "readonly", "did you mean `read-only`?"),
            ("ProtectHome", "hidden", "a boolean, read-only, tmpfs"),
            ("CPUSchedulingPolicy", "round-robin", "batch, ext, fifo"),
            ("FailureAction", "reboott", "did you mean `reboot`?"),
            ("ProtectProc", "invisble", "did you mean `invisible`?"),
            ("MemoryMax", "2GB!", "512M"),
            ("UMask", "rwx", "0755"),
            ("ExecStart", "bin/etcd --name a", "absolute path"),
            ("After", "network-online", "full unit name"),
            ("MemoryMax", "5KKKBi", "512M"),
            ("MemoryMax", "50%%%", "512M"),
            ("TimeoutStartSec", "1..5s", "30s"),
            ("LimitNOFILE", "64K", "SOFT:HARD"),
            ("RestartSec", "%i", "30s"),
            ("After", "network.conf", "full unit name"),
            ("After", "a.service .target", "full unit name"),
            ("NoNewPrivileges", "%i", "yes"),
            ("Type", "ext4", "oneshot"),
            ("CPUWeight", "busy", "1 to 10000"),
            ("Nice", "idle", "-20 to 19"),
            ("ExecStart", "./etcd", "absolute path"),
        ] {
            assert!(value("Service", name, bad).unwrap_err().help.text().contains(help), "{name}={bad}");
        }
    }

    #[test]
    fn a_value_may_mean_something_else_in_another_section() {
        for (section, name, good) in [
            ("Mount", "Type", "ext4"),
            ("Timer", "OnBootSec", "%i"),
            ("X-Own", "Type", "anything"),
            ("Service", "ExecStart", "/bin/sh -c %i"),
            ("Service", "ExecStart", "$PROGRAM"),
        ] {
            assert_eq!(value(section, name, good), Ok(()), "[{section}] {name}={good}");
        }
        for (section, name, bad) in
            [("Mount", "DirectoryMode", "rwx"), ("Timer", "AccuracySec", "%i"), ("Timer", "OnBootSec", "soon")]
        {
            assert!(value(section, name, bad).is_err(), "[{section}] {name}={bad}");
        }
    }

    #[test]
    fn known_keys_pass_and_misspelt_ones_are_named() {
        for (section, name) in [
            ("Unit", "StartLimitIntervalSec"),
            ("Service", "LimitNOFILE"),
            ("Service", "Delegate"),
            ("Timer", "OnCalendar"),
        ] {
            assert_eq!(key(section, name), Ok(()), "{name}");
        }
        assert_eq!(key("Service", "LimitNOFILES").unwrap_err().help, Help::near("LimitNOFILE"));
        assert_eq!(key("Servise", "Type").unwrap_err().help, Help::near("Service"));
        assert!(key("Unit", "LimitNOFILE").is_err());
    }
}
