//! The lists of Kubernetes' objects whose items have a name: `tables/merge.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    #[serde(rename = "source")]
    _source: Note,
    list: BTreeMap<String, String>,
}

static TABLE: LazyLock<Rows> = LazyLock::new(|| embedded::table("tables/merge.toml"));

/// What names the items of the list in a field: `name` for `containers`.
pub fn key(field: &str) -> Option<&'static str> {
    TABLE.list.get(field).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_some_lists_have_names() {
        assert_eq!(key("containers"), Some("name"));
        assert_eq!(key("volumeMounts"), Some("mountPath"));
        assert_eq!(key("args"), None);
    }
}
