//! Whether the machines that there are can be those of the model, before anything is changed.

use serde::Serialize;

use crate::target::Desired;
use crate::verify::machines::Misfit;

use super::change::Step;
use super::provider::{Access, Outer, Seen};

/// The form of the JSON output; a change that readers must know of counts up.
const VERSION: u32 = 2;

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
    /// What there is to know of the platform.
    pub warnings: Vec<String>,
}

/// One machine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct MachinePreflight {
    pub name: String,
    /// `there`, `unreachable`, `absent` if it would be made, or `renamed` if it has another name so far.
    pub state: &'static str,
    /// Why it cannot be set up.
    pub problems: Vec<Finding>,
    /// What does not keep it from being set up.
    pub warnings: Vec<Finding>,
    /// What could not be found out: `ports: it lacks ss`.
    pub not_examined: Vec<String>,
}

/// Something of a machine that is not as the model says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Finding {
    /// What `explain` explains and `allow` accepts; absent where the machine cannot be entered or belongs to another cluster.
    pub code: Option<&'static str>,
    pub message: String,
    pub help: Option<String>,
}

impl From<Misfit> for Finding {
    fn from(misfit: Misfit) -> Self {
        Self { code: Some(misfit.code.name()), message: misfit.message, help: Some(misfit.help) }
    }
}

impl Finding {
    fn without_code(message: String, help: Option<String>) -> Self {
        Self { code: None, message, help }
    }
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
            Err(error) => ("there", vec![Finding::without_code(error.message, error.help)]),
        };
        let Seen { warnings, not_examined, .. } = provider.seen(machine);
        let warnings = warnings.into_iter().map(Finding::from).collect();
        MachinePreflight { name: machine.name().to_owned(), state, problems, warnings, not_examined }
    };
    let machines: Vec<_> = desired.machines.iter().map(one).collect();
    Preflight {
        version: VERSION,
        cluster: desired.cluster.to_string(),
        place: provider.place(),
        ok: machines.iter().all(|machine| machine.problems.is_empty()),
        machines,
        warnings: Vec::new(),
    }
}

/// What keeps a machine from being set up.
fn refusals(steps: Vec<Step>) -> Vec<Finding> {
    let refusal = |step| match step {
        Step::Misfit(misfit) => Some(misfit.into()),
        Step::Reach(why) => Some(Finding::without_code(why, None)),
        _ => None,
    };
    steps.into_iter().filter_map(refusal).collect()
}
