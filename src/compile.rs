//! From a file to an output: the phases in a row.
//!
//! Each function is one thing that a person asks for; none of them writes. The command line, the language server and
//! tests call these.

use std::collections::HashSet;

use crate::check::Program;
use crate::check::doubles::drop_doubles;
use crate::diag::{Code, Diagnostic, any_error, tidy};
use crate::model::{Input, Model, build};
use crate::plan::{self, Pki, Plan};
use crate::render::evidence::Sample;
use crate::render::placeholder::Placeholders;
use crate::render::placeholder_sizes::PlaceholderSizes;
use crate::source::Span;
use crate::target::{Target, TargetMachine};
use crate::verify::target::user_data::Limited;
use crate::verify::{Evidence, allow, users_place, verify};
use crate::world::World;

pub mod artifact;
pub mod connection;
mod expected;
pub mod fingerprint;
pub mod fix;
pub mod known;
pub mod missing_keys;
mod inputs;
mod machines;
pub mod record;
pub mod person;
pub mod pki;
pub mod preview;
pub mod render;
mod rotation;
pub mod shared;
pub mod stream;
pub mod unchanged;
pub mod upgrade;

pub use artifact::{ArtifactRow, artifacts};
pub use connection::{Connection, Identity, Tls, connections};
pub use expected::Expected;
pub use render::{
    Deployed, Place, RenderError, Rendered, deploy, head, is_applied, issue, issue_aside, issue_renewed, lock,
    place_of, planned_target, render,
};
pub use rotation::signs_on_a_machine;
pub use shared::{SharedAddress, shared_addresses};
pub use stream::{Sink, Stopped, Streamed, stream};

/// What stands in the way of an output.
pub type Problems = Vec<Diagnostic>;

/// A plan, if a model could be built, and every problem found.
pub struct Planned<'p> {
    pub plan: Option<Plan<'p>>,
    pub problems: Vec<Diagnostic>,
}

/// Plans a program that has been checked without errors, and verifies the plan.
///
/// The plan may be looked at whatever the problems say; it may be rendered only when none of them is an error.
pub fn plan_program<'p>(program: &'p Program, world: &'p dyn World, input: &Input) -> Planned<'p> {
    let built = build::build(program, world, input);
    let mut problems = built.problems;
    let plan = built.model.map(|model| verified(model, &mut problems));
    if let Some(plan) = &plan {
        other_targets(program, world, (input, &plan.model), &mut problems);
    }
    allow::apply(program, input, plan.as_ref().map(|plan| &plan.model), &mut problems);
    drop_doubles(program, &mut problems);
    tidy(&mut problems);
    if let Some(plan) = &plan {
        users_place::first(&plan.model, &mut problems);
        tidy(&mut problems);
    }
    Planned { plan, problems }
}

fn verified<'p>(model: Model<'p>, problems: &mut Vec<Diagnostic>) -> Plan<'p> {
    let mut plan = plan::plan(model, problems);
    let (model, pki) = (&plan.model, &plan.pki);
    let named = Placeholders::new(model);
    let samples = crate::render::sample(model, &named, problems);
    let sized = sized(model, pki, &samples);
    let found = verify(&Evidence { model, pki, names: &named, samples: &samples, sized: &sized });
    problems.extend(found.problems);
    (plan.proofs, plan.gaps, plan.user_data) = (found.proofs, found.gaps, found.user_data);
    plan
}

/// What is wrong on the other targets that a model declares, unless one was asked for: each is planned and verified as the
/// first is, and what was not found there is added.
fn other_targets(
    program: &Program,
    world: &dyn World,
    (input, model): (&Input, &Model<'_>),
    problems: &mut Vec<Diagnostic>,
) {
    let others = model.targets.iter().skip(1).filter(|_| input.target.is_none());
    for target in others.filter(|target| Target::parse(&target.name).is_ok()) {
        let input = Input { target: Some(target.name.clone()), ..input.clone() };
        let built = build::build(program, world, &input);
        let mut found = built.problems;
        built.model.map(|model| verified(model, &mut found));
        let known: HashSet<_> = problems.iter().map(place).collect();
        let new = found.into_iter().filter(|problem| !known.contains(&place(problem)));
        problems.extend(new.map(|problem| match problem.labels.iter().any(|label| label.span == target.span) {
            true => problem,
            false => problem.label(target.span, "on this target"),
        }));
    }
}

/// The same problem has the same code and place on every target; its text may name the target.
fn place(problem: &Diagnostic) -> (Code, Span) {
    (problem.code, problem.labels[0].span)
}

/// Machines with material of the size that it will have, where the target limits what they are given.
fn sized(model: &Model<'_>, pki: &Pki, samples: &[Sample<'_>]) -> Vec<TargetMachine> {
    if Limited::of(model).is_none() {
        return Vec::new();
    }
    let of = |sample: &Sample<'_>| {
        let machine = sample.machine?;
        let estimate = PlaceholderSizes::new(model, pki, &sample.units);
        // What cannot be rendered is reported already.
        let bundle = crate::render::machine(model, machine, &sample.units, &estimate).ok()?;
        Some(TargetMachine::new(model, machine, bundle))
    };
    samples.iter().filter_map(of).collect()
}

/// Whether a plan may be rendered.
pub fn is_renderable(planned: &Planned<'_>) -> bool {
    planned.plan.is_some() && !any_error(&planned.problems)
}
