//! Functions over lists and maps.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::{Value, order, same};

fn list(value: &Value) -> Result<&[Value], String> {
    match value {
        Value::List(list) => Ok(list),
        other => Err(format!("takes a list, not `{}`", other.type_name())),
    }
}

fn record(value: &Value) -> Result<&super::super::value::Record, String> {
    match value {
        Value::Record(record) => Ok(record),
        other => Err(format!("takes a map, not `{}`", other.type_name())),
    }
}

pub(super) fn len(arguments: &[Value]) -> Result<Value, String> {
    let length = match &arguments[0] {
        Value::List(list) => list.len(),
        Value::Record(record) => record.len(),
        Value::Text(text) | Value::Path(text) => text.chars().count(),
        other => return Err(format!("takes a list, map or string, not `{}`", other.type_name())),
    };
    Ok(Value::Int(length as i64))
}

pub(super) fn sum(arguments: &[Value]) -> Result<Value, String> {
    let mut values = list(&arguments[0])?.iter();
    let Some(first) = values.next() else { return Ok(Value::Int(0)) };
    values.try_fold(first.clone(), |total, value| super::arithmetic(super::BinaryOp::Add, &total, value))
}

/// The longest list that `range` makes: a slip of a few zeros must not take the memory of the machine.
const MAX_RANGE: i64 = 1_000_000;

pub(super) fn range(arguments: &[Value]) -> Result<Value, String> {
    match &arguments[0] {
        Value::Int(n) if (0..=MAX_RANGE).contains(n) => Ok(Value::list((0..*n).map(Value::Int))),
        Value::Int(n) => Err(format!("takes a number from 0 to {MAX_RANGE}, not {n}")),
        other => Err(format!("takes an int, not `{}`", other.type_name())),
    }
}

pub(super) fn sort(arguments: &[Value]) -> Result<Value, String> {
    let mut values = list(&arguments[0])?.to_vec();
    // INVARIANT: the order is total, since sorting panics on one that is not. Values that compare with the first one
    // compare with each other; a number that compares with nothing (0.0 / 0.0) does not compare with the first either.
    for value in &values {
        order(&values[0], value)?;
    }
    let floats = values.iter().any(|value| matches!(value, Value::Float(_)));
    let key = |value: &Value| if let Value::Int(n) = value { *n as f64 } else { f64_of(value) };
    values.sort_by(|a, b| match floats {
        true => key(a).total_cmp(&key(b)),
        false => order(a, b).unwrap_or(Ordering::Equal),
    });
    Ok(Value::List(values.into()))
}

fn f64_of(value: &Value) -> f64 {
    match value {
        Value::Float(value) => *value,
        _ => 0.0,
    }
}

pub(super) fn unique(arguments: &[Value]) -> Result<Value, String> {
    let (mut kept, mut seen): (Vec<Value>, HashSet<String>) = (Vec::new(), HashSet::new());
    for value in list(&arguments[0])? {
        // Two that are the same have the same JSON; the few that only look alike are compared.
        let new = seen.insert(likeness(value)) || !kept.iter().any(|known| same(known, value));
        if new {
            kept.push(value.clone());
        }
    }
    Ok(Value::List(kept.into()))
}

/// The same for values that are the same.
fn likeness(value: &Value) -> String {
    match value {
        Value::Int(value) => (*value as f64).to_string(),
        Value::Float(value) => value.to_string(),
        other => super::to_json(other).to_string(),
    }
}

pub(super) fn flatten(arguments: &[Value]) -> Result<Value, String> {
    let lists = list(&arguments[0])?.iter().map(list).collect::<Result<Vec<_>, _>>()?;
    Ok(Value::list(lists.into_iter().flatten().cloned()))
}

pub(super) fn first(arguments: &[Value]) -> Result<Value, String> {
    Ok(list(&arguments[0])?.first().cloned().unwrap_or(Value::None))
}

pub(super) fn last(arguments: &[Value]) -> Result<Value, String> {
    Ok(list(&arguments[0])?.last().cloned().unwrap_or(Value::None))
}

pub(super) fn keys(arguments: &[Value]) -> Result<Value, String> {
    Ok(Value::list(record(&arguments[0])?.keys().cloned().map(Value::Text)))
}

pub(super) fn values(arguments: &[Value]) -> Result<Value, String> {
    Ok(Value::list(record(&arguments[0])?.values().cloned()))
}

pub(super) fn get(arguments: &[Value]) -> Result<Value, String> {
    match (&arguments[0], &arguments[1]) {
        (Value::Record(record), Value::Text(key) | Value::Path(key)) => {
            Ok(record.get(key).cloned().unwrap_or(Value::None))
        }
        (Value::List(list), Value::Int(n)) => {
            Ok(usize::try_from(*n).ok().and_then(|n| list.get(n)).cloned().unwrap_or(Value::None))
        }
        (other, _) => Err(format!("takes a map and a string, not `{}`", other.type_name())),
    }
}

fn truths(value: &Value) -> Result<Vec<bool>, String> {
    list(value)?
        .iter()
        .map(|value| match value {
            Value::Bool(value) => Ok(*value),
            other => Err(format!("takes a list of bool, and one element is a `{}`", other.type_name())),
        })
        .collect()
}

pub(super) fn all(arguments: &[Value]) -> Result<Value, String> {
    Ok(Value::Bool(truths(&arguments[0])?.into_iter().all(|x| x)))
}

pub(super) fn any_of(arguments: &[Value]) -> Result<Value, String> {
    Ok(Value::Bool(truths(&arguments[0])?.into_iter().any(|x| x)))
}

pub(super) fn min(arguments: &[Value]) -> Result<Value, String> {
    let ordering = order(&arguments[0], &arguments[1])?;
    Ok(arguments[usize::from(ordering == Ordering::Greater)].clone())
}

pub(super) fn max(arguments: &[Value]) -> Result<Value, String> {
    let ordering = order(&arguments[0], &arguments[1])?;
    Ok(arguments[usize::from(ordering == Ordering::Less)].clone())
}
