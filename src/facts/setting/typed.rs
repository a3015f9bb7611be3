//! The values of settings as what they stand for, so that values are compared and not the letters of their texts.

use std::fmt::{self, Display, Formatter};
use std::net::IpAddr;
use std::path::{Component, Path, PathBuf};

use ipnet::IpNet;
use serde_json::Value as Json;

use super::url::Url;
use crate::facts::duration::duration;
use crate::facts::field::Shape;
use crate::facts::flag::{Flag, FlagKind};
use crate::facts::quantity::quantity;

/// What the text of a setting is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Bool,
    /// A number or a quantity.
    Number,
    Duration,
    Url,
    /// With or without `v`.
    Version,
    /// Anything else: an address, a range or a path where it looks like one.
    Text,
}

/// A value, or an element of a list.
#[derive(Clone, Debug, PartialEq)]
pub enum Typed {
    Bool(bool),
    Number(f64),
    /// Nanoseconds.
    Duration(f64),
    Url(Url),
    Address(IpAddr),
    Range(IpNet),
    Path(PathBuf),
    Text(String),
    /// A record or a list of records.
    Tree(Json),
}

impl Form {
    /// As a message has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::Duration => "a duration",
            Self::Url => "a URL",
            Self::Version => "a version",
            Self::Text => "a text",
        }
    }

    /// That of a flag's value, or of its elements.
    pub fn of_flag(flag: &Flag) -> Self {
        match flag.kind {
            FlagKind::Bool => Self::Bool,
            FlagKind::Int | FlagKind::Float => Self::Number,
            FlagKind::Duration => Self::Duration,
            FlagKind::String | FlagKind::StringList if flag.format.as_deref() == Some("url") => Self::Url,
            FlagKind::String | FlagKind::StringList | FlagKind::Map | FlagKind::Ip | FlagKind::PortRange => Self::Text,
        }
    }

    /// That of a field's value, or of its elements.
    pub fn of_field(shape: &Shape) -> Self {
        match shape {
            Shape::Bool => Self::Bool,
            Shape::Int(_) | Shape::Float | Shape::Quantity => Self::Number,
            Shape::Duration | Shape::DurationOrNanoseconds => Self::Duration,
            Shape::List(inner) | Shape::Map(inner) => Self::of_field(inner),
            Shape::Version => Self::Version,
            Shape::Text | Shape::Object => Self::Text,
        }
    }

    /// The elements of a list that is written as one text.
    pub fn elements(self, text: &str) -> Vec<Typed> {
        text.split(',').map(|part| self.read(part)).collect()
    }

    /// A value; what cannot be read stays a text, which equals no value of the form.
    pub fn read(self, text: &str) -> Typed {
        let text = text.trim();
        let read = match self {
            Self::Bool => boolean(text).map(Typed::Bool),
            Self::Number => quantity(text).map(Typed::Number),
            Self::Duration => duration(text).map(Typed::Duration),
            Self::Url => Url::read(text).map(Typed::Url),
            Self::Version => Some(Typed::Text(text.strip_prefix('v').unwrap_or(text).to_owned())),
            Self::Text => plain(text),
        };
        read.unwrap_or_else(|| Typed::Text(text.to_owned()))
    }

    /// A value of a table of ours.
    pub fn read_known(self, text: &str) -> Option<Typed> {
        Some(self.read(text))
            .filter(|value| matches!(self, Self::Text | Self::Version) || !matches!(value, Typed::Text(_)))
    }
}

impl Typed {
    /// Its number, if it is one or a duration.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) | Self::Duration(number) => Some(*number),
            _ => None,
        }
    }
}

impl Display for Typed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Duration(nanoseconds) => match nanoseconds / 1e9 {
                seconds if seconds < 1.0 && seconds > 0.0 => write!(f, "{}ms", nanoseconds / 1e6),
                seconds => write!(f, "{seconds}s"),
            },
            Self::Text(text) => f.write_str(text),
            Self::Address(address) => write!(f, "{address}"),
            Self::Range(range) => write!(f, "{range}"),
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Url(_) | Self::Tree(_) => write!(f, "{self:?}"),
        }
    }
}

/// As Go's `strconv.ParseBool`, which reads flags: <https://pkg.go.dev/strconv#ParseBool>.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn plain(text: &str) -> Option<Typed> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(Typed::Address(address));
    }
    // Programs take the network of `10.96.0.1/12`, which is `10.96.0.0/12`.
    if let Ok(range) = text.parse::<IpNet>() {
        return Some(Typed::Range(range.trunc()));
    }
    text.starts_with('/').then(|| Typed::Path(path(text)))
}

/// A path without `//`, `.` and `..`.
pub fn path(text: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in Path::new(text).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(form: Form, a: &str, b: &str) -> bool {
        form.elements(a) == form.elements(b)
    }

    #[test]
    fn values_are_compared_and_not_their_letters() {
        assert!(same(Form::Bool, "true", "1"));
        assert!(same(Form::Number, "1000", "1k"));
        assert!(same(Form::Duration, "60s", "1m0s"));
        assert!(same(Form::Text, "10.96.0.1/12, fd00:0::/108", "10.96.0.0/12,fd00::/108"));
        assert!(same(Form::Text, "/etc/pki//ca.crt", "/etc/kubernetes/../pki/./ca.crt"));
        assert!(same(Form::Url, "https://[fd00:0::5]:2379", "https://[fd00::5]:2379"));
    }

    #[test]
    fn values_that_differ_stay_so() {
        assert!(!same(Form::Text, "10.96.0.10", "10.96.0.105"));
        assert!(!same(Form::Text, "https://a", "https://a/"));
        assert!(!same(Form::Bool, "true", "yes"));
        assert!(!same(Form::Duration, "60s", "60"));
    }

    #[test]
    fn a_value_of_a_table_is_of_its_form() {
        assert_eq!(Form::Bool.read_known("ture"), None);
        assert_eq!(Form::Number.read_known("O"), None);
        assert_eq!(Form::Text.read_known("AlwaysAllow"), Some(Typed::Text("AlwaysAllow".to_owned())));
    }
}
