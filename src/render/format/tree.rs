//! A value as the plain tree that all formats write: null, booleans, numbers, text, lists and maps in their order.

use serde_json::{Map, Number, Value as Tree};

use super::FormatError;
use crate::model::Value;
use crate::model::value::Record;

/// What stands for a secret that is not shown: it may be of any form.
pub const SECRET: &str = "(secret)";

/// Whether secrets are in a tree as they are. What is reported of them may not show them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Secrets {
    Hidden,
    Seen,
}

/// The tree of a value: the document that is written of it, in whatever format.
///
/// # Errors
/// A number that is none, with its place in the value.
pub fn tree(value: &Value, secrets: Secrets) -> Result<Tree, FormatError> {
    branch(value, secrets, &mut Vec::new())
}

/// One step into a value.
enum Step<'a> {
    Field(&'a str),
    Index(usize),
}

fn branch<'a>(value: &'a Value, secrets: Secrets, path: &mut Vec<Step<'a>>) -> Result<Tree, FormatError> {
    if secrets == Secrets::Hidden && matches!(value, Value::Secret(_)) {
        return Ok(Tree::String(SECRET.to_owned()));
    }
    Ok(match value.reveal() {
        Value::None => Tree::Null,
        Value::Bool(value) => Tree::Bool(*value),
        Value::Int(value) => Tree::from(*value),
        Value::Size(value) => Tree::from(*value),
        Value::Port(port) => Tree::from(port.number),
        Value::Float(value) => number(*value, path)?,
        Value::List(list) => elements(list, secrets, path)?,
        Value::Record(record) => fields(record, secrets, path)?,
        scalar => Tree::String(scalar.scalar_text().unwrap_or_default()),
    })
}

fn number(value: f64, path: &[Step<'_>]) -> Result<Tree, FormatError> {
    let not_finite = || FormatError::new(show(path), format!("{value} is not a number"), "use a finite number");
    Number::from_f64(value).map(Tree::Number).ok_or_else(not_finite)
}

fn elements<'a>(list: &'a [Value], secrets: Secrets, path: &mut Vec<Step<'a>>) -> Result<Tree, FormatError> {
    let mut array = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        path.push(Step::Index(index));
        array.push(branch(value, secrets, path)?);
        path.pop();
    }
    Ok(Tree::Array(array))
}

fn fields<'a>(record: &'a Record, secrets: Secrets, path: &mut Vec<Step<'a>>) -> Result<Tree, FormatError> {
    let mut map = Map::with_capacity(record.len());
    for (name, value) in record.iter().filter(|(_, value)| !matches!(value.reveal(), Value::None)) {
        path.push(Step::Field(name));
        map.insert(name.to_string(), branch(value, secrets, path)?);
        path.pop();
    }
    Ok(Tree::Object(map))
}

fn show(path: &[Step<'_>]) -> String {
    path.iter().fold(String::new(), |text, step| match step {
        Step::Field(name) => field(&text, name),
        Step::Index(index) => element(&text, *index),
    })
}

/// The path of a field: `a.b`.
pub(super) fn field(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The path of an element: `a[2]`.
pub(super) fn element(path: &str, index: usize) -> String {
    format!("{path}[{index}]")
}

/// The path of the first null in a tree, for formats that have none.
pub(super) fn null(tree: &Tree) -> Option<String> {
    null_below(tree, "")
}

fn null_below(tree: &Tree, path: &str) -> Option<String> {
    match tree {
        Tree::Null => Some(path.to_owned()),
        Tree::Array(list) => list.iter().enumerate().find_map(|(i, value)| null_below(value, &element(path, i))),
        Tree::Object(map) => map.iter().find_map(|(name, value)| null_below(value, &field(path, name))),
        _ => None,
    }
}
