//! What programs are given: flags, the fields of their configuration files, and the settings that both of them make.

use crate::diag::Diagnostic;
use crate::model::Model;
use crate::render::evidence::{Entry, Sample};

use super::{Evidence, Verdict};

mod examined;
mod field;
mod flag;
mod object;
mod setting;
mod webhook;

pub use setting::settings;

/// The version that runs has every flag and field, with these values.
pub fn programs(evidence: &Evidence<'_, '_>) -> Verdict {
    Verdict::of(evidence.on_each(|sample| of_machine(evidence.model, sample)), examined::proof(evidence))
}

/// Whether the versions that run refuse something that a sample is given.
pub fn is_refused(model: &Model<'_>, sample: &Sample<'_>) -> bool {
    of_machine(model, sample).iter().any(Diagnostic::is_error)
}

/// What is wrong with what one machine is given.
pub fn of_machine(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let of = |entry: &Entry<'_>| match entry {
        Entry::Flags(flags) => flag::verify(model, flags),
        Entry::Document(document) if !document.derived => field::verify(model, document),
        _ => Vec::new(),
    };
    sample.entries.iter().flat_map(of).collect()
}
