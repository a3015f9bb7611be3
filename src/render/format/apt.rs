//! apt.conf(5): `A::B::C "value";`, and a list repeats the line for each element. Quotes cannot be escaped.

use serde_json::Value as Tree;

use super::{FormatError, scalar, tree};

/// The document of a record.
pub(super) fn document(value: &Tree) -> Result<String, FormatError> {
    let mut text = String::new();
    match value {
        Tree::Object(map) => map.iter().try_for_each(|(name, value)| entry(name, name, value, &mut text))?,
        _ => return Err(FormatError::new("", "an apt.conf must be a record", "set `content` to a record")),
    }
    Ok(text)
}

/// An option; `path` is where it is in the value.
fn entry(option: &str, path: &str, value: &Tree, text: &mut String) -> Result<(), FormatError> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    if option.is_empty() || !option.chars().all(is_part) {
        return Err(FormatError::new(path, "is not a valid option of apt", "use letters, digits and `-_./`"));
    }
    match value {
        Tree::Object(map) => map
            .iter()
            .try_for_each(|(name, value)| entry(&format!("{option}::{name}"), &tree::field(path, name), value, text)),
        Tree::Array(list) => {
            let mut each = list.iter().enumerate();
            each.try_for_each(|(i, value)| line(&format!("{option}::"), &tree::element(path, i), value, text))
        }
        value => line(option, path, value, text),
    }
}

fn line(option: &str, path: &str, value: &Tree, text: &mut String) -> Result<(), FormatError> {
    let value = scalar(value, path)?;
    if value.contains('"') {
        return Err(FormatError::new(path, "a value of apt.conf cannot contain `\"`", "write `%22` in a URL"));
    }
    text.extend([option, " \"", &value, "\";\n"]);
    Ok(())
}
