//! A strategic merge patch, applied: as `kubectl` and kustomize do it.

use serde_json::{Map, Value as Json};

use crate::facts::merge;

/// Changes an object: maps are merged, null removes, items with names are merged by name, other lists are replaced.
pub(super) fn apply(object: &mut Json, patch: &Json) {
    match (object.as_object_mut(), patch) {
        (Some(map), Json::Object(changes)) => changes.iter().for_each(|(key, value)| field(map, key, value)),
        _ => *object = without_nulls(patch),
    }
}

fn field(map: &mut Map<String, Json>, key: &str, value: &Json) {
    match (value, merge::key(key), map.get_mut(key)) {
        (Json::Null, ..) => _ = map.shift_remove(key),
        (Json::Array(changes), Some(name), Some(Json::Array(list))) => items(list, changes, name),
        (_, _, Some(known @ Json::Object(_))) => apply(known, value),
        _ => _ = map.insert(key.to_owned(), without_nulls(value)),
    }
}

/// The items of the patch come first, in its order, as kustomize has them.
fn items(list: &mut Vec<Json>, changes: &[Json], key: &str) {
    let mut first = Vec::new();
    for change in changes {
        let known = list.iter().position(|one| one[key] == change[key]).map(|place| list.remove(place));
        match (known, change["$patch"] == "delete") {
            (_, true) => {}
            (Some(mut known), false) => {
                apply(&mut known, change);
                first.push(known);
            }
            (None, false) => first.push(without_nulls(change)),
        }
    }
    first.append(list);
    *list = first;
}

/// What is new has nothing to remove.
fn without_nulls(value: &Json) -> Json {
    match value {
        Json::Object(map) => {
            let kept = map.iter().filter(|(_, value)| !value.is_null());
            kept.map(|(key, value)| (key.clone(), without_nulls(value))).collect()
        }
        Json::Array(list) => list.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}
