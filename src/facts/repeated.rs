//! Programs that refuse a file with a key twice in one map: `tables/repeated.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded::{self, Note};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    strict: Vec<Strict>,
}

/// Files whose program is strict.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    /// By their kind.
    #[serde(default)]
    kinds: Vec<String>,
    /// By their names.
    #[serde(default)]
    names: Vec<String>,
    /// What comes of it.
    what: String,
    #[serde(rename = "source")]
    _source: Note,
}

static TABLE: LazyLock<Rows> = LazyLock::new(|| embedded::table("tables/repeated.toml"));

/// What comes of a key that is there twice in a file, if its program refuses that.
pub fn refused_by(path: &str, kind: Option<&str>) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_of = |row: &&Strict| {
        row.names.iter().any(|own| own == name) || kind.is_some_and(|kind| row.kinds.iter().any(|own| own == kind))
    };
    TABLE.strict.iter().find(is_of).map(|row| row.what.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_kind_or_their_name() {
        assert!(refused_by("/etc/kubernetes/s.yaml", Some("KubeSchedulerConfiguration")).is_some());
        assert!(refused_by("/etc/prometheus/prometheus.yml", None).is_some());
        assert_eq!(refused_by("/etc/kubernetes/k.yaml", Some("KubeletConfiguration")), None);
    }
}
