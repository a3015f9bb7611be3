//! Whether the machines that there are can be those of the model, before anything is changed.

use serde::Serialize;

use crate::target::Desired;

use super::change::Step;
use super::provider::{Access, Outer};

/// The form of the JSON output; a change that readers must know of counts up.
const VERSION: u32 = 1;

/// What was found of a cluster's machines.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Preflight {
    version: u32,
    pub cluster: String,
    /// Where the machines are.
    pub place: String,
    pub ok: bool,
    /// In the order of the model.
    pub machines: Vec<MachinePreflight>,
    /// What does not keep it from being set up.
    pub warnings: Vec<String>,
}

/// One machine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct MachinePreflight {
    pub name: String,
    /// `there`, `unreachable`, `absent` if it would be made, or `renamed` if it has another name so far.
    pub state: &'static str,
    /// Why it cannot be set up.
    pub problems: Vec<String>,
}

/// Asks what there is; every machine was asked when its provider was made.
pub(crate) fn preflight(access: &Access, desired: &Desired) -> Preflight {
    let provider = access.provider();
    let one = |machine| {
        let (state, problems) = match provider.outer(machine) {
            Ok(Outer::Absent(_)) => ("absent", Vec::new()),
            Ok(Outer::Renamed { steps, .. }) => ("renamed", refusals(steps)),
            Ok(Outer::There { steps, .. }) if steps.iter().any(|step| matches!(step, Step::Reach(_))) => {
                ("unreachable", refusals(steps))
            }
            Ok(Outer::There { steps, .. }) => ("there", refusals(steps)),
            Err(error) => ("there", vec![error.message]),
        };
        MachinePreflight { name: machine.name().to_owned(), state, problems }
    };
    let machines: Vec<_> = desired.machines.iter().map(one).collect();
    Preflight {
        version: VERSION,
        cluster: desired.cluster.to_string(),
        place: provider.place(),
        ok: machines.iter().all(|machine| machine.problems.is_empty()),
        machines,
        warnings: provider.warnings(desired),
    }
}

/// What keeps a machine from being set up.
fn refusals(steps: Vec<Step>) -> Vec<String> {
    let refusal = |step| match step {
        Step::Misfit(why) | Step::Reach(why) => Some(why),
        _ => None,
    };
    steps.into_iter().filter_map(refusal).collect()
}
