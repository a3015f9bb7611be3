//! The targets: whether they are there, take their fields, can do what components ask of them, and have room for user-data.

use crate::diag::{Code, Diagnostic, Help};
use crate::facts::family::Family;
use crate::model::{MachineId, Model, Target, Value};
use crate::plan::Proof;
use crate::render::evidence::{Entry, Sample};
use crate::source::{SourceKind, Span};
use crate::syntax::ast::Expr;
use crate::target::cloud_config::own;
use crate::target::{self, Site, TargetMachine};
use crate::text::{Count, List};

use super::locate::Writer;
use super::{Evidence, Verdict, document};

mod capability;
mod link;
mod network;
mod output;
mod owned;
mod seed;
pub mod user_data;
mod writing;

pub use link::links;
pub use network::networks;
pub use output::output;
pub use seed::seeds;
pub use user_data::room;
pub use writing::writing;

/// Machines of the target can do what components ask of them.
pub fn capabilities(evidence: &Evidence<'_, '_>) -> Verdict {
    let of = |entry: &Entry<'_>| match entry {
        Entry::Sysctl(_, name) => capability::of_sysctl(evidence.model, name).into_iter().collect(),
        Entry::Document(document) if !document.derived => {
            document.value().map_or_else(Vec::new, |value| capability::of_content(evidence.model, document, value))
        }
        _ => Vec::new(),
    };
    let problems = evidence.on_each(|sample| sample.entries.iter().flat_map(of).collect());
    Verdict::of(problems, capability::proof(evidence))
}

/// Every target is one that there is, and takes its fields; those too that are not planned for.
pub fn fields(evidence: &Evidence<'_, '_>) -> Verdict {
    let model = evidence.model;
    let of = |target: &Target| {
        let mut list = cloud_config(model, target);
        match target::Target::declared(target) {
            Ok(known) => {
                let found = known.check_options(&Site::new(model, known));
                list.extend(found.into_iter().map(|problem| diagnostic(model, target, problem)));
            }
            Err(name) => list.push(unknown(&name, target.span)),
        }
        list
    };
    let problems = model.targets.iter().flat_map(of).collect();
    let count = model.targets.iter().map(|target| target.options.len()).sum();
    let statement = match count {
        0 => String::new(),
        _ => format!("{} of {}: all valid", Count(count, "field"), names(&model.targets)),
    };
    Verdict::of(problems, Proof { name: "options", statement, count })
}

/// `` `lxd` and `aws` ``, those that are given a field.
fn names(targets: &[Target]) -> List {
    List::ticked(targets.iter().filter(|target| !target.options.is_empty()).map(|target| &*target.name)).and()
}

/// A target that there is not.
pub fn unknown(unknown: &target::UnknownTarget, span: Span) -> Diagnostic {
    let known = || format!("the targets are {}", List::ticked(target::Target::all().map(target::Target::name)));
    let help = unknown.near.map_or_else(|| known().into(), Help::near);
    let problem = Diagnostic::new(Code::UnknownTarget, span, format!("unknown target `{}`", unknown.name)).help(help);
    // A target of the command line has no place.
    if span == Span::default() { problem } else { problem.fix_near(span) }
}

/// A problem that a target found, at the field that is meant, else at the target's statement.
pub fn diagnostic(model: &Model<'_>, target: &Target, found: target::Problem) -> Diagnostic {
    let sources = &model.program.sources;
    let field = found.field.and_then(|field| written(model, &target.name, field)).map(|(_, expr)| expr);
    let own = |span: &Span| found.code == Code::TargetLacks || sources.get(span.source).kind == SourceKind::File;
    let item = found.origin.span.filter(own).map(|span| sources.line_end(span));
    let span = field.map(|expr| expr.span).or(item).unwrap_or(target.span);
    let problem = Diagnostic::new(found.code, span, found.message).help(found.help);
    let problem = match (field, item) {
        (Some(_), _) => problem,
        (None, Some(_)) if target.span == Span::default() => problem,
        (None, Some(_)) => problem.label(target.span, "the target"),
        (None, None) => problem.here(found.origin.shown(sources).to_string()),
    };
    match (found.near, field) {
        (Some(near), Some(expr)) => problem.fix(expr.span, format!("\"{near}\""), format!("write `{near}`")),
        _ => problem,
    }
}

/// The operating system of the target can take what its machines are given.
pub fn systems(evidence: &Evidence<'_, '_>) -> Verdict {
    let model = evidence.model;
    let Some(declared) = model.targets.first() else { return Verdict::default() };
    let Ok(target) = target::Target::declared(declared) else { return Verdict::default() };
    let is_limited = |machine: &MachineId| model.family_of(*machine).is_limited();
    let of = |sample: &Sample<'_>| {
        let Some(machine) = sample.machine.filter(is_limited) else { return Vec::new() };
        let found = target.cannot_take(&TargetMachine::new(model, machine, sample.bundle.clone()));
        found.into_iter().map(|problem| diagnostic(model, declared, problem)).collect()
    };
    let machines = evidence.samples.iter().filter_map(|sample| sample.machine).filter(is_limited);
    let (count, statement) = supported(machines.map(|machine| model.family_of(machine)));
    let mut problems = evidence.on_each(of);
    problems.extend(others(evidence, target));
    Verdict::of(problems, Proof { name: "system", statement, count })
}

/// The number of kinds of machine, and which systems support everything on them.
fn supported(families: impl Iterator<Item = &'static Family>) -> (usize, String) {
    let (mut count, mut titles) = (0, Vec::new());
    for family in families {
        count += 1;
        if !titles.contains(&family.title.as_str()) {
            titles.push(&family.title);
        }
    }
    let (kinds, verb) =
        (if count == 1 { "kind" } else { "kinds" }, if titles.len() == 1 { "supports" } else { "support" });
    let statement = format!("{} {verb} everything on {count} {kinds} of machine", List::of(&titles).and());
    (count, if count == 0 { String::new() } else { statement })
}

/// Machines with an operating system of their own where all have that of the target.
fn others(evidence: &Evidence<'_, '_>, target: target::Target) -> Vec<Diagnostic> {
    let model = evidence.model;
    let Some(declared) = model.targets.first().filter(|_| !target.takes_any_system()) else { return Vec::new() };
    let other = |sample: &Sample<'_>| {
        let machine = model.machine(sample.machine?);
        let own = machine.os.filter(|own| *own != declared.family)?;
        let group = &model.groups[machine.group as usize];
        let message = format!(
            "`{}` cannot have {}: all machines of `target {}` have {}",
            machine.name,
            own.title,
            target.name(),
            declared.family.title
        );
        let problem = Diagnostic::new(Code::TargetLacks, group.os_span, message).label(declared.span, "the target");
        Some(problem.help(format!(
            "remove `os` for this target: `set {}.os = \"{}\"` in an overlay",
            group.name, declared.family.name
        )))
    };
    evidence.on_each(|sample| other(sample).into_iter().collect())
}

/// What a field of a target is given, and by whom.
pub(in crate::verify) fn written<'p>(model: &Model<'p>, target: &str, field: &str) -> Option<(Writer, &'p Expr)> {
    let (module, ast) = model.layers.targets.iter().find(|(_, ast)| *ast.name.name == *target)?;
    let written = model.layers.field(&format!("target.{target}"), *module, &ast.body, field)?;
    Some((Writer { module: *module, app: None, of: None }, written.expr))
}

/// The operator's own part of the user-data, by the keys that cloud-init knows and those that are kmodel's.
fn cloud_config(model: &Model<'_>, target: &Target) -> Vec<Diagnostic> {
    let (Some(value), Some(place)) = (target.options.get(own::FIELD), written(model, &target.name, own::FIELD)) else {
        return Vec::new();
    };
    let Value::Record(record) = value else { return Vec::new() };
    let mut list = document::part(model, "user-data", value, place);
    list.extend(owned::keys(record).into_iter().map(|found| document::diagnostic(model, "user-data", found, place)));
    list
}
