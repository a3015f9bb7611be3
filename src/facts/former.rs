//! Names that are no longer used, and what took their place: `tables/former.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    #[serde(rename = "source")]
    _source: Note,
    name: BTreeMap<String, String>,
}

static TABLE: LazyLock<Rows> = LazyLock::new(|| embedded::table("tables/former.toml"));

/// What to use in place of something that had this name.
pub fn successor(name: &str) -> Option<&'static str> {
    TABLE.name.get(name).map(String::as_str)
}
