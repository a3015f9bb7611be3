//! systemd units that several applications write to: each file has one writer, and each command too.
//!
//! A drop-in with `ExecStart=` takes the place of the command that the unit has (systemd.service(5)), so the flags of the
//! application that declares the unit would be gone, while everything that was proved of them still stands in the plan.

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::plan::Proof;
use crate::render::boot;
use crate::render::evidence::{Part, Sample, Service};

use super::author::Author;
use super::{Evidence, Verdict, locate};

mod drop_in;
mod enabled;
mod running;
mod whole;

/// No unit is written twice, and no application replaces the command of another.
pub(super) fn services(evidence: &Evidence<'_, '_>) -> Verdict {
    let model = evidence.model;
    let of = |sample: &Sample<'_>| {
        let services = sample.services.iter();
        let of_unit = |service: &Service<'_>| {
            let found = replaced(model, service).into_iter().chain(twice(model, service));
            let found = found.chain(whole::verify(model, sample, service));
            let found = found.chain(enabled::verify(model, sample, service));
            found.chain(drop_in::verify(model, sample, service)).collect::<Vec<_>>()
        };
        services.flat_map(of_unit).collect()
    };
    let problems = evidence.on_each(of);
    let units = evidence.samples.iter().flat_map(|sample| &sample.services);
    let shared = units.filter(|service| service.parts.len() > 1).count();
    let statement = match shared {
        0 => String::new(),
        _ => format!(
            "{}: no drop-in replaces the command of another application",
            crate::text::Count(shared, "shared unit")
        ),
    };
    Verdict::of(problems, Proof { name: "drop-ins", statement, count: shared })
}

/// The commands that take the place of one of another application.
fn replaced(model: &Model<'_>, service: &Service<'_>) -> Vec<Diagnostic> {
    let mut first: Option<&Part<'_>> = None;
    let mut problems = Vec::new();
    for part in &service.parts {
        let Some(command) = part.command() else { continue };
        let Some(first) = first.filter(|first| first.path != part.path) else {
            first = first.or(Some(part));
            continue;
        };
        if !part.is_drop_in || Author::of(first.owner) == Author::of(part.owner) {
            continue;
        }
        let (own, other) = (Author::of(part.owner), Author::of(first.owner).name(model));
        let message = format!("{} replaces the command of `{}`, which {other} declares", own.name(model), service.name);
        let (place, text) = own.place(model);
        let span = locate::word::span(model, part.owner, command);
        let problem = Diagnostic::new(Code::CommandReplaced, span, message)
            .label(first.span, format!("declared by {other}"))
            .label(place, text);
        problems.push(problem.help(
            "a drop-in with `exec` discards all flags of the unit: set the flags in the component that declares the unit, \
             and use a drop-in without `exec` for its environment and limits",
        ));
    }
    problems
}

/// Files of the unit that are written twice.
fn twice(model: &Model<'_>, service: &Service<'_>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (place, part) in service.parts.iter().enumerate() {
        let problem = |with: &str| {
            let author = Author::of(part.owner).name(model);
            let message = format!("`{}` is written by both {with} and {author}", part.path);
            let problem = Diagnostic::new(Code::FileTwice, part.span, message).here("written here");
            problem.help("use another path for one of them")
        };
        let first = service.parts[..place].iter().find(|first| first.path == part.path && first.span != part.span);
        match first {
            Some(first) => {
                let with = Author::of(first.owner).name(model);
                problems.push(problem(&with).label(first.span, "and here"));
            }
            None if boot::is_own(&part.path) => problems.push(problem("kmodel itself")),
            None => {}
        }
    }
    problems
}
