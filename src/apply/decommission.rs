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
pub(crate) fn decommission(client: &Client, desired: &Desired, machine: &str) -> Result<(), ApplyError> {
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

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_first_machine_that_can_is_enough() {
        let run = |places: &[&str]| {
            let folder = tempfile::tempdir().unwrap();
            let script = "echo $4 >>\"$0.calls\"; [ $4 != cp-0 ] || { echo Error: no quorum >&2; exit 1; }";
            let client = sample::client(folder.path(), script);
            let result = one(&client, "cp-3", "50-etcd", places);
            (result, std::fs::read_to_string(folder.path().join("lxc.calls")).unwrap_or_default())
        };
        assert_eq!(run(&["cp-0", "cp-1", "cp-2"]), (Ok(()), "cp-0\ncp-1\n".to_owned()));
        let (result, _) = run(&["cp-0"]);
        let error = result.unwrap_err();
        let action = "cannot decommission `cp-3` with `/usr/local/lib/kmodel/leave.d/50-etcd`";
        assert_eq!(error.message, format!("{action} on `cp-0`: no quorum"));
        assert!(error.help.is_some_and(|help| help.contains("/lxc --project lab delete --force cp-3`")));
        assert_eq!(run(&[]).0.unwrap_err().message, format!("{action}: no remaining machine has this file"));
    }
}
