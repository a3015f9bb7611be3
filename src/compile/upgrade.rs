//! Bringing a cluster to a newer version of Kubernetes: the hops that are legal, and what each disturbs.
//!
//! In: a program, what is recorded of it, and the version to reach. Out: hops, one minor each, with what has to be edited
//! before, what changes, and the steps inside. Each hop is planned with the version that it reaches, so what stands in its way
//! is found by the same checks as ever.

use std::collections::BTreeSet;

use serde::Serialize;

use super::plan_program;
use crate::check::Program;
use crate::diag::{Code, Diagnostic};
use crate::facts::lifespan::{minor, parse};
use crate::facts::{flag, release, tested, value};
use crate::model::{Input, Model};
use crate::plan::version::{recorded, running};
use crate::source::{Sources, Span};
use crate::syntax::ast::Version;
use crate::world::World;

mod change;
mod step;

pub use step::{Phase, UpgradeStep};

/// The whole way.
#[derive(Debug, Serialize)]
pub struct Upgrade {
    pub cluster: String,
    pub from: String,
    pub to: String,
    pub hops: Vec<Hop>,
}

/// One step to the next version.
#[derive(Debug, Serialize)]
pub struct Hop {
    pub from: String,
    pub to: String,
    /// What would be wrong in the version that it reaches, and is not in the one before: to be edited first.
    pub edits: Vec<Edit>,
    /// What else to know before it.
    pub notes: Vec<String>,
    pub steps: Vec<UpgradeStep>,
}

/// Something to edit before a hop.
#[derive(Debug, Serialize)]
pub struct Edit {
    pub code: &'static str,
    /// `error`: the hop cannot be made without it; or `warning`.
    pub severity: &'static str,
    pub message: String,
    /// `cluster.km:3:14`; absent where it has no place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// Why there is no way.
#[derive(Debug)]
pub enum NoUpgrade {
    /// The model has errors as it is.
    Problems(Vec<Diagnostic>),
    /// The version cannot be reached; and what to do.
    Unreachable { message: String, help: String },
}

/// The version to upgrade to.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    /// The newest patch of a minor that is known.
    Minor(Version),
    Patch(Version),
}

/// Plans the way to a version. One without a patch level (`1.36`, whose patch is 0) means the newest patch that is known of it.
///
/// # Errors
/// When the model has errors as it is, or the version is not known, or not newer.
pub fn upgrade(program: &Program, world: &dyn World, input: &Input, to: Wanted) -> Result<Upgrade, NoUpgrade> {
    let start = plan_program(program, world, input);
    let first = match start.plan {
        Some(plan) => plan.model,
        None => return Err(NoUpgrade::Problems(start.problems)),
    };
    let from = recorded_version(&first).unwrap_or(first.cluster.kubernetes);
    let versions = hops(from, to)?;
    let at = |version: Version, lock| {
        plan_program(program, world, &Input { kubernetes: Some(version), lock, ..input.clone() })
    };
    let base = at(from, input.lock.clone());
    let mut known: BTreeSet<_> = base.problems.iter().map(identity).collect();
    let Some(base) = base.plan else { return Err(NoUpgrade::Problems(base.problems)) };
    let mut before = base.model;
    let mut hops = Vec::new();
    for version in versions {
        let mut lock = input.lock.clone();
        lock.versions = recorded(&before);
        let next = at(version, lock);
        let new: Vec<_> = next.problems.iter().filter(|problem| known.insert(identity(problem))).collect();
        let edits = new.into_iter().map(|problem| edit(&program.sources, problem)).collect();
        let (from, to) = (before.cluster.kubernetes.to_string(), version.to_string());
        let Some(after) = next.plan.map(|plan| plan.model) else {
            hops.push(Hop { from, to, edits, notes: Vec::new(), steps: Vec::new() });
            break;
        };
        let notes = notes(&before, &after);
        let steps = step::steps(&before, &after);
        hops.push(Hop { from, to, edits, notes, steps });
        before = after;
    }
    let to = hops.last().map_or_else(String::new, |hop| hop.to.clone());
    Ok(Upgrade { cluster: before.cluster.name.to_string(), from: from.to_string(), to, hops })
}

/// The oldest version of a Kubernetes program that was rendered last.
fn recorded_version(model: &Model<'_>) -> Option<Version> {
    let of_kubernetes =
        |program: &str| flag::table(program).is_some_and(|table| table.range.versions_of == "kubernetes");
    let programs = model.lock.versions.values().flatten();
    programs.filter(|(program, _)| of_kubernetes(program)).filter_map(|(_, version)| parse(version)).min()
}

/// The version at the end of each hop.
fn hops(from: Version, to: Wanted) -> Result<Vec<Version>, NoUpgrade> {
    const RELEASE: &str = "kubernetes-server";
    let newest = |wanted: Version| {
        release::newest(RELEASE, wanted).ok_or_else(|| NoUpgrade::Unreachable {
            message: format!("unknown Kubernetes release {}", minor(wanted)),
            help: "use a newer kmodel, or a minor listed in `stdlib/tables/releases.toml`".to_owned(),
        })
    };
    let target = match to {
        Wanted::Minor(minor) => newest(minor)?,
        Wanted::Patch(version) => version,
    };
    if target <= from {
        let message = format!("the cluster runs {from}, but {target} is not newer");
        let help = format!("pass a newer version, such as `--upgrade kubernetes={}.{}`", from.major, from.minor + 1);
        return Err(NoUpgrade::Unreachable { message, help });
    }
    if target.major != from.major {
        let message = format!("no upgrade path is known from {from} to {target}");
        return Err(NoUpgrade::Unreachable { message, help: "pass a version such as `1.36`".to_owned() });
    }
    let between = (from.minor + 1..target.minor).map(|minor| newest(Version { minor, patch: 0, ..target }));
    let mut list = between.collect::<Result<Vec<_>, _>>()?;
    list.push(target);
    Ok(list)
}

/// The same problem has the same place and code in every version; its text may name the version.
fn identity(problem: &Diagnostic) -> (Code, Option<Span>) {
    (problem.code, problem.labels.first().map(|label| label.span))
}

fn edit(sources: &Sources, problem: &Diagnostic) -> Edit {
    let place = problem.labels.first().filter(|label| label.span != Span::default());
    Edit {
        code: problem.code.name(),
        severity: if problem.is_error() { "error" } else { "warning" },
        message: problem.message.clone(),
        place: place.map(|label| sources.place(label.span).to_string()),
        help: problem.help.clone().map(String::from),
    }
}

/// What else to know before a hop.
fn notes(before: &Model<'_>, after: &Model<'_>) -> Vec<String> {
    let (old, new) = (before.cluster.kubernetes, after.cluster.kubernetes);
    let mut notes = Vec::new();
    let stores = step::stores(after);
    notes.extend(stores.iter().map(|name| format!("first save a snapshot of `{name}` outside its machines")));
    if old.minor == new.minor {
        return notes;
    }
    if let Some(set) = value::set("admission-plugin") {
        let plugins: Vec<_> = set.new_defaults(new).collect();
        if !plugins.is_empty() {
            notes.push(format!("admission plugins that are now enabled by default: {}", plugins.join(", ")));
        }
    }
    if let (Some(was), Some(is)) = (tested::tested(old), tested::tested(new)) {
        if is.fail_cgroup_v1 && !was.fail_cgroup_v1 {
            notes.push("kubelets no longer start on hosts with cgroup v1, unless `failCgroupV1` is false".to_owned());
        }
        let etcd = |model| running(model).into_iter().find(|one| &*one.program == "etcd").map(|one| one.version);
        let runs = match (etcd(before), etcd(after)) {
            (Some(was), Some(is)) if was != is => format!("; etcd goes from {was} to {is}"),
            (_, Some(is)) => format!("; this cluster runs {is}"),
            _ => String::new(),
        };
        notes.push(format!("Kubernetes {} was tested with etcd {}{runs}", minor(new), is.etcd));
    }
    notes
}
