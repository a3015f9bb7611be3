//! What a running cluster cannot change is as it was rendered last, or is migrated.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic};
use crate::model::component::Local;
use crate::model::immutable::{CLUSTER, Immutable, earlier};
use crate::model::mention::in_expr;
use crate::model::{AppId, EndpointId, Model};
use crate::plan::Proof;
use crate::plan::majority::needs_majority;
use crate::source::{SourceKind, Span};
use crate::syntax::ast::Expr;
use crate::text::{Count, List};

use super::{Evidence, Verdict};

mod rename;

/// Compares every `immutable` item with the lock.
pub(super) fn immutables(evidence: &Evidence<'_, '_>) -> Verdict {
    let (model, mut unknown) = (evidence.model, Vec::new());
    let all = model.immutables(&mut unknown);
    let mut problems: Vec<Diagnostic> = unknown.into_iter().map(|problem| *problem).collect();
    problems.extend(renamed(model));
    problems.extend(rename::of_apps(model, &all));
    for (app, _) in model.apps().filter(|(app, _)| has_quorum(model, *app)) {
        problems.extend(readdressed(model, app).or_else(|| replaced(model, app)));
    }
    let (mut known, mut told) = (HashSet::new(), HashSet::new());
    for one in &all {
        let recorded = model.lock.immutable.get(&one.key);
        known.extend(recorded.map(|_| &one.key));
        let problem = match one.migrates {
            true => pending(model, one),
            false => recorded.into_iter().flatten().find_map(|old| changed(model, &all, one, old)),
        };
        problems.extend(problem.filter(|_| told.insert(&one.key)));
    }
    let statement = match known.len() {
        0 => String::new(),
        count => format!("{} as in the last render", Count(count, "immutable value")),
    };
    Verdict::of(problems, Proof { name: "immutable", statement, count: known.len() })
}

/// The cluster had another name.
fn renamed(model: &Model<'_>) -> Option<Diagnostic> {
    let old = model.lock.renamed.as_ref()?;
    let new = &model.cluster.name;
    let message = format!(
        "the cluster cannot be renamed from `{old}` to `{new}`: its keys and addresses, and what runs, belong to `{old}`"
    );
    let help = format!(
        "set the name back; if this is another cluster, pass `--change {CLUSTER}` to the next render, and it gets keys and \
         addresses of its own"
    );
    Some(
        Diagnostic::new(Code::ImmutableChanged, model.cluster.span, message)
            .here(format!("`{old}` in the last render"))
            .help(help),
    )
}

/// Whether its members keep data together.
fn has_quorum(model: &Model<'_>, app: AppId) -> bool {
    let mut endpoints =
        (0..model.component_of(app).endpoints.len() as u32).map(|endpoint| EndpointId { app, endpoint });
    endpoints.any(|endpoint| needs_majority(model, endpoint))
}

/// Members that have never seen the others begin with nothing.
fn replaced(model: &Model<'_>, id: AppId) -> Option<Diagnostic> {
    let app = model.app(id);
    let own = format!("{}/", app.name);
    let key = model.lock.immutable.keys().find(|key| key.starts_with(&own))?;
    let machines: Vec<_> = model.units_of(id).filter_map(|unit| model.unit(unit).machine).collect();
    if machines.is_empty() || !machines.iter().all(|machine| model.new_machines.binary_search(machine).is_ok()) {
        return None;
    }
    let names = List::ticked(machines.iter().map(|machine| &model.machine(*machine).name)).most(5);
    let message = format!(
        "all members of `{}` are on new machines in a running cluster, so they begin without its data: {names}",
        app.name
    );
    let help = format!(
        "if the machines were renamed, write `moved OLD -> NEW`{}; to replace them, add the new ones first and apply, then \
         remove the old ones; if nothing runs yet, pass `--change {key}` to the next render",
        rename::ambiguous(model, &machines)
    );
    let problem = Diagnostic::new(Code::ImmutableChanged, app.span, message)
        .here("none of its machines was in the last render")
        .help(help);
    Some(rename::of_groups(model, &machines).into_iter().fold(problem, Diagnostic::with_fix))
}

/// Members of a quorum know each other by the addresses that they had.
fn readdressed(model: &Model<'_>, id: AppId) -> Option<Diagnostic> {
    let app = model.app(id);
    if app.units.len() < 2 {
        return None;
    }
    // Without any of these nothing has been rendered since the cluster was destroyed.
    if model.lock.immutable.is_empty() {
        return None;
    }
    let (machine, had) = model.readdressed.iter().find(|(machine, _)| model.unit_on(id, *machine).is_some())?;
    let (name, address) = (&model.machine(*machine).name, model.machine(*machine).address);
    let message = format!(
        "`{name}` cannot change its address from {had} to {address} in a running cluster: the other members of `{}` dial \
         the old one",
        app.name
    );
    let help = format!(
        "pin {had} again; or replace the member: remove the machine, apply, and add it again; if nothing runs yet, pass \
         `--change {name}` to the next render"
    );
    let group = model.group_of(*machine).span;
    let problem =
        Diagnostic::new(Code::ImmutableChanged, group, message).here(format!("`{name}` had {had} in the last render"));
    Some(problem.label(app.span, format!("a member of `{}`", app.name)).help(help))
}

/// A value of the last render that this item, and no other of the same name, keeps.
fn changed(model: &Model<'_>, all: &[Immutable<'_>], one: &Immutable<'_>, old: &str) -> Option<Diagnostic> {
    let same = all.iter().any(|other| other.key == one.key && other.value == old);
    if same || one.keeps(old) {
        return None;
    }
    let Immutable { value, because, .. } = one;
    let name = shown(model, one);
    let message = format!("{name} cannot change from {old} to {value} in a running cluster: {because}");
    let help = one.help.as_ref().map_or_else(|| format!("set it back to {old}"), ToString::to_string);
    let help = format!("{help}; if nothing runs yet, pass `--change {}` to the next render", one.key);
    let declared = format!("`{}` cannot change it", model.app(one.app).name);
    let here = format!("{old} in the last render");
    Some(labelled(model, one, (Code::ImmutableChanged, message), (&here, declared)).help(help))
}

/// Earlier values that may still be in use.
fn pending(model: &Model<'_>, one: &Immutable<'_>) -> Option<Diagnostic> {
    let earlier = earlier(&model.lock, &one.key, &one.value);
    if earlier.is_empty() {
        return None;
    }
    let (name, because) = (shown(model, one), &one.because);
    let earlier = List::ticked(earlier.iter());
    let message = format!("{name} is now `{}`, and the earlier {earlier} stays in use: {because}", one.value);
    let help = one.help.as_ref().map_or_else(|| "apply it".to_owned(), ToString::to_string);
    let help =
        format!("{help}; then say that the earlier value is not in use any more: `kmodel render --forget {}`", one.key);
    let declared = format!("`{}` keeps earlier values", model.app(one.app).name);
    Some(labelled(model, one, (Code::MigrationPending, message), ("the value now", declared)).help(help))
}

fn shown(model: &Model<'_>, one: &Immutable<'_>) -> String {
    match one.key.contains('/') {
        true => format!("`{}` of `{}`", one.item.name.name, model.app(one.app).name),
        false => format!("`{}`", one.item.name.name),
    }
}

fn labelled(
    model: &Model<'_>,
    one: &Immutable<'_>,
    (code, message): (Code, String),
    (here, declared): (&str, String),
) -> Diagnostic {
    let mut places = Vec::new();
    if let Some(field) = one.item.body.field("value") {
        written(model, one.app, &field.value, 0, &mut places);
    }
    // What the library sets is not what the user changed.
    let place = places.into_iter().find(|span| model.program.sources.get(span.source).kind != SourceKind::Library);
    Diagnostic::new(code, place.unwrap_or(model.app(one.app).span), message)
        .here(here)
        .label(one.item.name.span, declared)
}

/// Lets are followed so many times at most: evaluation has ended, so this is for the shape of the text only.
const DEPTH: u32 = 16;

/// Where that is written which a value is made of: fields of the cluster, and options.
fn written(model: &Model<'_>, app: AppId, expr: &Expr, depth: u32, places: &mut Vec<Span>) {
    let component = model.component_of(app);
    let mut names = Vec::new();
    in_expr(expr, &mut |name, field, _| names.push((name.to_owned(), field.map(str::to_owned))));
    for (name, field) in names {
        match (&*name, field) {
            ("cluster", Some(field)) => places.extend(model.cluster.spans.get(match &*field {
                "pod-ranges" => "pods",
                "service-ranges" => "services",
                other => other,
            })),
            ("option", Some(field)) => {
                let place = component.options.iter().position(|option| *option.name.name == *field);
                places.extend(place.and_then(|place| model.app(app).option_spans.get(place)));
            }
            _ => {
                if let Some(Local::Let(place)) = component.local(&name).filter(|_| depth < DEPTH) {
                    written(model, app, &component.lets[place as usize].value, depth + 1, places);
                }
            }
        }
    }
}
