//! The settings of all programs, as far as a rule is about them, and what the rules find.
//!
//! In: flags, arguments and configuration files as they are rendered, of one machine of each kind. Out: problems. A rule
//! sees settings and not their files, so it holds wherever a setting is written.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic};
use crate::facts::setting::rules;
use crate::model::Model;
use crate::plan::Proof;
use crate::text::Count;
use crate::verify::{Evidence, Verdict};

mod address;
mod amount;
mod avoided;
mod belongs;
mod content;
mod context;
mod dialled;
mod differ;
mod file;
mod kernel;
mod listens;
mod machine;
mod module;
mod needed;
mod presented;
mod probed;
mod refused;
mod same;
mod settings;

pub(in crate::verify) use listens::Listening;
use settings::{Setting, Settings};

/// The ports that settings make programs listen on and that nothing declares.
pub(in crate::verify) fn listening(evidence: &Evidence<'_, '_>) -> Vec<Listening> {
    listens::undeclared(evidence.model, &Settings::of(evidence), &rules().listens)
}

/// Settings go together, within a program and between programs.
pub fn settings(evidence: &Evidence<'_, '_>) -> Verdict {
    let (model, settings, rules) = (evidence.model, &Settings::of(evidence), rules());
    let all = &Settings::with_second(evidence, settings);
    let mut problems = Vec::new();
    problems.extend(rules.same.iter().flat_map(|rule| same::verify(model, settings, rule)));
    problems.extend(rules.differ.iter().flat_map(|rule| differ::verify(model, settings, rule)));
    problems.extend(rules.encrypted.iter().flat_map(|rule| address::encrypted(model, settings, rule)));
    for (list, code) in [(&rules.never, Code::UnsafeSetting), (&rules.unwise, Code::UnwiseSetting)] {
        problems.extend(list.iter().flat_map(|rule| avoided::verify(evidence, settings, rule, code)));
    }
    problems.extend(rules.listed.iter().flat_map(|rule| avoided::listed(model, settings, rule)));
    problems.extend(rules.inside.iter().flat_map(|rule| address::inside(model, settings, rule)));
    problems.extend(rules.covers.iter().flat_map(|rule| address::covers(model, settings, rule)));
    problems.extend(rules.dialled.iter().flat_map(|rule| dialled::verify(evidence, settings, rule)));
    problems.extend(rules.times.iter().flat_map(|rule| amount::times(model, settings, rule)));
    problems.extend(rules.within.iter().flat_map(|rule| amount::within(model, settings, rule)));
    problems.extend(needed::verify(model, settings, &rules.needed));
    problems.extend(rules.presented.iter().flat_map(|rule| presented::verify(evidence, settings, rule)));
    problems.extend(rules.own.iter().flat_map(|rule| machine::own(model, all, rule)));
    problems.extend(rules.named.iter().flat_map(|rule| machine::named(evidence, all, rule)));
    let alike: Vec<Diagnostic> = rules.apart.iter().flat_map(|rule| machine::apart(model, all, rule)).collect();
    // What is wrong on one machine already is not reported once more for two.
    let is_new = |found: &Diagnostic| !problems.iter().any(|known| known.labels[0].span == found.labels[0].span);
    let alike: Vec<Diagnostic> = alike.into_iter().filter(is_new).collect();
    problems.extend(alike);
    problems.extend(rules.pair.iter().flat_map(|rule| belongs::pairs(evidence, settings, rule)));
    problems.extend(rules.admitted.iter().flat_map(|rule| belongs::admitted(evidence, settings, rule)));
    problems.extend(file::read(evidence, settings, &rules.read));
    problems.extend(rules.issued.iter().flat_map(|rule| belongs::issued(evidence, settings, rule)));
    problems.extend(rules.signed.iter().flat_map(|rule| belongs::signed(evidence, settings, rule)));
    problems.extend(rules.module.iter().flat_map(|rule| module::verify(evidence, rule)));
    problems.extend(kernel::verify(evidence));
    problems.extend(listens::verify(model, settings, &rules.listens));
    problems.extend(probed::verify(evidence, settings, &rules.listens));
    problems.extend(refused::verify(evidence, settings));
    problems.extend(rules.share.iter().flat_map(|rule| amount::share(model, settings, rule)));
    problems.extend(rules.fits.iter().flat_map(|rule| amount::fits(model, settings, rule)));
    Verdict::of(problems, proof(settings))
}

/// That the settings go together: those of machines that are alike count once.
fn proof(settings: &Settings) -> Proof {
    let distinct: BTreeSet<_> = settings.list.iter().map(|setting| (setting.app, &setting.written)).collect();
    let apps: BTreeSet<_> = distinct.iter().map(|(app, _)| app).collect();
    let (count, apps) = (distinct.len(), Count(apps.len(), "application"));
    let statement = match count {
        0 => String::new(),
        1 => "1 setting: consistent with the cluster".to_owned(),
        _ => format!("{count} settings of {apps}: consistent with each other and the cluster"),
    };
    Proof { name: "settings", statement, count }
}

/// A problem of a setting, with the place where its application is deployed.
fn problem(model: &Model<'_>, code: Code, setting: &Setting, message: String) -> Diagnostic {
    let app = model.app(setting.app);
    Diagnostic::new(code, setting.span, message).label(app.span, format!("`{}` is deployed here", app.name))
}

/// Each problem once: machines that are alike have the same.
fn distinct(problems: impl IntoIterator<Item = Diagnostic>) -> Vec<Diagnostic> {
    let mut list: Vec<Diagnostic> = Vec::new();
    for problem in problems {
        if !list.contains(&problem) {
            list.push(problem);
        }
    }
    list
}

/// One problem for each place: its text may name the machine.
fn distinct_places(problems: impl IntoIterator<Item = Diagnostic>) -> Vec<Diagnostic> {
    let mut list: Vec<Diagnostic> = Vec::new();
    for problem in problems {
        if !list.iter().any(|known| known.labels[0].span == problem.labels[0].span) {
            list.push(problem);
        }
    }
    list
}
