//! What programs are given: flags, the fields of their configuration files, and the settings that both of them make.

use crate::diag::Diagnostic;
use crate::facts::object as facts_object;
use crate::model::{Model, Value};
use crate::render::evidence::{Document, Entry, Sample};

use super::{Evidence, Verdict};

mod beyond;
mod command;
mod contradiction;
mod examined;
mod field;
mod flag;
mod object;
mod setting;
mod webhook;

pub use setting::settings;
pub(super) use setting::{Listening, listening};

/// The version that runs has every flag and field, with these values.
pub fn programs(evidence: &Evidence<'_, '_>) -> Verdict {
    let mut problems = evidence.on_each(|sample| of_machine(evidence.model, sample));
    problems.extend(beyond::versions(evidence));
    Verdict::of(problems, examined::proof(evidence))
}

/// Whether the versions that run refuse something that a sample is given.
pub fn is_refused(model: &Model<'_>, sample: &Sample<'_>) -> bool {
    of_machine(model, sample).iter().any(Diagnostic::is_error)
}

/// Whether the kind of what is in a file is known.
pub(super) fn is_read(model: &Model<'_>, document: &Document<'_>) -> bool {
    let is_known = |value: &Value| {
        let Value::Record(record) = value.reveal() else { return false };
        let text = |name: &str| record.get(name).and_then(Value::scalar_text);
        let Some(kind) = text("kind") else { return false };
        let api = text("apiVersion").unwrap_or_default();
        let version = model.app(document.owner.app).kubernetes;
        field::table_of(record).is_some()
            || facts_object::of_kind(&api, &kind, version).is_some()
            || facts_object::is_other(&api, &kind)
    };
    match document.value().map(Value::reveal) {
        Some(Value::List(list)) => list.iter().any(is_known),
        Some(value) => is_known(value),
        None => false,
    }
}

/// What is wrong with what one machine is given.
pub fn of_machine(model: &Model<'_>, sample: &Sample<'_>) -> Vec<Diagnostic> {
    let of = |entry: &Entry<'_>| match entry {
        Entry::Flags(flags) => flag::verify(model, flags),
        Entry::Document(document) if !document.derived => field::verify(model, document),
        Entry::Command(command) => command::verify(model, command).into_iter().collect(),
        _ => Vec::new(),
    };
    sample.entries.iter().flat_map(of).collect()
}
