//! Fields of configuration files of a version, from the Go types of their API.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::golang::Struct;
use super::{Change, ChangeKind, Draft, is_alive};
use crate::facts::field;

/// The types that were read, by name.
pub type Types = BTreeMap<String, Struct>;

/// No type of these files is nested deeper.
const DEPTH: usize = 8;

/// Compares the embedded table with the types, and writes what is new into the draft.
///
/// # Errors
/// When the type of the file is not among them.
pub fn update(draft: &mut Draft, known: &field::Table, types: &Types) -> Result<(), String> {
    let root = types.get(&known.kind).ok_or_else(|| format!("no type `{}` was found", known.kind))?;
    let mut found = Found::default();
    walk(types, root, "", &mut found, 0);
    for (path, kind) in &found.fields {
        let has = known.fields.get(path);
        match kind {
            _ if has.is_some_and(|field| is_alive(&field.life, draft.version)) => {}
            // Its table has only what rules are about.
            _ if known.partial => {}
            Ok(kind) => add(draft, path, kind),
            Err(go) => {
                let message = format!("new, of type `{go}`, which is not among the sources");
                draft.changes.push(Change::new(ChangeKind::Unclear, path, message));
            }
        }
    }
    let is_gone = |path: &str| !found.fields.contains_key(path) && !found.is_below_unread(path);
    let alive = known.fields.iter().filter(|(_, field)| is_alive(&field.life, draft.version));
    let gone: Vec<String> = alive.map(|(path, _)| path.clone()).filter(|path| is_gone(path)).collect();
    for path in gone {
        let minor = draft.minor();
        if let Some(row) = draft.rows("field").get_mut(&path).and_then(Value::as_table_mut) {
            row.insert("removed_in".to_owned(), Value::String(minor));
        }
        draft.changes.push(Change::new(ChangeKind::Removed, &path, "removed"));
    }
    Ok(())
}

#[derive(Default)]
struct Found {
    /// By path, each with its type as tables write it, or as Go does if that is not known.
    fields: BTreeMap<String, Result<String, String>>,
    /// Fields whose type was not among the sources.
    unread: BTreeSet<String>,
}

impl Found {
    fn is_below_unread(&self, path: &str) -> bool {
        let below =
            |at: &String| at.is_empty() || path.strip_prefix(&**at).is_some_and(|rest| rest.starts_with(['.', '[']));
        self.unread.iter().any(below)
    }
}

fn walk(types: &Types, of: &Struct, at: &str, found: &mut Found, depth: usize) {
    for field in of {
        let bare = bare(&field.kind);
        // What every object has, and no table lists.
        if field.name.is_empty() && ["TypeMeta", "ObjectMeta", "ListMeta"].contains(&bare) {
            continue;
        }
        if field.name.is_empty() {
            match types.get(bare) {
                Some(inner) if depth < DEPTH => walk(types, inner, at, found, depth + 1),
                _ => {
                    found.unread.insert(at.to_owned());
                }
            }
            continue;
        }
        let path = if at.is_empty() { field.name.clone() } else { format!("{at}.{}", field.name) };
        found.fields.insert(path.clone(), kind(types, &field.kind));
        if bare == "ObjectMeta" {
            continue;
        }
        let below = if field.kind.starts_with("[]") { format!("{path}[]") } else { path };
        match types.get(bare) {
            Some(inner) if !field.kind.starts_with("map[") && depth < DEPTH => {
                walk(types, inner, &below, found, depth + 1)
            }
            Some(_) => {}
            None => {
                found.unread.insert(below);
            }
        }
    }
}

/// `[]*api.Type` is `Type`.
fn bare(kind: &str) -> &str {
    kind.trim_start_matches("[]").trim_start_matches('*').rsplit('.').next().unwrap_or(kind)
}

/// The type as a table writes it, or that of another package as it is.
fn kind(types: &Types, go: &str) -> Result<String, String> {
    let go = go.trim_start_matches('*');
    // As base64.
    if go == "[]byte" {
        return Ok("string".to_owned());
    }
    if let Some(element) = go.strip_prefix("[]") {
        return Ok(format!("list<{}>", kind(types, element)?));
    }
    if let Some((_, element)) = go.strip_prefix("map[").and_then(|rest| rest.split_once(']')) {
        return Ok(format!("map<{}>", kind(types, element)?));
    }
    let name = bare(go);
    Ok(match name {
        "bool" | "int32" | "int64" | "string" => name.to_owned(),
        "int" | "uint32" | "uint" => "int64".to_owned(),
        "float32" | "float64" => "float".to_owned(),
        "Duration" => "duration".to_owned(),
        "Quantity" => "quantity".to_owned(),
        _ if types.contains_key(name) => format!("object:{name}"),
        _ if go.contains('.') => return Err(go.to_owned()),
        // Texts with a name of their own.
        _ => "string".to_owned(),
    })
}

fn add(draft: &mut Draft, path: &str, kind: &str) {
    let minor = draft.minor();
    let mut row = Table::new();
    row.insert("type".to_owned(), Value::String(kind.to_owned()));
    row.insert("since".to_owned(), Value::String(minor));
    draft.rows("field").insert(path.to_owned(), Value::Table(row));
    draft.changes.push(Change::new(ChangeKind::Added, path, format!("new, of type `{kind}`")));
}
