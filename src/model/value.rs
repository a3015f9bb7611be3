//! What an expression can be once it is evaluated.
//!
//! Cheap to clone: everything large is shared. Values order and compare structurally.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::syntax::ast::{Name, Port, Version};

/// A value. A secret is a value inside [`Value::Secret`], and what is made of one is one.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Name),
    /// Bytes.
    Size(u64),
    /// Milliseconds.
    Duration(u64),
    Percent(u32),
    Port(Port),
    Ip(IpAddr),
    Cidr(IpNet),
    Version(Version),
    Mode(u32),
    Path(Name),
    List(Arc<[Value]>),
    Record(Arc<Record>),
    Secret(Arc<Value>),
}

/// Names and values in source order; each name is unique.
pub type Record = indexmap::IndexMap<Name, Value, foldhash::fast::RandomState>;

impl Value {
    /// A text.
    pub fn text(text: impl AsRef<str>) -> Self {
        Value::Text(text.as_ref().into())
    }

    /// A list.
    pub fn list(values: impl IntoIterator<Item = Value>) -> Self {
        Value::List(values.into_iter().collect())
    }

    /// A record.
    pub fn record<N: Into<Name>>(fields: impl IntoIterator<Item = (N, Value)>) -> Self {
        Value::Record(Arc::new(fields.into_iter().map(|(name, value)| (name.into(), value)).collect()))
    }

    /// Whether a secret is anywhere in it.
    pub fn is_secret(&self) -> bool {
        match self {
            Value::Secret(_) => true,
            Value::List(list) => list.iter().any(Value::is_secret),
            Value::Record(record) => record.values().any(Value::is_secret),
            _ => false,
        }
    }

    /// The value without its secrecy, for writing into a private file.
    pub fn reveal(&self) -> &Value {
        match self {
            Value::Secret(inner) => inner.reveal(),
            other => other,
        }
    }

    /// The name of its type, as written in a model.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::None => "none",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Text(_) => "string",
            Value::Size(_) => "size",
            Value::Duration(_) => "duration",
            Value::Percent(_) => "percent",
            Value::Port(_) => "port",
            Value::Ip(_) => "ip",
            Value::Cidr(_) => "cidr",
            Value::Version(_) => "version",
            Value::Mode(_) => "mode",
            Value::Path(_) => "path",
            Value::List(_) => "list",
            Value::Record(_) => "record",
            Value::Secret(_) => "secret",
        }
    }

    /// Its text inside a string, a flag or a file: `4294967296` for a size, `1h30m0s` for a duration, `6443` for a port.
    /// `None` for lists, records and `none`. Secrets are shown: the caller has made sure that the place is private.
    pub fn scalar_text(&self) -> Option<String> {
        Some(match self.reveal() {
            Value::Bool(value) => value.to_string(),
            Value::Int(value) => value.to_string(),
            Value::Float(value) => value.to_string(),
            Value::Text(value) | Value::Path(value) => value.to_string(),
            Value::Size(value) => value.to_string(),
            Value::Duration(value) => go_duration(*value),
            Value::Percent(value) => format!("{value}%"),
            Value::Port(value) => value.number.to_string(),
            Value::Ip(value) => value.to_string(),
            Value::Cidr(value) => value.to_string(),
            Value::Version(value) => value.to_string(),
            Value::Mode(value) => format!("{value:04o}"),
            Value::None | Value::List(_) | Value::Record(_) | Value::Secret(_) => return None,
        })
    }
}

/// A duration as Go writes it: `1h30m0s`, `500ms`, `0s`.
pub fn go_duration(milliseconds: u64) -> String {
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    if seconds == 0 && rest > 0 {
        return format!("{rest}ms");
    }
    let mut text = String::new();
    if seconds >= 3600 {
        let _ = write!(text, "{}h", seconds / 3600);
    }
    if seconds >= 60 {
        let _ = write!(text, "{}m", seconds / 60 % 60);
    }
    let _ = match rest {
        0 => write!(text, "{}s", seconds % 60),
        _ => write!(text, "{}.{rest:03}s", seconds % 60),
    };
    text
}

#[cfg(test)]
mod tests {
    use super::go_duration;

    #[test]
    fn durations_are_written_as_go_does() {
        let cases = [(0, "0s"), (500, "500ms"), (5_000, "5s"), (90_000, "1m30s"), (5_400_000, "1h30m0s")];
        for (value, text) in cases {
            assert_eq!(go_duration(value), text);
        }
    }
}
