//! The arguments and blocks of a resource against the table of its type.

use serde_json::Value as Json;

use super::{META, problem};
use crate::diag::{Code, Help, closest};
use crate::facts::provider::{Argument, Form, ResourceType};
use crate::text::List;
use crate::verify::document::DocumentProblem;
use crate::verify::locate::Step;

/// What is wrong with the arguments of a block, or of the resource itself, which is the block without a name.
pub(super) fn block(row: &'static ResourceType, name: &str, body: &Json, at: &[Step]) -> Vec<DocumentProblem> {
    let Some(fields) = body.as_object() else {
        return wrong(body, "a map", last(at), at).into_iter().collect();
    };
    let mut found = Vec::new();
    let kind = kind_of(at);
    for (key, value) in fields.iter().filter(|(key, _)| *key != "//" && !is_meta(name, key)) {
        let path = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
        let at = [at, &[key.as_str().into()]].concat();
        match row.argument(&path) {
            Some(argument) => found.extend(of_argument(row, (&path, argument), value, &at)),
            None => found.push(unknown(row, (name, key), &kind, at)),
        }
    }
    let has = |name: &str| fields.contains_key(name) || is_dynamic(fields, name);
    for (missing, _) in row.names(name).filter(|(known, argument)| argument.required && !has(known)) {
        let whose = if name.is_empty() { format!("`{kind}`") } else { format!("`{name}` of `{kind}`") };
        let message = format!("{whose} needs `{missing}`");
        found.push(problem(Code::InvalidConfig, at.to_vec(), message, format!("add `{missing}`"), false));
    }
    found
}

/// What stands for any resource, and in any block for a block that is made of a list.
fn is_meta(block: &str, key: &str) -> bool {
    if block.is_empty() { META.contains(&key) } else { key == "dynamic" }
}

fn is_dynamic(fields: &serde_json::Map<String, Json>, name: &str) -> bool {
    fields.get("dynamic").is_some_and(|blocks| blocks.get(name).is_some())
}

/// The type of the resource on the way to a part of it.
fn kind_of(at: &[Step]) -> String {
    at.get(1).map_or_else(String::new, |step| if let Step::Key(key) = step { key.clone() } else { String::new() })
}

fn last(at: &[Step]) -> &str {
    at.iter()
        .rev()
        .find_map(|step| if let Step::Key(key) = step { Some(key.as_str()) } else { None })
        .unwrap_or_default()
}

fn unknown(row: &'static ResourceType, (block, key): (&str, &str), kind: &str, at: Vec<Step>) -> DocumentProblem {
    let whose = if block.is_empty() { format!("`{kind}`") } else { format!("`{block}` of `{kind}`") };
    if block.is_empty() && row.gives.iter().any(|name| name == key) {
        let message = format!("`{key}` of {whose} is known only when it is made");
        return problem(Code::UnknownKey, at, message, "remove it: others can refer to it", false);
    }
    let known: Vec<&str> = row.names(block).map(|(name, _)| name).collect();
    let help = match closest(key, known.iter().copied()) {
        Some(near) => Help::near(near),
        None => format!("the known arguments are {}", List::ticked(known).most(12)).into(),
    };
    problem(Code::UnknownKey, at, format!("{whose} has no argument `{key}`"), help, false)
}

fn of_argument(
    row: &'static ResourceType,
    (path, argument): (&str, &Argument),
    value: &Json,
    at: &[Step],
) -> Vec<DocumentProblem> {
    let Form::Block { many } = argument.form else { return form(&argument.form, value, at) };
    match value {
        Json::Array(list) if list.len() > 1 && !many => {
            let message = format!("`{}` may be there once, and is there {} times", last(at), list.len());
            vec![problem(Code::InvalidConfig, at.to_vec(), message, "keep one of them", true)]
        }
        Json::Array(list) => {
            let inner = |(place, body): (usize, &Json)| block(row, path, body, &[at, &[place.into()]].concat());
            list.iter().enumerate().flat_map(inner).collect()
        }
        Json::Null => Vec::new(),
        body => block(row, path, body, at),
    }
}

/// What is wrong with a value; Terraform converts texts, numbers and booleans where it can.
fn form(form: &Form, value: &Json, at: &[Step]) -> Vec<DocumentProblem> {
    if matches!(value, Json::Null) || value.as_str().is_some_and(is_template) {
        return Vec::new();
    }
    let is_scalar = !value.is_array() && !value.is_object();
    let name = last(at);
    match form {
        Form::Any => Vec::new(),
        Form::String if is_scalar => Vec::new(),
        Form::Number if value.is_number() || value.as_str().is_some_and(|text| text.parse::<f64>().is_ok()) => {
            Vec::new()
        }
        Form::Bool if value.is_boolean() || matches!(value.as_str(), Some("true" | "false")) => Vec::new(),
        Form::String => wrong(value, "a string", name, at),
        Form::Number => wrong(value, "a number", name, at),
        Form::Bool => wrong(value, "a boolean", name, at),
        Form::List(of) => match value.as_array() {
            Some(list) => {
                let inner = |(place, value): (usize, &Json)| self::form(of, value, &[at, &[place.into()]].concat());
                list.iter().enumerate().flat_map(inner).collect()
            }
            None => wrong(value, "a list", name, at),
        },
        Form::Map(of) => match value.as_object() {
            Some(map) => {
                let inner =
                    |(key, value): (&String, &Json)| self::form(of, value, &[at, &[key.as_str().into()]].concat());
                map.iter().flat_map(inner).collect()
            }
            None => wrong(value, "a map", name, at),
        },
        Form::Block { .. } => Vec::new(),
    }
}

/// Whether Terraform computes a text.
fn is_template(text: &str) -> bool {
    text.contains("${") || text.contains("%{") || text.starts_with("(secret")
}

fn wrong(value: &Json, wanted: &str, name: &str, at: &[Step]) -> Vec<DocumentProblem> {
    let is = match value {
        Json::Null => "nothing",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "a map",
    };
    let message = format!("`{name}` expects {wanted}, found {is}");
    vec![problem(Code::InvalidConfig, at.to_vec(), message, "Terraform refuses the whole configuration", true)]
}
