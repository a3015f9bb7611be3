//! INI: fields before the first section, then one section for each record. A list is its key once for each element.

use std::fmt::Write as _;

use serde_json::{Map, Value as Tree};

use super::{FormatError, tree};

/// The document of a record of scalars, lists of scalars, and records of those.
pub(super) fn document(value: &Tree) -> Result<String, FormatError> {
    let Tree::Object(map) = value else {
        return Err(FormatError::new("", "an INI file must be a record", "set `content` to a record"));
    };
    let mut text = String::new();
    keys(map.iter().filter(|(_, value)| !value.is_object()), "", &mut text)?;
    for (name, section) in sections(map) {
        section_name(name)?;
        let gap = if text.is_empty() { "" } else { "\n" };
        let _ = writeln!(text, "{gap}[{name}]");
        keys(section.iter(), name, &mut text)?;
    }
    Ok(text)
}

fn sections(map: &Map<String, Tree>) -> impl Iterator<Item = (&String, &Map<String, Tree>)> {
    map.iter().filter_map(|(name, value)| value.as_object().map(|section| (name, section)))
}

fn section_name(name: &str) -> Result<(), FormatError> {
    if name.is_empty() || name.contains([']', '\n', '\r']) {
        return Err(FormatError::new(name, "is not a valid INI section name", "remove `]` and newlines"));
    }
    Ok(())
}

fn keys<'a>(
    fields: impl Iterator<Item = (&'a String, &'a Tree)>,
    section: &str,
    text: &mut String,
) -> Result<(), FormatError> {
    for (name, value) in fields {
        let path = tree::field(section, name);
        if name.is_empty() || name.contains(['=', '\n', '\r']) || name.starts_with(['[', '#', ';']) {
            return Err(FormatError::new(path, "is not a valid INI key", "remove `=`, `[`, `#` and newlines"));
        }
        key(name, value, &path, text)?;
    }
    Ok(())
}

fn key(name: &str, value: &Tree, path: &str, text: &mut String) -> Result<(), FormatError> {
    let Tree::Array(list) = value else { return line(name, value, path, text) };
    list.iter().enumerate().try_for_each(|(i, value)| line(name, value, &tree::element(path, i), text))
}

fn line(name: &str, value: &Tree, path: &str, text: &mut String) -> Result<(), FormatError> {
    let value = match value {
        Tree::String(value) => value.clone(),
        Tree::Bool(_) | Tree::Number(_) => value.to_string(),
        _ => {
            return Err(FormatError::new(
                path,
                "INI does not support records or lists here",
                "use a string or a number",
            ));
        }
    };
    if value.contains(['\n', '\r']) {
        return Err(FormatError::new(path, "a value in an INI file must be a single line", "remove the newlines"));
    }
    let _ = writeln!(text, "{name} = {value}");
    Ok(())
}
