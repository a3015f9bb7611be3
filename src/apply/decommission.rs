//! Steps of the cluster before a machine is removed.
//!
//! A component that needs to act installs an executable file, `/usr/local/lib/kmodel/leave.d/NAME`: it is run with the name of the
//! leaving machine, on one machine that has it and stays, before the machine is removed.

use std::collections::BTreeMap;

use crate::target::lxd::Desired;

use super::client::Client;
use super::error::ApplyError;

/// Where such files are.
const FOLDER: &str = "/usr/local/lib/kmodel/leave.d/";

/// Removes a machine from the clusters that run on the others, in the order of the files' names.
///
/// # Errors
/// When no remaining machine can do it; the machine is then still part of the cluster.
pub fn decommission(client: &Client, desired: &Desired, machine: &str) -> Result<(), ApplyError> {
    let mut files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for stays in &desired.machines {
        let own = stays.files.iter().filter_map(|file| file.path.strip_prefix(FOLDER));
        own.for_each(|name| files.entry(name).or_default().push(stays.name()));
    }
    files.into_iter().try_for_each(|(name, places)| one(client, machine, name, &places))
}

/// Runs the file on the first machine where it succeeds.
fn one(client: &Client, machine: &str, name: &str, places: &[&str]) -> Result<(), ApplyError> {
    const SCRIPT: &str = "[ -x \"$1\" ] || exit 0; exec \"$1\" \"$2\"";
    let path = format!("{FOLDER}{name}");
    let action = format!("decommission `{machine}` with `{path}`");
    let mut last = ApplyError::new(format!("cannot {action}: no remaining machine has this file"));
    for place in places {
        match client.work(place, SCRIPT, &[&path, machine]) {
            Ok(answer) if answer.code == Some(0) => return Ok(()),
            Ok(answer) => last = ApplyError::refused(&format!("{action} on `{place}`"), &answer.err),
            Err(error) => last = error,
        }
    }
    let by_hand = format!(
        "fix the cause and run the same command again, or remove it manually: `{} delete --force {machine}`",
        client.shown()
    );
    Err(last.help(by_hand))
}
