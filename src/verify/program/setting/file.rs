//! Files that programs read at their start, and that nothing puts on their machine.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Help};
use crate::facts::field;
use crate::facts::setting::{Name, Read};
use crate::model::AppId;
use crate::render::evidence::{Entry, Sample, Service};
use crate::verify::Evidence;
use crate::verify::hosts::installed::CONDITIONS;
use crate::verify::hosts::presence::Presence;

use super::settings::{Setting, Settings};
use super::{distinct_places, problem};

const HELP: &str = "write it with a `file`, a `cert` or a `keypair`; if the image has it, allow this with the reason";

/// Settings that name such a file, of programs that systemd units run.
pub(super) fn read(evidence: &Evidence<'_, '_>, settings: &Settings, rules: &[Read]) -> Vec<Diagnostic> {
    let whole = evidence.samples.iter().filter(|sample| sample.whole && sample.machine.is_some());
    distinct_places(whole.flat_map(|sample| {
        let presence = Presence::of(sample);
        rules.iter().flat_map(|rule| of_rule(evidence, settings, (sample, &presence), rule)).collect::<Vec<_>>()
    }))
}

/// One problem for all settings of an application.
fn of_rule(
    evidence: &Evidence<'_, '_>,
    settings: &Settings,
    (sample, presence): (&Sample<'_>, &Presence<'_>),
    rule: &Read,
) -> Vec<Diagnostic> {
    let is_here = |setting: &&Setting| setting.machine == sample.machine && is_started(sample, setting);
    let has_other =
        |setting: &Setting| rule.unless.as_ref().is_some_and(|other| settings.beside(setting, other).is_some());
    let has_file = |setting: &Setting| {
        let other = rule.or_file.as_ref().and_then(|other| settings.beside(setting, other));
        other.is_some_and(|other| !presence.lacks(other.text.trim()))
    };
    let here = rule.settings.iter().flat_map(|name| settings.named(name)).filter(is_here);
    // An environment that is not known may give the other setting.
    let is_open = rule.unless.is_some() && sample.services.iter().any(|service| has_unknown(sample, service));
    let missing = here.filter(|setting| !is_open && !has_other(setting) && !has_file(setting)).filter_map(|setting| {
        let path =
            setting.text.split(',').map(str::trim).find(|path| presence.lacks(path) && !is_awaited(sample, path))?;
        Some((setting, path))
    });
    let mut of_apps: BTreeMap<AppId, Vec<(&Setting, &str)>> = BTreeMap::new();
    missing.for_each(|found| of_apps.entry(found.0.app).or_default().push(found));
    of_apps.into_values().filter_map(|found| missing_files(evidence, presence, rule, found)).collect()
}

/// Whether a unit takes variables from a file that is not there by the model.
fn has_unknown(sample: &Sample<'_>, service: &Service<'_>) -> bool {
    let is_written = |path: &str| sample.bundle.files.iter().any(|file| file.path == path);
    let mut files = service.values("Service", "EnvironmentFile");
    files.any(|(_, path, _)| !path.is_empty() && !is_written(path.trim_start_matches('-')))
}

/// Whether a unit is not started before a file is there.
fn is_awaited(sample: &Sample<'_>, path: &str) -> bool {
    let is_it = |value: &str| value.trim_start_matches('|').trim_start() == path;
    let asks = |service: &Service<'_>| {
        CONDITIONS.iter().any(|key| service.values("Unit", key).any(|(_, value, _)| is_it(value)))
    };
    sample.services.iter().any(asks)
}

/// Whether a unit of the machine runs the program whose setting it is.
fn is_started(sample: &Sample<'_>, setting: &Setting) -> bool {
    let program = match &setting.name {
        Name::Field { kind, .. } if !setting.is_flag => field::table(kind).map(|table| &*table.program),
        _ => return setting.in_unit,
    };
    let runs = |entry: &Entry<'_>| matches!(entry, Entry::Flags(flags) if flags.unit.is_some() && program == Some(&*flags.program));
    setting.in_unit && !setting.secret && sample.entries.iter().any(runs)
}

fn missing_files(
    evidence: &Evidence<'_, '_>,
    presence: &Presence<'_>,
    rule: &Read,
    mut found: Vec<(&Setting, &str)>,
) -> Option<Diagnostic> {
    found.sort_by_key(|(setting, _)| setting.span);
    let ((setting, path), others) = found.split_first()?;
    let more = match others.len() {
        0 => String::new(),
        1 => ", nor that of 1 more setting".to_owned(),
        count => format!(", nor those of {count} more settings"),
    };
    let message = format!("`{}` is `{path}`, which nothing puts on the machine{more}: {}", setting.written, rule.what);
    let help: Help = match presence.meant(path) {
        Some(near) => Help::near(near),
        None => HELP.into(),
    };
    let problem = problem(evidence.model, Code::FileMissing, setting, message).help(help);
    let label = |(other, path): &(&Setting, &str)| (other.span, format!("`{path}` is not there either"));
    Some(others.iter().map(label).fold(problem, |found, (span, text)| found.label(span, text)))
}
