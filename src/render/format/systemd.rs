//! A file of systemd: INI in which each value means itself. A record is a list of assignments: `Environment`.

use serde_json::{Map, Value as Tree};

use super::{FormatError, assignment, ini, scalar, tree};
use crate::render::unit_file::assignment as quoted;

/// The document of a record of sections.
pub(super) fn document(value: &Tree) -> Result<String, FormatError> {
    let Tree::Object(map) = value else { return ini::document(value) };
    let sections = map.iter().map(|(name, value)| Ok((name.clone(), section(name, value)?)));
    ini::document(&Tree::Object(sections.collect::<Result<_, FormatError>>()?))
}

fn section(name: &str, value: &Tree) -> Result<Tree, FormatError> {
    let Tree::Object(keys) = value else { return literal(value, name) };
    let keys = keys.iter().map(|(key, value)| {
        let path = tree::field(name, key);
        let value = match value {
            Tree::Object(variables) => assignments(variables, &path)?,
            value => literal(value, &path)?,
        };
        Ok((key.clone(), value))
    });
    Ok(Tree::Object(keys.collect::<Result<_, FormatError>>()?))
}

fn literal(value: &Tree, path: &str) -> Result<Tree, FormatError> {
    if let Tree::Array(list) = value {
        let values = list.iter().enumerate().map(|(i, value)| literal(value, &tree::element(path, i)));
        return Ok(Tree::Array(values.collect::<Result<_, _>>()?));
    }
    let text = scalar(value, path)?;
    if text.ends_with('\\') {
        let help = "remove the `\\`: systemd would read the next line as part of it";
        return Err(FormatError::new(path, "ends in `\\`", help));
    }
    Ok(Tree::String(text.replace('%', "%%")))
}

fn assignments(variables: &Map<String, Tree>, path: &str) -> Result<Tree, FormatError> {
    let line = |(name, value): (&String, &Tree)| {
        let path = tree::field(path, name);
        Ok(quoted(assignment::variable(name)?, &scalar(value, &path)?))
    };
    Ok(Tree::String(variables.iter().map(line).collect::<Result<Vec<_>, FormatError>>()?.join(" ")))
}
