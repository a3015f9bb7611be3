//! Whether a table can take the place of the embedded one: what other tables and checks name is still in it.

use toml::{Table, Value};

/// What no version changes of a row: others rely on it.
const KEPT: [&str; 5] = ["type", "format", "values", "repeat", "config_field"];

/// What is said of a whole table.
const HEAD: [&str; 6] = ["program", "kind", "api_version", "versions_of", "given_by", "gates"];

/// Compares a table with the embedded one of the same place.
///
/// # Errors
/// With the first row that is gone or another one.
pub fn fits(embedded: &str, given: &str) -> Result<(), String> {
    let read = |text: &str| toml::from_str::<Table>(text).map_err(|error| error.to_string());
    let (own, given) = (read(embedded)?, read(given)?);
    // Of objects, `kind` is a table of its own.
    let is_head = |key: &&str| !own.get(*key).is_some_and(Value::is_table);
    if let Some(key) = HEAD.into_iter().filter(is_head).find(|key| own.get(*key) != given.get(*key)) {
        return Err(format!("its `{key}` is not that of the built-in table"));
    }
    ["flag", "gate", "field"].into_iter().try_for_each(|kind| rows(kind, of(&own, kind), of(&given, kind)))?;
    ["kind", "type", "values"].into_iter().try_for_each(|kind| names(kind, of(&own, kind), of(&given, kind)))
}

/// That every name of a table of objects is still there.
fn names(kind: &str, own: Option<&Table>, given: Option<&Table>) -> Result<(), String> {
    let missing = own.into_iter().flatten().find(|(name, _)| given.is_none_or(|given| !given.contains_key(*name)));
    missing.map_or(Ok(()), |(name, _)| Err(format!("{kind} `{name}` of the built-in table is missing")))
}

fn of<'a>(table: &'a Table, kind: &str) -> Option<&'a Table> {
    table.get(kind).and_then(Value::as_table)
}

fn rows(kind: &str, own: Option<&Table>, given: Option<&Table>) -> Result<(), String> {
    let (Some(own), given) = (own, given) else { return Ok(()) };
    for (name, row) in own {
        let Some(other) = given.and_then(|given| given.get(name)) else {
            return Err(format!("{kind} `{name}` of the built-in table is missing: set `removed_in` instead"));
        };
        if let Some(key) = KEPT.into_iter().find(|key| row.get(*key) != other.get(*key)) {
            return Err(format!("`{key}` of {kind} `{name}` is not that of the built-in table"));
        }
    }
    let news = given.into_iter().flatten().filter(|(name, _)| !own.contains_key(*name));
    let mut sets = news.filter(|(_, row)| row.get("values").is_some());
    sets.next().map_or(Ok(()), |(name, _)| Err(format!("new {kind} `{name}` has `values`, whose sets are built in")))
}
