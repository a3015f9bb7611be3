//! What programs are given: flags, the fields of their configuration files, and the settings that both of them make.

use crate::diag::Diagnostic;
use crate::render::evidence::{Content, Entry, Sample};

use super::{Evidence, Verdict};

mod field;
mod flag;
mod setting;
mod webhook;

/// The version that runs has every flag and field, with these values.
pub fn programs(evidence: &Evidence<'_, '_>) -> Verdict {
    evidence.on_each(|sample| of_machine(evidence, sample)).into()
}

fn of_machine(evidence: &Evidence<'_, '_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let of = |entry: &Entry<'_>| match entry {
        Entry::Flags(flags) => flag::judge(evidence.model, flags),
        Entry::Document(document) => match &document.content {
            Content::Value(value) if !document.derived => field::judge(evidence.model, document, value),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    sample.entries.iter().flat_map(of).collect()
}

/// Settings go together, within a program and between programs.
pub fn settings(evidence: &Evidence<'_, '_>) -> Verdict {
    setting::verify(evidence).into()
}
