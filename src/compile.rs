//! From a file to an output: the phases in a row.
//!
//! Each function is one thing that a person asks for; none of them writes. The command line, the language server and
//! tests call these.

use crate::check::Program;
use crate::diag::{Diagnostic, any_error, tidy};
use crate::model::Input;
use crate::plan::{self, Plan, Planned};

use crate::world::World;

pub mod artifact;
pub mod dial;
pub mod fix;
pub mod kept;
pub mod pki;
pub mod render;
pub mod target;
pub mod upgrade;

pub use artifact::{ArtifactRow, artifacts};
pub use dial::{Dial, Identity, Tls, dials};
pub use render::{Deployed, RenderError, Rendered, deploy, lxd_options, planned_target, render};

/// Plans a program that has been checked without errors.
///
/// The plan may be looked at whatever the problems say; it may be rendered only when none of them is an error.
pub fn plan<'p>(program: &'p Program, world: &'p dyn World, input: &Input) -> Planned<'p> {
    let Planned { mut plan, mut problems } = plan::plan(program, world, input);
    if let Some(plan) = &mut plan {
        finish(plan, &mut problems);
    }
    plan::allow::apply(program, input, plan.as_ref().map(|plan| &plan.model), &mut problems);
    tidy(&mut problems);
    Planned { plan, problems }
}

fn finish(plan: &mut Plan<'_>, problems: &mut Vec<Diagnostic>) {
    let kinds = crate::render::sample(&plan.model, &plan.pki, problems);
    problems.extend(target::fields(&plan.model));
    problems.extend(target::systems(plan, &kinds));
    target::budgets(plan, &kinds, problems);
    problems.extend(render::unknown_targets(plan));
}

/// Whether a plan may be rendered.
pub fn is_renderable(planned: &Planned<'_>) -> bool {
    planned.plan.is_some() && !any_error(&planned.problems)
}
