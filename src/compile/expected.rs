//! What a model expects of machines that exist.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::Code;
use crate::model::{MachineId, Model};
use crate::plan::Plan;
use crate::syntax::ast::Name;
use crate::target::TargetMachine;
use crate::verify::machines::{Wanted, listeners};

/// What is compared with machines before anything is changed.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// By the machine's name.
    pub wanted: BTreeMap<Name, Wanted>,
    /// Codes that the model allows.
    pub allowed: BTreeSet<Code>,
}

impl Expected {
    /// What a plan expects of its machines, which are in the order of the model.
    pub(super) fn of(plan: &Plan<'_>, machines: &[TargetMachine]) -> Self {
        let model = &plan.model;
        let listeners = listeners(model);
        let wanted = machines.iter().zip(listeners).enumerate().map(|(place, (machine, listeners))| {
            let wanted = Wanted::without_listeners(model, MachineId(place as u32), &machine.bundle);
            (machine.name.clone(), Wanted { listeners, ..wanted })
        });
        Self { wanted: wanted.collect(), allowed: allowed(model) }
    }
}

fn allowed(model: &Model<'_>) -> BTreeSet<Code> {
    model.layers.allows.iter().filter_map(|allow| Code::named(&allow.code.name)).collect()
}
