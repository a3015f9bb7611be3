//! Tables of a minor that is new, made of the embedded ones and of what its programs print or its sources say.
//!
//! In: the text of an embedded table, and what was read of one version. Out: the table with that version in it, and what
//! differs. A fact that was not read is never written: what the texts leave open is said, and its row stays as it was.

use serde::Serialize;
use toml::{Table, Value};

use super::lifespan::{Lifespan, Status, minor, parse};
use crate::syntax::ast::Version;

pub mod fields;
pub mod flags;
pub mod gates;
pub mod golang;
pub mod objects;
pub mod replaced;

/// What is new in a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub kind: ChangeKind,
    /// The flag, gate or field.
    pub name: String,
    /// For a person to read.
    pub message: String,
}

/// What kind of news it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    Added,
    Removed,
    Deprecated,
    Changed,
    /// It differs, and what was read does not decide how: the row stays as it was.
    Unclear,
}

impl Change {
    fn new(kind: ChangeKind, name: &str, message: impl Into<String>) -> Self {
        Self { kind, name: name.to_owned(), message: message.into() }
    }
}

/// A table as text, with one version more.
#[derive(Debug)]
pub struct Draft {
    version: Version,
    table: Table,
    pub changes: Vec<Change>,
}

impl Draft {
    /// Takes the text of a table.
    ///
    /// # Errors
    /// When it is not a table, or has this version already.
    pub fn new(text: &str, version: Version) -> Result<Self, String> {
        let table: Table = toml::from_str(text).map_err(|error| error.to_string())?;
        let through = table.get("known_through").and_then(Value::as_str).and_then(parse);
        match through {
            Some(through) if version >= through && minor(version) != minor(through) => {
                Ok(Self { version, table, changes: Vec::new() })
            }
            Some(through) => Err(format!("it covers {} already", minor(through))),
            None => Err("it has no `known_through`".to_owned()),
        }
    }

    /// Takes the text of a table to compare it with a version that it has, too.
    ///
    /// # Errors
    /// When it is not a table, or begins later.
    pub fn compare(text: &str, version: Version) -> Result<Self, String> {
        let table: Table = toml::from_str(text).map_err(|error| error.to_string())?;
        let from = table.get("known_from").and_then(Value::as_str).and_then(parse);
        match from.filter(|from| version < *from) {
            Some(from) => Err(format!("it begins with {}", minor(from))),
            None => Ok(Self { version, table, changes: Vec::new() }),
        }
    }

    /// The rows of one kind: `flag`, `gate`, `field`.
    fn rows(&mut self, kind: &str) -> &mut Table {
        let rows = self.table.entry(kind).or_insert_with(|| Value::Table(Table::new()));
        if !rows.is_table() {
            *rows = Value::Table(Table::new());
        }
        rows.as_table_mut().expect("it was made one")
    }

    fn minor(&self) -> String {
        minor(self.version)
    }

    /// The table as a file. `covered`: the version was read in full, so that the table reaches it.
    ///
    /// # Panics
    /// Never: what was read from TOML can be written as it.
    pub fn text(&mut self, source: &str, covered: bool) -> String {
        let minor = self.minor();
        if covered {
            self.table.insert("known_through".to_owned(), Value::String(minor.clone()));
        }
        let former = self.table.get("source").and_then(Value::as_str).unwrap_or_default();
        let whole = format!("{}; {minor}: {source}", former.trim_end_matches('.'));
        self.table.insert("source".to_owned(), Value::String(whole));
        toml::to_string(&self.table).expect("a table that was read can be written")
    }
}

/// Whether the version has what lives so.
fn is_alive(life: &Lifespan, version: Version) -> bool {
    matches!(life.status(version), Status::Known | Status::Deprecated)
}
