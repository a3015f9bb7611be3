//! Paths of URLs in rules of roles that no request has.
//!
//! Source: kubernetes/kubernetes pkg/apis/rbac/v1/evaluation_helpers.go (NonResourceURLMatches: the whole path, or what begins as
//! one that ends with `*`).

use serde_json::Value as Json;

use super::{Wrong, texts};

/// What is wrong with those of a rule.
pub(super) fn wrong(rule: &Json) -> Vec<Wrong> {
    let of = |(way, path): (_, &str)| {
        let (what, help) = match path.trim_end_matches('*') {
            rest if rest.contains('*') => {
                (format!("`*` inside of `{path}` stands for itself"), "use `*` at the end only".to_owned())
            }
            rest if !rest.is_empty() && !rest.starts_with('/') => {
                (format!("the path `{path}` does not begin with `/`"), format!("use `/{path}`"))
            }
            _ => return None,
        };
        Some(Wrong { way, what, help })
    };
    texts(rule, "nonResourceURLs").filter_map(of).collect()
}
