//! YAML that YAML 1.1 and 1.2 read alike: text that either takes for something else is quoted.

use serde_json::Value as Tree;
use serde_saphyr::{SerializerOptions, ser_options, to_string_with_options};

use super::FormatError;

/// One document.
pub(super) fn document(tree: &Tree) -> Result<String, FormatError> {
    let written = to_string_with_options(tree, options());
    let mut text = written.map_err(|why| FormatError::new("", format!("cannot be written as YAML: {why}"), HELP))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// One document for each element of a list, or the one document that anything else is.
pub(super) fn documents(tree: &Tree) -> Result<String, FormatError> {
    let Tree::Array(list) = tree else { return document(tree) };
    let parts = list.iter().map(document).collect::<Result<Vec<_>, _>>()?;
    Ok(parts.join("---\n"))
}

const HELP: &str = "use strings, numbers, lists and records";

fn options() -> SerializerOptions {
    // Long lines stay whole: a reader of a file looks for the text that the model has.
    ser_options! { compact_list_indent: true, folded_wrap_chars: usize::MAX, min_fold_chars: usize::MAX }
}
