//! The order in which things come up.
//!
//! In: the relations of a model. Out: steps, each after all that it needs; applications that may start at once keep the
//! order of the source.

use std::collections::HashSet;

use petgraph::algo::{kosaraju_scc, toposort};
use petgraph::graphmap::DiGraphMap;

use crate::diag::{Code, Diagnostic};
use crate::model::immutable::earlier;
use crate::model::{AppId, Model};
use crate::text::List;

use super::{Step, StepKind};

mod units;

/// The steps of bringing a model up.
pub fn steps(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> Vec<Step> {
    let graph = graph(model);
    let Ok(order) = toposort(&graph, None) else {
        problems.push(cycle(model, &graph));
        return Vec::new();
    };
    let mut levels = vec![0usize; model.apps.len()];
    for app in order {
        let after = graph.neighbors_directed(app, petgraph::Incoming).map(|before| levels[before as usize] + 1);
        levels[app as usize] = after.max().unwrap_or(0);
    }
    if let Some(problem) = units::cycle(model, &graph) {
        problems.push(problem);
        return Vec::new();
    }
    let machines = model.machines.len() as u32;
    let mut steps = vec![
        Step {
            number: 1,
            kind: StepKind::Create,
            applications: vec![],
            count: machines,
            after: vec![],
            note: None,
            apps: vec![],
        },
        Step {
            number: 2,
            kind: StepKind::Boot,
            applications: vec![],
            count: machines,
            after: vec![1],
            note: None,
            apps: vec![],
        },
    ];
    for level in 0..levels.iter().max().map_or(0, |max| max + 1) {
        let apps: Vec<AppId> =
            (0..model.apps.len()).filter(|app| levels[*app] == level).map(|app| AppId(app as u32)).collect();
        steps.push(start(model, level, apps));
    }
    steps
}

fn start(model: &Model<'_>, level: usize, apps: Vec<AppId>) -> Step {
    let number = level as u32 + 3;
    Step {
        number,
        kind: StepKind::Start,
        applications: apps.iter().map(|app| model.app(*app).name.clone()).collect(),
        count: apps.iter().map(|app| model.app(*app).units.len() as u32).sum(),
        after: vec![number - 1],
        note: None,
        apps,
    }
}

/// What is left to do once all is up, so that earlier values go out of use. What cannot be computed is a problem of others.
pub fn migrations(model: &Model<'_>, steps: &mut Vec<Step>) {
    let mut known = HashSet::new();
    for one in model.immutables(&mut Vec::new()).into_iter().filter(|one| one.migrates) {
        if steps.is_empty() || earlier(&model.lock, &one.key, &one.value).is_empty() || !known.insert(one.key.clone()) {
            continue;
        }
        let number = steps.len() as u32 + 1;
        let first = one.help.map_or_else(String::new, |help| format!("{help}; then "));
        steps.push(Step {
            number,
            kind: StepKind::Migrate,
            applications: vec![model.app(one.app).name.clone()],
            count: 1,
            after: vec![number - 1],
            note: Some(format!("`{}`: {first}`kmodel render --forget {}`", one.item.name.name, one.key)),
            apps: vec![],
        });
    }
}

/// An edge from each provider to those that need it up first.
fn graph(model: &Model<'_>) -> DiGraphMap<u32, ()> {
    let mut graph = DiGraphMap::new();
    for app in 0..model.apps.len() as u32 {
        graph.add_node(app);
    }
    for relation in &model.relations {
        let soft = model.endpoint_info(relation.from).soft;
        if !soft && relation.from.app != relation.to.app {
            graph.add_edge(relation.to.app.0, relation.from.app.0, ());
        }
    }
    graph
}

fn cycle(model: &Model<'_>, graph: &DiGraphMap<u32, ()>) -> Diagnostic {
    let component = kosaraju_scc(graph).into_iter().find(|component| component.len() > 1).unwrap_or_default();
    let mut apps: Vec<AppId> = component.into_iter().map(AppId).collect();
    apps.sort();
    let names = List::ticked(apps.iter().map(|app| &*model.app(*app).name));
    let span = apps.first().map_or(Default::default(), |app| model.app(*app).span);
    let mut problem = Diagnostic::new(Code::StartCycle, span, format!("none of {names} can start first"))
        .help("set `soft = true` on the `requires` whose provider need not be up first");
    for relation in &model.relations {
        let inside = apps.contains(&relation.from.app) && apps.contains(&relation.to.app);
        let ast = model.endpoint_info(relation.from).ast;
        if inside && relation.from.app != relation.to.app && !model.endpoint_info(relation.from).soft {
            let (from, to) = (model.endpoint_name(relation.from), model.endpoint_name(relation.to));
            problem = problem.label(ast.name.span, format!("`{from}` waits for `{to}`"));
        }
    }
    problem
}
