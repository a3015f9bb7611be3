//! API versions that objects are written in, and when they end: `tables/apis.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::lifespan::short;
use super::lifespan::version;
use super::{Range, embedded};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::Version;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(flatten)]
    range: Range,
    #[serde(rename = "api")]
    apis: Vec<Api>,
}

/// A kind of object in an API version that has an end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Api {
    /// `batch/v1beta1`.
    version: String,
    kind: String,
    #[serde(deserialize_with = "version")]
    removed_in: Version,
    replacement: Option<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| embedded::table("tables/apis.toml"));

/// What is wrong with an object of a kind in an API version, for a cluster of a version.
pub fn examine(api: &str, kind: &str, version: Version, span: impl FnOnce() -> Span) -> Option<Diagnostic> {
    let known = TABLE.apis.iter().find(|known| known.version == api && known.kind == kind)?;
    if version < known.removed_in || version < TABLE.range.known_from {
        return None;
    }
    let removed = short(known.removed_in);
    let message = format!("Kubernetes {version} does not serve `{kind}` of `{api}`: it was removed in {removed}");
    let help = match &known.replacement {
        Some(replacement) => format!("use `{replacement}`, and check its fields: some may have changed"),
        None => "see the API deprecation guide of Kubernetes for its replacement".to_owned(),
    };
    Some(Diagnostic::new(Code::ApiRemoved, span(), message).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_ends_with_its_minor() {
        let examine = |minor| examine("batch/v1beta1", "CronJob", Version { major: 1, minor, patch: 0 }, Span::default);
        assert_eq!(examine(24), None);
        assert!(examine(25).is_some_and(|problem| problem.help.is_some_and(|help| help.text().contains("`batch/v1`"))));
    }
}
