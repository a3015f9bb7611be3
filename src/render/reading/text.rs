//! The value of a text: YAML, JSON or TOML.

use serde_json::Value as Json;

use crate::facts::document;
use crate::model::Value;
use crate::render::evidence::{Content, Document};

/// What a text stands for, if it says what it is.
pub(super) fn value(document: &Document<'_>) -> Option<Value> {
    let Content::Text(text) = &document.content else { return None };
    // Some programs have TOML in files of other names.
    if document.path.ends_with(".toml") || document::at(&document.path).is_some() {
        return toml::from_str::<Json>(text).ok().map(|json| of_json(&json, text));
    }
    // Most texts are scripts and the like, which are not worth reading.
    let names_one = ["kind", "apiVersion"].iter().any(|key| names(text, key));
    if !names_one && !text.starts_with("#cloud-config") {
        return None;
    }
    let documents = yaml(text).ok()?;
    let mut values: Vec<Value> = documents.iter().map(|json| of_json(json, text)).collect();
    match values.len() {
        1 => values.pop(),
        _ => Some(Value::list(values)),
    }
}

/// Whether a text has a key, as YAML or JSON write it.
fn names(text: &str, key: &str) -> bool {
    let ends = |at: usize| text[at + key.len()..].trim_start_matches(['"', '\'']).trim_start_matches([' ', '\t']);
    text.match_indices(key).any(|(at, _)| ends(at).starts_with(':'))
}

/// Why a text is not YAML, and on which line.
pub struct Broken {
    pub line: usize,
    pub message: String,
    /// Whether it is only more than is read here.
    pub is_too_much: bool,
}

/// The documents of a text. Of a key that is there twice the last one holds, as for kubectl.
///
/// # Errors
/// The text is not YAML.
pub fn yaml(text: &str) -> Result<Vec<Json>, Broken> {
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        // As kubectl and cloud-init read modes: `0644`.
        legacy_octal_numbers: true,
        // No program has a bound on the number of documents; that of a model's size is `world::access`.
        budget: serde_saphyr::budget! { max_documents: usize::MAX },
    };
    serde_saphyr::from_multiple_with_options(text, options).map_err(|error| Broken {
        line: error.location().map_or(1, |location| location.line() as usize),
        is_too_much: error.to_string().contains("budget breached"),
        message: error.to_string().lines().next().unwrap_or_default().to_lowercase().replace("error: ", ""),
    })
}

/// The images of the containers in a text of objects.
pub(crate) fn images(text: &str) -> Vec<String> {
    let mut list = Vec::new();
    if text.contains("image") && text.contains("ontainers") && names(text, "kind") {
        yaml(text).unwrap_or_default().iter().for_each(|document| images_in(document, &mut list));
    }
    list
}

fn images_in(json: &Json, list: &mut Vec<String>) {
    match json {
        Json::Array(values) => values.iter().for_each(|value| images_in(value, list)),
        Json::Object(map) => {
            for (key, value) in map {
                let is_list = ["containers", "initContainers", "ephemeralContainers"].contains(&key.as_str());
                for container in value.as_array().filter(|_| is_list).into_iter().flatten() {
                    list.extend(container.get("image").and_then(Json::as_str).map(str::to_owned));
                }
                images_in(value, list);
            }
        }
        _ => {}
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
