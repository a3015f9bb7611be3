//! Structured content as text: YAML, JSON, TOML and INI.
//!
//! The order of fields is kept and fields that are `none` are left out. Sizes are integers (bytes), ports integers,
//! durations in Go's form, modes octal text; versions, addresses, ranges and paths are text. Secrets are shown: whoever
//! writes them has made sure that the file is private.

use std::fmt;

use crate::model::Value;
use crate::render::bundle::Format;

mod ini;
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
    }
}

/// One YAML document, also when the value is a list.
///
/// # Errors
/// As [`write()`].
pub fn yaml_document(value: &Value) -> Result<String, FormatError> {
    yaml::document(&tree(value, Secrets::Seen)?)
}

fn json(tree: &serde_json::Value) -> String {
    let mut text = serde_json::to_string_pretty(tree).expect("a tree of JSON values has text keys only");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
