//! What the model adds to the text, shown in its place: types, counts, addresses, defaults, relations.

use super::app;
use super::facts::{AppFact, Facts, GroupFact};
use super::hover::short;
use super::project::File;
use crate::check::ty::Ty;
use crate::source::Span;
use crate::syntax::ast::{self, StatementKind};

/// A text beside a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The byte before which it stands.
    pub offset: u32,
    pub label: String,
    pub docs: String,
    pub is_type: bool,
}

/// The hints in a part of a file; those that take a model only with its facts.
pub fn hints(file: &File, part: Span, facts: Option<&Facts>) -> Vec<Hint> {
    let module = file.analysis.resolved.program.module(file.module);
    let mut list = Vec::new();
    for statement in app::statements(module, part) {
        types(file, statement, &mut list);
        if let Some(facts) = facts.filter(|facts| facts.is_model) {
            of_model(statement, facts, &mut list);
        }
    }
    list.retain(|hint| part.start <= hint.offset && hint.offset <= part.end);
    list.sort_by_key(|hint| hint.offset);
    list
}

fn types(file: &File, statement: &ast::Statement, list: &mut Vec<Hint>) {
    let mut of_let = |item: &ast::Let| {
        let known = file
            .analysis
            .index
            .type_at(item.name.span)
            .filter(|ty| item.ty.is_none() && !matches!(ty, Ty::Error | Ty::Text(_)));
        list.extend(known.map(|ty| Hint {
            offset: item.name.span.end,
            label: format!(": {}", cut(&short(ty))),
            docs: short(ty),
            is_type: true,
        }));
    };
    match &statement.kind {
        StatementKind::Let(item) => of_let(item),
        StatementKind::Component(component) => component.items.iter().for_each(|item| {
            if let ast::ItemKind::Let(item) = &item.kind {
                of_let(item);
            }
        }),
        _ => {}
    }
}

fn cut(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn of_model(statement: &ast::Statement, facts: &Facts, list: &mut Vec<Hint>) {
    match &statement.kind {
        StatementKind::Machines(item) => {
            if let Some(group) = facts.groups.get(&*item.name.name).filter(|group| group.span == item.name.span) {
                list.push(Hint { docs: machines(group), ..hint(head_end(item), format!(" {}", group.range())) });
                list.extend(defaults(statement, &item.body, &group_defaults(group)));
            }
        }
        StatementKind::Deploy(item) => deploy(statement, item, facts, list),
        StatementKind::Cluster(item) => {
            // Each of several ranges has a gateway, and resolvers by default.
            let known =
                ["domain", "gateway", "dns"].into_iter().filter(|name| *name == "domain" || !facts.several_ranges);
            let known: Vec<_> =
                known.map(|name| (name, facts.cluster_field(name).unwrap_or_default().to_owned())).collect();
            list.extend(defaults(statement, &item.body, &known));
        }
        StatementKind::Param(item) => {
            let value = facts.value_at(item.name.span).filter(|_| item.default.is_none());
            list.extend(value.map(|value| hint(statement.span.end, format!(" = {}", cut(value)))));
        }
        _ => {}
    }
}

fn hint(offset: u32, label: String) -> Hint {
    Hint { offset, label, docs: String::new(), is_type: false }
}

fn head_end(item: &ast::Machines) -> u32 {
    // The bracket behind the count.
    item.count.as_ref().map_or(item.name.span.end, |count| count.span.end + 1)
}

fn machines(group: &GroupFact) -> String {
    const SHOWN: usize = 20;
    let mut lines: Vec<_> =
        group.machines.iter().take(SHOWN).map(|(name, address)| format!("{name} {address}")).collect();
    if group.machines.len() > SHOWN {
        lines.push(format!("and {} more", group.machines.len() - SHOWN));
    }
    lines.join("\n\n")
}

fn group_defaults(group: &GroupFact) -> [(&'static str, String); 4] {
    [
        ("cores", group.cores.clone()),
        ("memory", group.memory.clone()),
        ("disk", group.disk.clone()),
        ("arch", format!("\"{}\"", group.arch)),
    ]
}

/// The values of fields that are not written.
fn defaults(statement: &ast::Statement, body: &ast::Body, values: &[(&str, String)]) -> Option<Hint> {
    let absent = values.iter().filter(|(name, value)| body.field(name).is_none() && !value.is_empty());
    let parts: Vec<_> = absent.map(|(name, value)| format!("{name} = {value}")).collect();
    let docs = "The default value, since none is set.".to_owned();
    (!parts.is_empty()).then(|| Hint { docs, ..hint(statement.span.end, format!("  {}", parts.join(", "))) })
}

/// Of a `deploy`: how many units, addresses that were allocated, and the relations that were inferred.
fn deploy(statement: &ast::Statement, item: &ast::Deploy, facts: &Facts, list: &mut Vec<Hint>) {
    let mut inferred = Vec::new();
    for one in &item.components {
        let name = item.alias.as_ref().unwrap_or(&one.name);
        let Some(app) = facts.app(&name.name).filter(|app| app.span == name.span) else { continue };
        list.push(Hint { docs: units(app), ..hint(name.span.end, format!(" ×{}", app.units.len())) });
        list.extend(app.addresses.iter().map(|(label, address)| hint(name.span.end, format!(" {label} {address}"))));
        inferred.extend(facts.relations.iter().filter(|one| one.inferred && one.from.0 == app.name));
    }
    if inferred.is_empty() {
        return;
    }
    const SHOWN: usize = 2;
    let short: Vec<_> =
        inferred.iter().take(SHOWN).map(|one| format!("{} → {}.{}", one.from.1, one.to.0, one.to.1)).collect();
    let more = inferred.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(", {more} more") } else { String::new() };
    let docs: Vec<_> =
        inferred.iter().map(|one| format!("`{}` of interface `{}`", one.written(), one.interface)).collect();
    let docs = format!("Related automatically, since only one provider fits:\n\n{}", docs.join("\n\n"));
    list.push(Hint { docs, ..hint(statement.span.end, format!("  {}{more}", short.join(", "))) });
}

fn units(app: &AppFact) -> String {
    const SHOWN: usize = 20;
    let mut lines: Vec<_> =
        app.units.iter().take(SHOWN).map(|(unit, machine)| format!("{unit} {machine}").trim().to_owned()).collect();
    if app.units.len() > SHOWN {
        lines.push(format!("and {} more", app.units.len() - SHOWN));
    }
    lines.join("\n\n")
}
