//! The value of a text: YAML, JSON or TOML.

use serde_json::Value as Json;

use crate::model::Value;
use crate::render::evidence::{Content, Document};

/// What a text stands for, if it says what it is.
pub fn value(document: &Document<'_>) -> Option<Value> {
    let Content::Text(text) = &document.content else { return None };
    if document.path.ends_with(".toml") {
        return toml::from_str::<Json>(text).ok().map(|json| of_json(&json, text));
    }
    // Most texts are scripts and the like, which are not worth reading.
    if !text.contains("kind:") && !text.contains("\"kind\"") && !text.starts_with("#cloud-config") {
        return None;
    }
    let documents: Vec<Json> = serde_saphyr::from_multiple(text).ok()?;
    let mut values: Vec<Value> = documents.iter().map(|json| of_json(json, text)).collect();
    match values.len() {
        1 => values.pop(),
        _ => Some(Value::list(values)),
    }
}

/// A tree as a value. Programs of Kubernetes read YAML 1.1, where a plain `yes` is true.
fn of_json(json: &Json, text: &str) -> Value {
    match json {
        Json::Null => Value::None,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => Value::Float(number.as_f64().unwrap_or(f64::MAX)),
        },
        Json::String(word) => match truth(word).filter(|_| is_plain(word, text)) {
            Some(value) => Value::Bool(value),
            None => Value::text(word),
        },
        Json::Array(list) => Value::list(list.iter().map(|value| of_json(value, text))),
        Json::Object(map) => Value::record(map.iter().map(|(key, value)| (key.as_str(), of_json(value, text)))),
    }
}

/// As <https://yaml.org/type/bool.html>.
fn truth(word: &str) -> Option<bool> {
    match word {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// Whether a word stands nowhere in quotes.
fn is_plain(word: &str, text: &str) -> bool {
    ["\"", "'"].iter().all(|quote| !text.contains(&format!("{quote}{word}{quote}")))
}
