//! Feature gates of a version: from the help of a program, which lists those that can be set, or from all of its sources.

use std::collections::BTreeMap;

use toml::Value;

use super::{Change, ChangeKind, Draft, parse};

/// What a gate is from a version on, as the tables have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Era {
    /// `1.37`.
    pub from: String,
    /// `alpha`, `beta`, `ga`, `deprecated`.
    pub stage: String,
    pub on: bool,
    pub locked: bool,
}

impl Era {
    fn value(&self) -> Value {
        let text = |text: &str| Value::String(text.to_owned());
        let mut list = vec![text(&self.from), text(&self.stage), Value::Boolean(self.on)];
        if self.locked {
            list.push(text("locked"));
        }
        Value::Array(list)
    }

    /// Whether it is the same gate to a user, whenever it came.
    fn is_like(&self, other: &Self) -> bool {
        (&self.stage, self.on, self.locked) == (&other.stage, other.on, other.locked)
    }

    fn words(&self) -> String {
        let on = if self.on { "on" } else { "off" };
        format!("{}, {on} by default{}", self.stage, if self.locked { ", locked" } else { "" })
    }
}

/// `kube:Name=true|false (BETA - default=true)`, as often as the text of `--feature-gates` has it.
pub fn of_help(text: &str, minor: &str) -> BTreeMap<String, Era> {
    let mut gates = BTreeMap::new();
    let parts: Vec<&str> = text.split("=true|false (").collect();
    for pair in parts.windows(2) {
        let (Some(name), Some((inside, _))) = (pair[0].split_whitespace().next_back(), pair[1].split_once(')')) else {
            continue;
        };
        let Some((stage, default)) = inside.split_once(" - default=") else { continue };
        let name = name.rsplit(':').next().unwrap_or(name);
        let era = Era {
            from: minor.to_owned(),
            stage: stage.trim().to_lowercase(),
            on: default.trim() == "true",
            locked: false,
        };
        let is_stage = ["alpha", "beta", "ga", "deprecated"].contains(&&*era.stage);
        if is_stage && !["AllAlpha", "AllBeta"].contains(&name) {
            gates.insert(name.to_owned(), era);
        }
    }
    gates
}

/// Writes the gates of a help into the draft. A gate that the help does not list is stable, deprecated or gone.
pub fn update_by_help(draft: &mut Draft, shown: &BTreeMap<String, Era>) {
    for (name, era) in shown {
        update(draft, name, std::slice::from_ref(era));
    }
    let open = |eras: &[Era]| eras.last().is_some_and(|era| !era.locked && ["alpha", "beta"].contains(&&*era.stage));
    for name in standing(draft) {
        if !shown.contains_key(&name) && open(&written(draft, &name)) {
            let message = "not in the help: it is stable, deprecated or removed";
            draft.changes.push(Change::new(ChangeKind::Unclear, &name, message));
        }
    }
}

/// Writes the gates of sources into the draft; `whole`: all gates are there, so that others are gone.
pub fn update_by_sources(draft: &mut Draft, found: &BTreeMap<String, Vec<Era>>, whole: bool) {
    // All of a stage, which every program has.
    for (name, eras) in found.iter().filter(|(name, _)| !["AllAlpha", "AllBeta"].contains(&&***name)) {
        update(draft, name, eras);
    }
    let gone = standing(draft).into_iter().filter(|name| whole && !found.contains_key(name));
    for name in gone.collect::<Vec<_>>() {
        let minor = draft.minor();
        if let Some(row) = draft.rows("gate").get_mut(&name).and_then(Value::as_table_mut) {
            row.insert("removed_in".to_owned(), Value::String(minor));
        }
        draft.changes.push(Change::new(ChangeKind::Removed, &name, "removed"));
    }
}

/// The gates that the version has, as far as the table goes.
fn standing(draft: &mut Draft) -> Vec<String> {
    let version = draft.version;
    let at = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).and_then(parse);
    let is_there = |row: &Value| {
        at(row, "removed_in").is_none_or(|removed| version < removed)
            && at(row, "since").is_none_or(|since| version >= since)
    };
    let names = draft.rows("gate").iter().filter(|(_, row)| is_there(row)).map(|(name, _)| name.clone());
    let names: Vec<String> = names.collect();
    names.into_iter().filter(|name| !written(draft, name).is_empty()).collect()
}

/// The eras that a row has, up to the version.
fn written(draft: &mut Draft, name: &str) -> Vec<Era> {
    let version = draft.version;
    let history = draft.rows("gate").get(name).and_then(|row| row.get("history")).and_then(Value::as_array);
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let era = |row: &Value| {
        let row = row.as_array()?;
        let on = row.get(2).and_then(Value::as_bool)?;
        Some(Era { from: text(row.first()), stage: text(row.get(1)), on, locked: row.len() > 3 })
    };
    let is_reached = |era: &Era| parse(&era.from).is_none_or(|from| version >= from);
    history.map(|rows| rows.iter().filter_map(era).filter(is_reached).collect()).unwrap_or_default()
}

/// Writes the last era of a gate, if the row does not have it.
fn update(draft: &mut Draft, name: &str, eras: &[Era]) {
    let minor = draft.minor();
    let Some(last) = eras.last() else { return };
    let own = written(draft, name);
    if own.last().is_some_and(|own| own.is_like(last)) {
        return;
    }
    let row = draft.rows("gate").entry(name.to_owned()).or_insert_with(|| Value::Table(toml::Table::new()));
    if let Some(row) = row.as_table_mut() {
        let mut history: Vec<Value> = own.iter().map(Era::value).collect();
        history.push(last.value());
        row.insert("history".to_owned(), Value::Array(history));
        if own.is_empty() {
            row.insert("since".to_owned(), Value::String(minor));
        }
        row.remove("removed_in");
    }
    let (kind, was) = match own.last() {
        Some(own) => (ChangeKind::Changed, format!("; it was {}", own.words())),
        None => (ChangeKind::Added, String::new()),
    };
    draft.changes.push(Change::new(kind, name, format!("{}{was}", last.words())));
}
