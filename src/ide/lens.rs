//! Lines above statements, to act on: what a machine group carries, and the plan of the cluster.

use super::app;
use super::facts::Facts;
use super::project::File;
use crate::source::Span;
use crate::syntax::ast::StatementKind;
use crate::text::Count;

/// A line above a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lens {
    pub span: Span,
    pub title: String,
    pub action: Action,
}

/// What it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Shows the plan of the model.
    Plan,
    /// Shows what would be written for a target.
    Render,
    /// Shows the units of a machine group.
    Units(String),
}

/// The lenses of a file; those of machine groups only with the facts of the model.
pub fn lenses(file: &File, facts: Option<&Facts>) -> Vec<Lens> {
    let module = file.analysis.resolved.program.module(file.module);
    let mut list = Vec::new();
    for statement in app::parts(module) {
        match &statement.kind {
            StatementKind::Cluster(item) => {
                list.push(Lens { span: item.name.span, title: "plan".to_owned(), action: Action::Plan });
                list.push(Lens { span: item.name.span, title: "render".to_owned(), action: Action::Render });
            }
            StatementKind::Machines(item) => {
                let group = facts
                    .and_then(|facts| facts.groups.get(&*item.name.name))
                    .filter(|group| group.span == item.name.span);
                list.extend(group.map(|group| {
                    let count: usize = group.units.iter().map(|(_, count)| count).sum();
                    let title = format!("{} on {}", Count(count, "unit"), Count(group.machines.len(), "machine"));
                    Lens { span: item.name.span, title, action: Action::Units(item.name.name.to_string()) }
                }));
            }
            _ => {}
        }
    }
    list
}

/// The units of a machine group, a line for each machine.
pub fn units(facts: &Facts, group: &str) -> Option<String> {
    let known = facts.groups.get(group)?;
    let lines = known.machines.iter().map(|(machine, address)| {
        let units =
            facts.apps.iter().flat_map(|app| &app.units).filter(|(_, on)| on == machine).map(|(unit, _)| unit.as_str());
        format!("{machine}  {address}  {}", units.collect::<Vec<_>>().join(" "))
    });
    Some(lines.map(|line| line + "\n").collect())
}
