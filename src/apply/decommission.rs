//! Steps of the cluster before a machine is removed or gets another name.
//!
//! A component that needs to act installs an executable file, `/usr/local/lib/kmodel/leave.d/NAME`: it is run with the name of the
//! leaving machine, on one machine that has it and stays, before the machine is removed. One in `rename.d` is run with the
//! former name of a machine, which keeps its data.

use std::collections::BTreeMap;

use crate::target::{Desired, Machine};

use super::error::ApplyError;
use super::provider::{Access, RUNNING};
use super::transport::Transport;

/// Where such files are.
const LEAVE: &str = "/usr/local/lib/kmodel/leave.d/";
const RENAME: &str = "/usr/local/lib/kmodel/rename.d/";

/// Removes a machine from the clusters that run on the others, in the order of the files' names: it leaves, or is made anew.
///
/// # Errors
/// When no remaining machine can do it; the machine is then still part of the cluster.
pub(crate) fn decommission(access: &Access, desired: &Desired, machine: &str) -> Result<(), ApplyError> {
    // One that comes back is the last of its kind if no other has the file.
    let comes_back = desired.machine(machine).is_some();
    let others = |places: Vec<&Machine>| {
        places.into_iter().map(|place| place.name().to_owned()).filter(|place| place != machine).collect::<Vec<_>>()
    };
    let scripts = scripts(desired, LEAVE).into_iter();
    scripts
        .map(|(name, places)| (name, others(places)))
        .filter(|(_, places)| !(comes_back && places.is_empty()))
        .try_for_each(|(name, places)| {
            let places: Vec<&str> = places.iter().map(String::as_str).collect();
            one(access.transport(), &[&format!("{LEAVE}{name}"), machine], &action(machine, LEAVE, name), &places)
                .map_err(|error| by_hand(&access.provider().by_hand(machine), error))
        })
}

/// Removes the former name of a machine from the clusters that know it by that name.
///
/// # Errors
/// When no machine that runs can do it.
pub(crate) fn forget_name(access: &Access, desired: &Desired, former: &str) -> Result<(), ApplyError> {
    for (name, places) in scripts(desired, RENAME) {
        let mut places = running(access, &places)?;
        // The machine itself goes last: what runs there may be what is to move away.
        let is_itself =
            |name: &str| desired.machine(name).is_some_and(|one| one.former.iter().any(|own| own == former));
        places.sort_by_key(|place| *place == former || is_itself(place));
        one(access.transport(), &[&format!("{RENAME}{name}"), former], &action(former, RENAME, name), &places)?;
    }
    Ok(())
}

/// The files of a folder, in the order of their names, and the machines that have each.
pub(super) fn scripts<'a>(desired: &'a Desired, folder: &str) -> BTreeMap<&'a str, Vec<&'a Machine>> {
    let mut scripts: BTreeMap<&str, Vec<&Machine>> = BTreeMap::new();
    for machine in &desired.machines {
        let own = machine.files.iter().filter_map(|file| file.path.strip_prefix(folder));
        own.for_each(|name| scripts.entry(name).or_default().push(machine));
    }
    scripts
}

/// The names that machines have now, as far as they run.
pub(super) fn running<'a>(access: &Access, machines: &[&'a Machine]) -> Result<Vec<&'a str>, ApplyError> {
    let mut running = Vec::new();
    for machine in machines {
        for name in [machine.name()].into_iter().chain(machine.former.iter().map(String::as_str)) {
            if access.provider().state(name)? == RUNNING {
                running.push(name);
                break;
            }
        }
    }
    Ok(running)
}

fn action(machine: &str, folder: &str, name: &str) -> String {
    format!("decommission `{machine}` with `{folder}{name}`")
}

/// Runs a file, with its words behind it, on the first machine where it succeeds. One that was not copied yet does nothing.
///
/// # Errors
/// What the last machine says.
pub(super) fn one(transport: &dyn Transport, words: &[&str], action: &str, places: &[&str]) -> Result<(), ApplyError> {
    const SCRIPT: &str = "[ -x \"$1\" ] || exit 0; exec \"$@\"";
    let mut last = ApplyError::new(format!("cannot {action}: no remaining machine has this file"));
    for place in places {
        match transport.work(place, SCRIPT, words) {
            Ok(answer) if answer.code == Some(0) => return Ok(()),
            Ok(answer) => last = ApplyError::refused(&format!("{action} on `{place}`"), &answer.err),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn by_hand(how: &str, error: ApplyError) -> ApplyError {
    error.help(format!("fix the cause and run the same command again, or remove it manually: {how}"))
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
            let path = format!("{LEAVE}50-etcd");
            let action = action("cp-3", LEAVE, "50-etcd");
            let result = one(&client, &[&path, "cp-3"], &action, places).map_err(|error| by_hand("`rm`", error));
            (result, std::fs::read_to_string(folder.path().join("lxc.calls")).unwrap_or_default())
        };
        assert_eq!(run(&["cp-0", "cp-1", "cp-2"]), (Ok(()), "cp-0\ncp-1\n".to_owned()));
        let (result, _) = run(&["cp-0"]);
        let error = result.unwrap_err();
        let action = "cannot decommission `cp-3` with `/usr/local/lib/kmodel/leave.d/50-etcd`";
        assert_eq!(error.message, format!("{action} on `cp-0`: no quorum"));
        assert!(error.help.is_some_and(|help| help.ends_with("or remove it manually: `rm`")));
        assert_eq!(run(&[]).0.unwrap_err().message, format!("{action}: no remaining machine has this file"));
    }
}
