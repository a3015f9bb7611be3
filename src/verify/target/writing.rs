//! What a target would refuse to write, found while planning: one machine of each kind is written to nowhere.

use crate::diag::{Code, Diagnostic};
use crate::target::{self, Site, TargetMachine};
use crate::verify::{Evidence, Verdict};

/// The target can write each machine. How long its user-data is, `room` knows better: keys have their size there.
pub fn writing(evidence: &Evidence<'_, '_>) -> Verdict {
    let model = evidence.model;
    let Some(declared) = model.targets.first() else { return Verdict::default() };
    let Ok(target) = target::Target::declared(declared) else { return Verdict::default() };
    let machines = evidence.samples.iter().filter_map(|sample| {
        let machine = sample.machine?;
        Some(TargetMachine::new(model, machine, sample.bundle.clone()))
    });
    let written = target.write(&Site::new(model, target), machines, &mut |_| ());
    let found = written.err().unwrap_or_default().into_iter().filter(|found| found.code != Code::UserDataTooLong);
    let mut problems: Vec<Diagnostic> = found.map(|found| super::diagnostic(model, declared, found)).collect();
    problems.dedup();
    problems.into()
}
