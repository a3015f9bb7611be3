//! `kmodel check --if`: what would still work.

use std::io::{self, Write};

use serde::Serialize;

use crate::compile::Planned;
use crate::diag::{Diagnostic, any_error};
use crate::facts::release;
use crate::model::Model;
use crate::plan::Plan;
use crate::plan::impact::{AppImpact, Impact, Remaining, State, impact};
use crate::source::{SourceKind, Sources};
use crate::text::Count;

use super::super::exit::{CliError, Exit};
use super::super::look::Look;
use super::super::model::Opened;
use super::super::table::{Cell, table};
use super::super::{Terminal, output, report};
use super::Args;
use super::assumption::{Assumption, down, path};

/// Plans the model with and without the assumptions, and reports the differences.
pub(super) fn run(args: &Args, terminal: &Terminal) -> Result<Exit, CliError> {
    let opened = args.model.open(None)?;
    let planned = opened.plan();
    let Some(plan) = planned.plan.as_ref().filter(|_| !any_error(&planned.problems)) else {
        show(args, terminal, &opened, &planned.problems);
        return Ok(Exit::Problems);
    };
    let changed = with_values(args, &plan.model)?;
    let after = changed.as_ref().map(Opened::plan);
    let sources = changed.as_ref().map_or(&opened.checked.program.sources, |opened| &opened.checked.program.sources);
    let new = after.as_ref().map_or_else(Vec::new, |after| more(sources, &planned, after));
    let last = after.as_ref().and_then(|after| after.plan.as_ref());
    // Without a valid model there are no machines that could be down.
    let model = match &after {
        None => Some(&plan.model),
        Some(_) => last.map(|plan| &plan.model),
    };
    let impact = match model {
        Some(model) => {
            let down = down(model, &args.assumptions)?;
            if args.assumptions.iter().any(|assumption| matches!(assumption, Assumption::Down(..))) {
                Some(impact(model, &down))
            } else {
                None
            }
        }
        None => None,
    };
    let what = WhatIf {
        version: 1,
        cluster: &plan.model.cluster.name,
        assumptions: args.assumptions.iter().map(ToString::to_string).collect(),
        changes: last.map_or_else(Vec::new, |last| changes(plan, last)),
        problems: new.iter().map(NewProblem::of).collect(),
        impact: impact.as_ref(),
        holds: !any_error(&new) && impact.as_ref().is_none_or(|impact| impact.worst() != State::Broken),
    };
    if args.json {
        output::print(|out| what.json(out))?;
    } else {
        if let Some(changed) = &changed {
            show(args, terminal, changed, &new);
        }
        output::print(|out| what.text(out, &terminal.out))?;
    }
    Ok(if what.holds { Exit::Ok } else { Exit::Problems })
}

fn show(args: &Args, terminal: &Terminal, opened: &Opened<'_>, problems: &[Diagnostic]) {
    report::show(&opened.checked.program.sources, problems, args.model.message_format, &terminal.err);
}

/// The model with the overridden values; `None` when there are none.
fn with_values(args: &Args, model: &Model<'_>) -> Result<Option<Opened<'static>>, CliError> {
    let mut values = Vec::new();
    for assumption in &args.assumptions {
        if let Assumption::Value(written, value) = assumption {
            let path = path(model, written)?;
            let value = if path == "cluster.kubernetes" { whole(model, value) } else { value.clone() };
            values.push((path, value));
        }
    }
    if values.is_empty() { Ok(None) } else { args.model.open_with(&values).map(Some) }
}

/// `1.36` is the newest 1.36 that can be downloaded.
fn whole(model: &Model<'_>, version: &str) -> String {
    let minor = version.split('.').count() == 2;
    let newest = || release::newest_beside(&model.cluster.kubernetes.to_string(), version);
    minor.then(newest).flatten().unwrap_or_else(|| version.to_owned())
}

/// The problems that were not there before.
fn more(sources: &Sources, before: &Planned<'_>, after: &Planned<'_>) -> Vec<Diagnostic> {
    let mut list = new(&before.problems, &after.problems);
    // An invalid value explains everything; what is missing because of it would only repeat that.
    let overridden = |problem: &Diagnostic| {
        let model = after.plan.as_ref().map(|plan| &plan.model);
        model.is_none()
            && problem
                .labels
                .first()
                .is_some_and(|label| sources.get(label.span.source).kind == SourceKind::CommandLine("--if"))
    };
    if list.iter().any(overridden) {
        list.retain(overridden);
    }
    list
}

/// The problems without those that were there: unchanged, or with the same code at the same places, whatever their figures.
fn new(before: &[Diagnostic], after: &[Diagnostic]) -> Vec<Diagnostic> {
    let (mut known, mut list) = (before.to_vec(), after.to_vec());
    for same in [Diagnostic::eq, is_same] {
        list.retain(|problem| match known.iter().position(|known| same(known, problem)) {
            Some(at) => {
                known.remove(at);
                false
            }
            None => true,
        });
    }
    list
}

fn is_same(one: &Diagnostic, other: &Diagnostic) -> bool {
    let places = |problem: &Diagnostic| problem.labels.iter().map(|label| label.span).collect::<Vec<_>>();
    one.code_name() == other.code_name() && one.severity == other.severity && places(one) == places(other)
}

/// One figure that differs.
#[derive(Serialize)]
struct ModelChange {
    what: &'static str,
    from: String,
    to: String,
}

fn changes(before: &Plan<'_>, after: &Plan<'_>) -> Vec<ModelChange> {
    let (a, b) = (&before.model, &after.model);
    let count = |plan: &Plan<'_>| plan.pki.request.certificates.len().to_string();
    let rows = [
        ("kubernetes", a.cluster.kubernetes.to_string(), b.cluster.kubernetes.to_string()),
        ("machines", a.machines.len().to_string(), b.machines.len().to_string()),
        ("units", a.units.len().to_string(), b.units.len().to_string()),
        ("certificates", count(before), count(after)),
    ];
    let rows = rows.into_iter().filter(|(_, from, to)| from != to);
    rows.map(|(what, from, to)| ModelChange { what, from, to }).collect()
}

#[derive(Serialize)]
struct NewProblem {
    code: String,
    severity: &'static str,
    message: String,
    help: Option<String>,
}

impl NewProblem {
    fn of(problem: &Diagnostic) -> Self {
        Self {
            code: problem.code_name().to_owned(),
            severity: if problem.is_error() { "error" } else { "warning" },
            message: problem.message.clone(),
            help: problem.help.clone().map(String::from),
        }
    }
}

#[derive(Serialize)]
struct WhatIf<'a> {
    version: u32,
    cluster: &'a str,
    #[serde(rename = "if")]
    assumptions: Vec<String>,
    changes: Vec<ModelChange>,
    problems: Vec<NewProblem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "outage")]
    impact: Option<&'a Impact>,
    /// Whether everything still works, and the model still holds.
    holds: bool,
}

impl WhatIf<'_> {
    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }

    fn text(&self, out: &mut dyn Write, look: &Look) -> io::Result<()> {
        writeln!(out, "{} {}", look.bold("If"), self.assumptions.join(", "))?;
        if !self.changes.is_empty() {
            let row = |change: &ModelChange| {
                vec![Cell::plain(change.what), Cell::plain(format!("{} → {}", change.from, change.to))]
            };
            heading(out, look, "Changes")?;
            table(out, look, 2, &self.changes.iter().map(row).collect::<Vec<_>>())?;
        }
        if let Some(impact) = self.impact {
            machines(out, look, impact)?;
            for (state, title, mark) in [
                (State::Broken, "Breaks", look.bad(look.pick("✗", "x"))),
                (State::Weaker, "Weaker", look.warning("!")),
                (State::Works, "Works", look.good(look.pick("✓", "+"))),
            ] {
                applications(out, look, (title, &mark), impact.applications.iter().filter(|app| app.state == state))?;
            }
        }
        let verdict = self.verdict();
        writeln!(out, "\n{} {verdict}", if self.holds { look.good("ok:") } else { look.error("broken:") })
    }

    fn verdict(&self) -> String {
        let errors = self.problems.iter().filter(|problem| problem.severity == "error").count();
        let warnings = self.problems.len() - errors;
        let broken = self.impact.map_or(0, |impact| impact.of(State::Broken));
        let weaker = self.impact.map_or(0, |impact| impact.of(State::Weaker));
        let parts: Vec<String> = [
            (errors, Count(errors, "new error").to_string()),
            (warnings, Count(warnings, "new warning").to_string()),
            (broken, format!("{} no longer working", Count(broken, "application"))),
            (weaker, format!("{} one loss away from it", Count(weaker, "application"))),
        ]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(_, text)| text)
        .collect();
        if parts.is_empty() { "everything holds".to_owned() } else { parts.join(", ") }
    }
}

fn heading(out: &mut dyn Write, look: &Look, title: &str) -> io::Result<()> {
    writeln!(out, "\n{}", look.bold(title))
}

fn machines(out: &mut dyn Write, look: &Look, impact: &Impact) -> io::Result<()> {
    heading(out, look, &format!("Machines ({} down)", impact.down.len()))?;
    let gib = |bytes: u64| format!("{} GiB", (bytes as f64 / f64::from(1 << 30) * 10.0).round() / 10.0);
    let row = |remaining: &Remaining| {
        let all = format!("{} of {} up", remaining.alive, remaining.machines);
        vec![
            Cell::name(&*remaining.group),
            Cell::plain(all),
            Cell::dim(format!("{}, {}", Count(remaining.cores, "core"), gib(remaining.memory))),
        ]
    };
    table(out, look, 2, &impact.groups.iter().map(row).collect::<Vec<_>>())
}

fn applications<'a>(
    out: &mut dyn Write,
    look: &Look,
    (title, mark): (&str, &str),
    list: impl Iterator<Item = &'a AppImpact>,
) -> io::Result<()> {
    let rows: Vec<Vec<Cell>> =
        list.map(|app| vec![Cell::plain(mark), Cell::name(&*app.application), Cell::plain(&*app.why)]).collect();
    if rows.is_empty() {
        return Ok(());
    }
    heading(out, look, &format!("{title} ({})", rows.len()))?;
    table(out, look, 2, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;
    use crate::source::{SourceId, Span};

    #[test]
    fn a_problem_with_other_figures_is_not_new() {
        let at = |start: u32, message: &str| {
            let span = Span { source: SourceId(0), start, end: start + 1 };
            Diagnostic::new(Code::SingleMember, span, message)
        };
        let before = [at(1, "1 member"), at(5, "a"), at(5, "b")];
        assert_eq!(new(&before, &before), []);
        assert_eq!(new(&before, &[at(1, "2 members"), at(9, "1 member")]), [at(9, "1 member")]);
        // Another one at a place that has one: those that did not change are not it.
        assert_eq!(new(&before, &[at(5, "c"), at(5, "b"), at(5, "a")]), [at(5, "c")]);
        let worse = Diagnostic { severity: crate::diag::Severity::Error, ..at(1, "1 member") };
        assert_eq!(new(&before, std::slice::from_ref(&worse)), [worse]);
    }
}
