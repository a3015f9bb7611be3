//! Functions over strings, and from and to them.

use ::base64::Engine as _;

use super::Value;
use crate::text::Count;

fn text(value: &Value) -> Result<&str, String> {
    match value {
        Value::Text(text) | Value::Path(text) => Ok(text),
        other => Err(format!("takes a string, not `{}`", other.type_name())),
    }
}

pub(super) fn join(arguments: &[Value]) -> Result<Value, String> {
    let Value::List(list) = &arguments[0] else {
        return Err(format!("takes a list, not `{}`", arguments[0].type_name()));
    };
    let separator = text(&arguments[1])?;
    sized(separator.len().saturating_mul(list.len()))?;
    let parts = list
        .iter()
        .map(|value| value.scalar_text().ok_or_else(|| format!("cannot join a `{}`", value.type_name())))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Value::text(parts.join(separator)))
}

pub(super) fn split(arguments: &[Value]) -> Result<Value, String> {
    let (whole, separator) = (text(&arguments[0])?, text(&arguments[1])?);
    if separator.is_empty() {
        return Err("takes a non-empty separator".into());
    }
    Ok(Value::list(whole.split(separator).filter(|_| !whole.is_empty()).map(Value::text)))
}

pub(super) fn lower(arguments: &[Value]) -> Result<Value, String> {
    Ok(Value::text(text(&arguments[0])?.to_lowercase()))
}

pub(super) fn upper(arguments: &[Value]) -> Result<Value, String> {
    Ok(Value::text(text(&arguments[0])?.to_uppercase()))
}

pub(super) fn replace(arguments: &[Value]) -> Result<Value, String> {
    let (whole, from, to) = (text(&arguments[0])?, text(&arguments[1])?, text(&arguments[2])?);
    sized(whole.matches(from).count().saturating_mul(to.len()).saturating_add(whole.len()))?;
    Ok(Value::text(whole.replace(from, to)))
}

/// The longest text that a function makes, in bytes.
const MAX_TEXT: usize = 64 << 20;

fn sized(length: usize) -> Result<(), String> {
    if length > MAX_TEXT { Err(format!("would produce a string of {}", Count(length, "byte"))) } else { Ok(()) }
}

pub(super) fn trim(arguments: &[Value]) -> Result<Value, String> {
    Ok(Value::text(text(&arguments[0])?.trim()))
}

pub(super) fn indent(arguments: &[Value]) -> Result<Value, String> {
    let Value::Int(width @ 0..=1000) = arguments[1] else {
        return Err("takes a string and a width from 0 to 1000".into());
    };
    let whole = text(&arguments[0])?;
    sized(whole.matches('\n').count().saturating_add(1).saturating_mul(width as usize).saturating_add(whole.len()))?;
    let pad = " ".repeat(width as usize);
    let lines: Vec<String> =
        whole.split('\n').map(|line| if line.is_empty() { String::new() } else { format!("{pad}{line}") }).collect();
    Ok(Value::text(lines.join("\n")))
}

pub(super) fn starts_with(arguments: &[Value]) -> Result<Value, String> {
    Ok(Value::Bool(text(&arguments[0])?.starts_with(text(&arguments[1])?)))
}

pub(super) fn ends_with(arguments: &[Value]) -> Result<Value, String> {
    Ok(Value::Bool(text(&arguments[0])?.ends_with(text(&arguments[1])?)))
}

pub(super) fn contains(arguments: &[Value]) -> Result<Value, String> {
    Ok(Value::Bool(text(&arguments[0])?.contains(text(&arguments[1])?)))
}

pub(super) fn string(arguments: &[Value]) -> Result<Value, String> {
    let value = &arguments[0];
    value.scalar_text().map(Value::text).ok_or_else(|| format!("takes a single value, not `{}`", value.type_name()))
}

pub(super) fn int(arguments: &[Value]) -> Result<Value, String> {
    match &arguments[0] {
        Value::Int(value) => Ok(Value::Int(*value)),
        Value::Float(value) => Ok(Value::Int(*value as i64)),
        other => {
            let text = text(other)?.trim();
            text.parse().map(Value::Int).map_err(|_| format!("cannot read `{text}` as a number"))
        }
    }
}

pub(super) fn base64(arguments: &[Value]) -> Result<Value, String> {
    Ok(Value::text(::base64::engine::general_purpose::STANDARD.encode(text(&arguments[0])?)))
}

pub(super) fn json(arguments: &[Value]) -> Result<Value, String> {
    let json = to_json(&arguments[0]);
    serde_json::to_string(&json).map(Value::text).map_err(|error| error.to_string())
}

/// A value as JSON. YAML reads JSON too.
pub fn to_json(value: &Value) -> serde_json::Value {
    match value.reveal() {
        Value::None => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Size(value) => (*value).into(),
        Value::Port(value) => value.number.into(),
        Value::List(list) => list.iter().map(to_json).collect(),
        Value::Record(record) => record.iter().map(|(key, value)| (key.to_string(), to_json(value))).collect(),
        other => other.scalar_text().into(),
    }
}

pub(super) fn path(arguments: &[Value]) -> Result<Value, String> {
    let text = text(&arguments[0])?;
    if text.starts_with('/') {
        Ok(Value::Path(text.into()))
    } else {
        Err(format!("takes an absolute path, not `{text}`"))
    }
}

fn duration(value: &Value) -> Result<u64, String> {
    match value {
        Value::Duration(milliseconds) => Ok(*milliseconds),
        other => Err(format!("takes a duration, not `{}`", other.type_name())),
    }
}

pub(super) fn seconds(arguments: &[Value]) -> Result<Value, String> {
    Ok(Value::Int((duration(&arguments[0])? / 1000) as i64))
}

pub(super) fn go_duration(arguments: &[Value]) -> Result<Value, String> {
    Ok(Value::text(super::super::value::go_duration(duration(&arguments[0])?)))
}

pub(super) fn mib(arguments: &[Value]) -> Result<Value, String> {
    match &arguments[0] {
        Value::Size(bytes) => Ok(Value::Int((bytes >> 20) as i64)),
        other => Err(format!("takes a size, not `{}`", other.type_name())),
    }
}

fn version(value: &Value) -> Result<crate::syntax::ast::Version, String> {
    match value {
        Value::Version(version) => Ok(*version),
        other => Err(format!("takes a version, not `{}`", other.type_name())),
    }
}

pub(super) fn major(arguments: &[Value]) -> Result<Value, String> {
    Ok(Value::Int(version(&arguments[0])?.major.into()))
}

pub(super) fn minor(arguments: &[Value]) -> Result<Value, String> {
    Ok(Value::Int(version(&arguments[0])?.minor.into()))
}

pub(super) fn minor_of(arguments: &[Value]) -> Result<Value, String> {
    let version = version(&arguments[0])?;
    Ok(Value::text(format!("{}.{}", version.major, version.minor)))
}

pub(super) fn number(arguments: &[Value]) -> Result<Value, String> {
    match &arguments[0] {
        Value::Port(port) => Ok(Value::Int(port.number.into())),
        other => Err(format!("takes a port, not `{}`", other.type_name())),
    }
}
