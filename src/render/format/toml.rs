//! TOML, which has no null and takes only a record at the top.

use serde_json::Value as Tree;

use super::{FormatError, tree};

/// The document of a record.
pub(super) fn document(value: &Tree) -> Result<String, FormatError> {
    if !value.is_object() {
        return Err(FormatError::new("", "a TOML file must be a record", "set `content` to a record"));
    }
    if let Some(path) = tree::null(value) {
        return Err(FormatError::new(path, "a list in TOML cannot contain `none`", "remove the element"));
    }
    ::toml::to_string_pretty(value).map_err(|why| {
        let message = format!("cannot be written as TOML: {why}");
        FormatError::new("", message, "integers in TOML must be smaller than 2^63")
    })
}
