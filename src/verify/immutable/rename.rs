//! What was probably renamed: groups of machines that took the place of others, and applications under another name.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write;

use crate::diag::{Code, Diagnostic, Fix};
use crate::model::immutable::Immutable;
use crate::model::{AppId, MachineId, Model};
use crate::plan::machine_changes::{Ambiguous, Group, ambiguous_renames, likely_renames};
use crate::source::Span;
use crate::text::List;

/// The statement that says that the groups of these machines had other names.
pub(super) fn of_groups(model: &Model<'_>, machines: &[MachineId]) -> Option<Fix> {
    let (departed, new) = left_and_new(model);
    let groups: Vec<_> = machines.iter().map(|machine| model.group_of(*machine)).collect();
    let mut statements = String::new();
    for Group { old, new, .. } in likely_renames(&departed, &new) {
        if groups.iter().any(|group| *group.name == *new) {
            let _ = writeln!(statements, "moved {old} -> {new}");
        }
    }
    let source = groups.first().filter(|_| !statements.is_empty())?.span;
    Some(at_end(model, source, &statements))
}

/// Which groups have several that may be their earlier ones, in words.
pub(super) fn ambiguous(model: &Model<'_>, machines: &[MachineId]) -> String {
    let (departed, new) = left_and_new(model);
    let is_own = |name: &&str| machines.iter().any(|machine| *model.group_of(*machine).name == **name);
    let of_own = |one: &Ambiguous<'_>| one.new.iter().any(is_own);
    let all = ambiguous_renames(&departed, &new);
    all.iter().filter(|one| of_own(one)).map(|one| format!("; {one}")).collect()
}

/// The machines that left and those that are new.
fn left_and_new<'m>(model: &'m Model<'_>) -> (Vec<&'m str>, Vec<&'m str>) {
    let names: HashSet<&str> = model.machines.iter().map(|machine| &*machine.name).collect();
    let departed = model.lock.departed(|name| names.contains(name)).map(|(name, _)| name).collect();
    let new = model.new_machines.iter().map(|machine| &*model.machine(*machine).name).collect();
    (departed, new)
}

/// A statement behind everything else in a file.
fn at_end(model: &Model<'_>, near: Span, statements: &str) -> Fix {
    let text = &*model.program.sources.get(near.source).text;
    let (end, between) = (text.len() as u32, if text.ends_with('\n') { "\n" } else { "\n\n" });
    let title = format!("write `{}`", statements.trim_end().replace('\n', "`, `"));
    Fix::guess(title).edit(Span::new(near.source, end, end), format!("{between}{statements}"))
}

/// Applications of the last render that are not in the model, each with those that may be it under another name: what the lock recorded of them
/// is compared with nothing otherwise.
pub(super) fn of_apps(model: &Model<'_>, all: &[Immutable<'_>]) -> Vec<Diagnostic> {
    let recorded = |app: &str| model.lock.immutable.keys().any(|key| key.split('/').next() == Some(app));
    let mut now: BTreeMap<AppId, BTreeSet<&str>> = BTreeMap::new();
    for one in all.iter().filter(|one| one.key.contains('/') && !recorded(&model.app(one.app).name)) {
        now.entry(one.app).or_default().insert(&one.item.name.name);
    }
    let mut gone: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (app, item) in model.lock.immutable.keys().filter_map(|key| key.split_once('/')) {
        if model.apps().all(|(_, known)| *known.name != *app) {
            gone.entry(app).or_default().insert(item);
        }
    }
    // An application has the name of its component unless it is given another one.
    let is_of = |app: AppId, old: &str| *model.component_of(app).ast.name.name == *old;
    let same = |old: &str| -> Vec<AppId> {
        let of =
            |(app, items): (&AppId, &BTreeSet<&str>)| (is_of(*app, old) && gone[old].is_subset(items)).then_some(*app);
        now.iter().filter_map(of).collect()
    };
    gone.iter().filter_map(|(old, items)| of_app(model, old, items.first()?, &same(old))).collect()
}

fn of_app(model: &Model<'_>, old: &str, item: &str, new: &[AppId]) -> Option<Diagnostic> {
    let first = model.app(*new.first()?);
    let names = || List::ticked(new.iter().map(|app| &*model.app(*app).name));
    let message = format!(
        "{} may be `{old}` of the last render under another name, with which nothing is compared",
        names().or()
    );
    let problem = Diagnostic::new(Code::ImmutableChanged, first.span, message).here("not in the last render");
    let other = format!("if it is another one, pass `--change {old}/{item}` to the next render");
    if new.len() > 1 {
        let help = format!("write `moved {old} -> NEW` with the one that it is: kmodel cannot know which; {other}");
        return Some(problem.help(help));
    }
    let statement = format!("moved {old} -> {}\n", first.name);
    let help = format!("write `{}`, which keeps its addresses and keys; {other}", statement.trim_end());
    Some(problem.help(help).with_fix(at_end(model, first.span, &statement)))
}
