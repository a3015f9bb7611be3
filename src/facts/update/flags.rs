//! Flags of a version, from the help of its program.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::{Change, ChangeKind, Draft, is_alive};
use crate::facts::flag;
use crate::facts::help::{Shown, is_unlisted, takes};
use crate::facts::lifespan::Status;

/// What a program makes of a flag that its help does not list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Accepts,
    Refuses,
    /// It was not asked.
    Unknown,
}

/// Compares the embedded table with a help, and writes what is new into the draft. `ask` tells what the program makes of a flag.
pub fn update(
    draft: &mut Draft,
    known: &flag::Table,
    shown: &BTreeMap<String, Shown>,
    mut ask: impl FnMut(&str) -> Answer,
) {
    for (name, shown) in shown.iter().filter(|(name, _)| !is_unlisted(name)) {
        match known.flags.get(name).filter(|flag| is_alive(&flag.life, draft.version)) {
            Some(flag) => compare(draft, name, flag, shown),
            None if known.flags.get(name).is_some_and(|flag| flag.life.removed_in.is_some()) => {
                let message = "in the help, and according to the table it was removed earlier";
                draft.changes.push(Change::new(ChangeKind::Unclear, name, message));
            }
            None => add(draft, name, shown),
        }
    }
    let alive = known.flags.iter().filter(|(_, flag)| is_alive(&flag.life, draft.version) && !flag.hidden);
    let gone: Vec<_> =
        alive.map(|(name, _)| name).filter(|name| !shown.contains_key(*name) && !is_unlisted(name)).collect();
    for name in gone {
        missing(draft, name, ask(name));
    }
}

fn add(draft: &mut Draft, name: &str, shown: &Shown) {
    let (minor, kind) = (draft.minor(), shown.kind());
    let mut row = Table::new();
    row.insert("type".to_owned(), Value::String(kind.to_owned()));
    row.insert("since".to_owned(), Value::String(minor.clone()));
    if shown.deprecated {
        row.insert("deprecated_in".to_owned(), Value::String(minor));
    }
    draft.rows("flag").insert(name.to_owned(), Value::Table(row));
    draft.changes.push(Change::new(ChangeKind::Added, name, format!("new, of type `{kind}`")));
}

fn compare(draft: &mut Draft, name: &str, flag: &flag::Flag, shown: &Shown) {
    if !shown.quoted && !takes(flag, &shown.kind) {
        let own = format!("{:?}", flag.kind).to_lowercase();
        let message = format!("its type is `{}` in the help, and `{own}` in the table", shown.kind());
        draft.changes.push(Change::new(ChangeKind::Unclear, name, message));
    }
    let was = flag.life.status(draft.version) == Status::Deprecated;
    let (key, message) = match (was, shown.deprecated) {
        (false, true) => ("deprecated_in", "deprecated"),
        // The help of etcd names few of them.
        (true, false) if !shown.quoted => ("deprecation_lifted_in", "no longer deprecated"),
        _ => return,
    };
    let minor = draft.minor();
    set(draft, name, key, &minor);
    draft.changes.push(Change::new(ChangeKind::Deprecated, name, message));
}

fn missing(draft: &mut Draft, name: &str, answer: Answer) {
    let (kind, message) = match answer {
        Answer::Refuses => (ChangeKind::Removed, "removed: the program rejects it"),
        Answer::Accepts => (ChangeKind::Unclear, "not in the help, but the program accepts it: it is hidden"),
        Answer::Unknown => (ChangeKind::Unclear, "not in the help: it was removed, or is hidden"),
    };
    if answer == Answer::Refuses {
        let minor = draft.minor();
        set(draft, name, "removed_in", &minor);
    }
    draft.changes.push(Change::new(kind, name, message));
}

fn set(draft: &mut Draft, name: &str, key: &str, value: &str) {
    if let Some(row) = draft.rows("flag").get_mut(name).and_then(Value::as_table_mut) {
        row.insert(key.to_owned(), Value::String(value.to_owned()));
    }
}
