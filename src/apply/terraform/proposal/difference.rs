//! What differs of a resource that is changed in place.

use serde_json::Value as Json;

use super::Values;

/// The most fields that are listed.
const SHOWN: usize = 4;

/// A value that is longer is not shown.
const LONGEST: usize = 60;

/// `instance_type t3.medium -> t3.large, tags.team a -> b`. Values that Terraform calls sensitive are not shown.
pub(super) fn shown(values: &Values) -> String {
    let mut found = Vec::new();
    let sensitive = [&values.before_sensitive, &values.after_sensitive];
    differ(&mut found, "", (&values.before, &values.after), &values.after_unknown, sensitive);
    let more = match found.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    found.truncate(SHOWN);
    format!("{}{more}", found.join(", "))
}

fn differ(found: &mut Vec<String>, path: &str, (before, after): (&Json, &Json), unknown: &Json, sensitive: [&Json; 2]) {
    if let (Json::Object(old), Json::Object(new)) = (before, after) {
        let unknown_keys = unknown.as_object().into_iter().flat_map(|fields| fields.keys());
        let mut keys: Vec<&String> = old.keys().chain(new.keys()).chain(unknown_keys).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            differ(found, &path, (&before[key], &after[key]), &unknown[key], sensitive.map(|mask| &mask[key]));
        }
        return;
    }
    let is_unknown = *unknown == Json::Bool(true);
    if before == after && !is_unknown {
        return;
    }
    let is_secret = sensitive.iter().any(|mask| is_masked(mask));
    match (is_secret, is_unknown, text(before), text(after)) {
        (false, false, Some(before), Some(after)) => found.push(format!("{path} {before} -> {after}")),
        _ => found.push(path.to_owned()),
    }
}

/// Whether a mask has anything in it.
fn is_masked(mask: &Json) -> bool {
    match mask {
        Json::Bool(masked) => *masked,
        Json::Object(fields) => fields.values().any(is_masked),
        Json::Array(items) => items.iter().any(is_masked),
        _ => false,
    }
}

fn text(value: &Json) -> Option<String> {
    let text = match value {
        Json::Null => "none".to_owned(),
        Json::String(text) => text.clone(),
        Json::Bool(_) | Json::Number(_) => value.to_string(),
        Json::Array(_) | Json::Object(_) => return None,
    };
    (text.len() <= LONGEST && !text.contains('\n')).then_some(text)
}

/// `root_block_device.0.encrypted`.
pub(super) fn path(steps: &[Json]) -> String {
    let step = |step: &Json| step.as_str().map_or_else(|| step.to_string(), str::to_owned);
    steps.iter().map(step).collect::<Vec<_>>().join(".")
}
