//! `plan --refresh`: what would change of the machines as they are.

use std::path::Path;

use crate::apply;
use crate::apply::forecast::{Forecast, refreshed};
use crate::apply::terraform::folder::Lasting;
use crate::cli::exit::CliError;
use crate::cli::plan::Args;
use crate::cli::server::{self, Preflight};
use crate::compile::{self, RenderError};
use crate::diag::Diagnostic;
use crate::pki::Store;
use crate::plan::Plan;
use crate::world;

/// Asks the machines; how many keys would be issued comes with it.
pub(super) fn forecast(
    args: &Args,
    plan: &Plan<'_>,
    (store, folder): (&mut Store, &Path),
) -> Result<Result<(Forecast, usize), Vec<Diagnostic>>, CliError> {
    let place = server::place("plan --refresh", plan)?;
    let client = server::client(&place, (&args.model, folder), &args.login)?;
    let deployed = match compile::deploy(plan, store, world::now()) {
        Ok(deployed) => deployed,
        Err(RenderError::Pki(error)) => return Err(error.into()),
        Err(RenderError::Problems(problems)) => return Ok(Err(problems)),
    };
    let access = client.access(&deployed, Preflight::LeftOut, (folder, Lasting::No))?;
    let desired = &deployed.desired;
    let probes = apply::run::probes(&access, desired);
    let delta = apply::diff(desired, access.provider(), &probes)?;
    let transport = args.changes.diff.then(|| access.transport());
    let forecast = refreshed(desired, (&delta, &probes), &plan.model.program.sources, transport);
    Ok(Ok((forecast, deployed.issued.issued)))
}
