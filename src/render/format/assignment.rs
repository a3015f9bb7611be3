//! Assignments, a line each: as a shell reads them, and as environment.d(5) does.

use serde_json::{Map, Value as Tree};

use super::{FormatError, scalar};

/// `export NAME='value'`: between single quotes a shell reads nothing but the next one.
pub(super) fn shell(value: &Tree) -> Result<String, FormatError> {
    lines(value, |name, value| format!("export {name}='{}'\n", value.replace('\'', "'\\''")))
}

/// `NAME="value"`, where `$$` is one `$`.
pub(super) fn environment(value: &Tree) -> Result<String, FormatError> {
    let escaped = |text: &str| {
        text.chars().fold(String::new(), |text, c| match c {
            '$' => text + "$$",
            '"' | '\\' | '`' => text + "\\" + c.encode_utf8(&mut [0; 4]),
            c => text + c.encode_utf8(&mut [0; 4]),
        })
    };
    lines(value, |name, value| format!("{name}=\"{}\"\n", escaped(value)))
}

fn lines(value: &Tree, line: impl Fn(&str, &str) -> String) -> Result<String, FormatError> {
    let map = record(value)?;
    map.iter().map(|(name, value)| Ok(line(variable(name)?, &scalar(value, name)?))).collect()
}

fn record(value: &Tree) -> Result<&Map<String, Tree>, FormatError> {
    value.as_object().ok_or_else(|| FormatError::new("", "assignments must be a record", "set `content` to a record"))
}

/// The name of a variable.
///
/// # Errors
/// When no shell could read it as one.
pub(super) fn variable(name: &str) -> Result<&str, FormatError> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match name.chars().all(is_part) && !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) {
        true => Ok(name),
        false => Err(FormatError::new(name, "is not a valid name of a variable", "use letters, digits and `_`")),
    }
}
