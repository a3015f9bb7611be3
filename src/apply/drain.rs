//! Pods leave a machine before what runs them is exchanged, and may come back after.
//!
//! A component that moves what runs on machines installs an executable file, `/usr/local/lib/kmodel/drain.d/NAME`: it is run
//! `away MACHINE upgrade|restart [VERSION]` or `back MACHINE`, on one machine that has it; the version is that of what pods need
//! there, as it will be. The file `/var/lib/kmodel/drained` on the machine says from before the first until after the last, so that
//! a run that was cut off is taken up.

use crate::target::{Desired, Machine};

use super::change::Step;
use super::decommission::{one, running, scripts};
use super::error::ApplyError;
use super::provider::Access;
use super::stage;

const DRAIN: &str = "/usr/local/lib/kmodel/drain.d/";
const AWAY: &str = "away";
const BACK: &str = "back";
const MARK: &str = "mkdir -p /var/lib/kmodel && : >/var/lib/kmodel/drained";
const CLEAR: &str = "rm -f /var/lib/kmodel/drained";

/// Whether anything moves what runs on machines.
pub(crate) fn is_possible(desired: &Desired) -> bool {
    !scripts(desired, DRAIN).is_empty()
}

/// Whether a machine has something that moves what runs on machines.
pub(crate) fn is_there(machine: &Machine) -> bool {
    machine.files.iter().any(|file| file.path.starts_with(DRAIN))
}

/// Lets what runs on a machine go elsewhere.
///
/// # Errors
/// When it does not go; the machine takes nothing new then, until the next run.
pub(crate) fn away(access: &Access, desired: &Desired, machine: &Machine, steps: &[Step]) -> Result<(), ApplyError> {
    let restarts = steps.iter().any(|step| {
        matches!(step, Step::Restart | Step::Profile { .. } | Step::Rename { .. } | Step::Update(_) | Step::Replace(_))
    });
    let reason = if restarts { "restart" } else { "upgrade" };
    mark(access, machine, MARK)?;
    each(access, desired, (AWAY, machine.name()), &[reason, stage::version(machine)]).map_err(|error| {
        let pods = format!("kubectl get pods --all-namespaces --field-selector spec.nodeName={}", machine.name());
        error.help(format!(
            "see what keeps its pods (`{pods}`, `kubectl get pdb --all-namespaces`) and run the same command again, or pass `--no-drain` to stop \
             them with the machine"
        ))
    })
}

/// Lets a machine take pods again.
///
/// # Errors
/// When no machine can say so.
pub(crate) fn back(access: &Access, desired: &Desired, machine: &Machine) -> Result<(), ApplyError> {
    each(access, desired, (BACK, machine.name()), &[])?;
    mark(access, machine, CLEAR)
}

fn mark(access: &Access, machine: &Machine, script: &str) -> Result<(), ApplyError> {
    let answer = access.transport().inside(machine.name(), script, &[], &[])?;
    match answer.code {
        Some(0) => Ok(()),
        _ => Err(ApplyError::refused(&format!("write /var/lib/kmodel/drained on `{}`", machine.name()), &answer.err)),
    }
}

/// Runs each file on the first machine where it succeeds; the machine itself comes last.
fn each(access: &Access, desired: &Desired, (way, machine): (&str, &str), reason: &[&str]) -> Result<(), ApplyError> {
    for (name, places) in scripts(desired, DRAIN) {
        let mut places = running(access, &places)?;
        places.sort_by_key(|place| *place == machine);
        let path = format!("{DRAIN}{name}");
        let action = match way {
            AWAY => format!("drain `{machine}` with `{path}`"),
            _ => format!("let `{machine}` take pods again with `{path}`"),
        };
        let words = [&[&path, way, machine], reason].concat();
        one(access.transport(), &words, &action, &places)?;
    }
    Ok(())
}
