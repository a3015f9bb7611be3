//! The files that a configuration file names and its program reads: `tables/named.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    field: Vec<Field>,
    line: Vec<Line>,
}

/// Fields of a kind of file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    kind: String,
    /// `*` stands for each element of a list.
    pub paths: Vec<String>,
    /// Whether a path without a slash at its start is one below the folder of the file.
    #[serde(default)]
    pub relative: bool,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

/// Words of the files in a folder, each with a file behind it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    folder: String,
    pub words: Vec<String>,
    pub what: String,
    #[serde(rename = "source")]
    _source: Note,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/named.toml"));

/// The fields of a kind of file.
pub fn of_kind(kind: &str) -> Option<&'static Field> {
    TABLE.field.iter().find(|row| row.kind == kind)
}

/// The words of a file by its path.
pub fn of_file(path: &str) -> Option<&'static Line> {
    TABLE.line.iter().find(|row| path.starts_with(&row.folder))
}
