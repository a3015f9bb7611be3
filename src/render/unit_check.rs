//! The sections and keys that systemd knows.
//!
//! `systemd-analyze verify` only warns of a key that it does not know and then drops it, so a misspelt limit would be no
//! limit. Here it is an error.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::diag::did_you_mean;

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

/// What is wrong with a key in a section, and what to do.
///
/// # Errors
/// The section or the key is unknown. Those that begin with `X-` are left to their owner, as systemd does.
pub fn key(section: &str, key: &str) -> Result<(), (String, String)> {
    if section.starts_with("X-") {
        return Ok(());
    }
    let Some(keys) = TABLE.section.get(section) else { return Err(unknown_section(section)) };
    if key.starts_with("X-") || all(keys).any(|known| known == key) {
        return Ok(());
    }
    let help = did_you_mean(key, all(keys), "see systemd.directives(7) for the keys that there are");
    Err((format!("systemd knows no key `{key}` in `[{section}]`"), help))
}

fn unknown_section(section: &str) -> (String, String) {
    let names: Vec<&str> = TABLE.section.keys().map(String::as_str).collect();
    let help = did_you_mean(section, names.iter().copied(), &format!("the sections are {}", names.join(", ")));
    (format!("systemd knows no section `[{section}]`"), help)
}

fn all(keys: &Keys) -> impl Iterator<Item = &str> {
    let shared = keys.with.iter().filter_map(|name| TABLE.set.get(name)).flat_map(|set| &set.keys);
    keys.keys.iter().chain(shared).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::key;

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
        assert_eq!(key("Service", "LimitNOFILES").unwrap_err().1, "did you mean `LimitNOFILE`?");
        assert_eq!(key("Servise", "Type").unwrap_err().1, "did you mean `Service`?");
        assert!(key("Unit", "LimitNOFILE").is_err());
    }
}
