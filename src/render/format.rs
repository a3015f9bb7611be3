//! Structured content as text: YAML, JSON, TOML, INI, and what some programs read. Each has a writer that escapes, or
//! refuses what the format cannot hold.
//!
//! The order of fields is kept and fields that are `none` are left out. Sizes are integers (bytes), ports integers,
//! durations in Go's form, modes octal text; versions, addresses, ranges and paths are text. Secrets are shown: whoever
//! writes them has made sure that the file is private.

use std::fmt;

use crate::model::Value;
use crate::render::bundle::Format;

mod apt;
mod assignment;
mod ini;
mod systemd;
mod toml;
mod tree;
mod yaml;

pub use tree::{SECRET, Secrets, tree};

/// Why a value cannot be written in a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatError {
    /// Where in the value: `a.b[2]`; empty for the whole.
    pub path: String,
    /// One lowercase sentence without a period.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl FormatError {
    fn new(path: impl Into<String>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), help: help.into() }
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.message),
            path => write!(f, "`{path}`: {}", self.message),
        }
    }
}

impl std::error::Error for FormatError {}

/// The text of a value, which ends in a newline.
///
/// A list at the top is several documents in YAML and one array in JSON; TOML and INI take only records there.
///
/// # Errors
/// What the format cannot express, with its place in the value.
pub fn write(format: Format, value: &Value) -> Result<String, FormatError> {
    let document = tree(value, Secrets::Seen)?;
    match format {
        Format::Yaml => yaml::documents(&document),
        Format::Json => Ok(json(&document)),
        Format::Toml => toml::document(&document),
        Format::Ini => ini::document(&document),
        Format::Systemd => systemd::document(&document),
        Format::Shell => assignment::shell(&document),
        Format::EnvironmentD => assignment::environment(&document),
        Format::Apt => apt::document(&document),
    }
}

/// One YAML document, also when the value is a list.
///
/// # Errors
/// As [`write()`].
pub fn yaml_document(value: &Value) -> Result<String, FormatError> {
    yaml::document(&tree(value, Secrets::Seen)?)
}

/// The text of one value that stands on one line.
fn scalar(value: &serde_json::Value, path: &str) -> Result<String, FormatError> {
    let text = match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Bool(_) | serde_json::Value::Number(_) => value.to_string(),
        _ => {
            let message = "this format does not support records or lists here";
            return Err(FormatError::new(path, message, "use a string or a number"));
        }
    };
    match text.contains(char::is_control) {
        true => Err(FormatError::new(path, "a value must be a single line", "remove newlines and control characters")),
        false => Ok(text),
    }
}

fn json(tree: &serde_json::Value) -> String {
    let mut text = serde_json::to_string_pretty(tree).expect("a tree of JSON values has text keys only");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
