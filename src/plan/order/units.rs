//! The order that units ask for themselves (`after`, `before`), together with that of the relations.
//!
//! systemd breaks a cycle by leaving a unit out, so a machine would come up without it. One may go over several machines: a unit
//! waits for another on its machine, which waits by a relation for a third on another machine.

use std::collections::HashMap;

use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::DiGraphMap;

use crate::diag::{Code, Diagnostic};
use crate::model::scope::Scope;
use crate::model::{AppId, Model, UnitId};
use crate::source::Span;
use crate::syntax::ast::{ItemKind, Name, PathItem};
use crate::text::List;

/// One unit asks to start after another.
struct Wait {
    /// The application that waits, and the one that it waits for.
    from: AppId,
    to: AppId,
    span: Span,
    text: String,
}

/// A cycle that the relations alone do not have.
pub(super) fn cycle(model: &Model<'_>, relations: &DiGraphMap<u32, ()>) -> Option<Diagnostic> {
    let waits = waits(model);
    let mut graph = relations.clone();
    for wait in &waits {
        graph.add_edge(wait.to.0, wait.from.0, ());
    }
    let component = kosaraju_scc(&graph).into_iter().find(|component| component.len() > 1)?;
    let mut apps: Vec<AppId> = component.into_iter().map(AppId).collect();
    apps.sort();
    let names = List::ticked(apps.iter().map(|app| &*model.app(*app).name));
    let inside = |from: AppId, to: AppId| apps.contains(&from) && apps.contains(&to);
    let mut own = waits.iter().filter(|wait| inside(wait.from, wait.to));
    let first = own.next()?;
    let mut problem = Diagnostic::new(Code::StartCycle, first.span, format!("none of {names} can start first"));
    problem = problem.here(first.text.clone());
    for wait in own {
        problem = problem.label(wait.span, wait.text.clone());
    }
    for relation in &model.relations {
        let info = model.endpoint_info(relation.from);
        if inside(relation.from.app, relation.to.app) && relation.from.app != relation.to.app && !info.soft {
            let (from, to) = (model.endpoint_name(relation.from), model.endpoint_name(relation.to));
            problem = problem.label(info.ast.name.span, format!("`{from}` waits for `{to}`"));
        }
    }
    Some(problem.help(
        "remove one `after` or `before`, or set `soft = true` on the `requires` whose provider need not be up first",
    ))
}

/// What the units of all applications wait for, by the names of services of other applications on the same machine.
fn waits(model: &Model<'_>) -> Vec<Wait> {
    let mut services: HashMap<Name, Vec<AppId>> = HashMap::new();
    for (app, _) in model.apps().filter(|(_, app)| app.placed && !app.units.is_empty()) {
        for unit in units(model, app) {
            if let Some(name) = name(model, app, unit) {
                services.entry(name).or_default().push(app);
            }
        }
    }
    let mut list = Vec::new();
    for (app, _) in model.apps().filter(|(_, app)| app.placed && !app.units.is_empty()) {
        for unit in units(model, app) {
            for (field, after) in [("after", true), ("before", false)] {
                let Some(written) = unit.body.field(field) else { continue };
                let scope = &mut Scope::unit(model, UnitId(model.app(app).units.start));
                let names = model.eval(scope, &written.value).map(|value| crate::model::endpoint::texts(&value));
                for name in names.unwrap_or_default() {
                    let others = services.get(&name).into_iter().flatten().filter(|other| **other != app);
                    let near = others.filter(|other| together(model, app, **other));
                    list.extend(near.map(|other| {
                        let (from, to) = if after { (app, *other) } else { (*other, app) };
                        let text = format!("`{}` is ordered {field} `{name}`", model.app(app).name);
                        Wait { from, to, span: written.value.span, text }
                    }));
                }
            }
        }
    }
    list
}

fn units<'a>(model: &'a Model<'_>, app: AppId) -> impl Iterator<Item = &'a PathItem> {
    model.component_of(app).ast.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Unit(unit) => Some(unit),
        _ => None,
    })
}

fn name(model: &Model<'_>, app: AppId, unit: &PathItem) -> Option<Name> {
    let scope = &mut Scope::unit(model, UnitId(model.app(app).units.start));
    model.eval(scope, &unit.path).ok()?.scalar_text().map(Name::from)
}

fn together(model: &Model<'_>, a: AppId, b: AppId) -> bool {
    model.units_of(a).filter_map(|unit| model.unit(unit).machine).any(|machine| model.unit_on(b, machine).is_some())
}
