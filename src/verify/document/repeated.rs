//! Keys that are there twice in one map of a YAML text: programs of Kubernetes take the last, and pass over the others.

use super::DocumentProblem;
use crate::diag::Code;
use crate::render::evidence::{Content, Document};
use crate::verify::locate::Step;

/// Longer texts are manifests that programs write, and would be read twice.
const LONGEST: usize = 1 << 16;

/// The first key of a text that is there twice.
pub(super) fn check(document: &Document<'_>) -> Option<DocumentProblem> {
    let Content::Text(text) = &document.content else { return None };
    document.value().filter(|_| text.len() < LONGEST && super::is_object(&document.path, text))?;
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::Error,
        legacy_octal_numbers: true,
        budget: serde_saphyr::budget! { max_documents: usize::MAX },
    };
    let error = serde_saphyr::from_multiple_with_options::<serde_json::Value>(text, options).err()?;
    let line = error.location()?.line() as usize;
    let key =
        text.lines().nth(line.checked_sub(1)?)?.split(':').next()?.trim().trim_matches(['"', '\'', '{', '-', ' ']);
    error.to_string().contains("uplicate").then(|| DocumentProblem {
        code: Code::UnwiseSetting,
        path: vec![Step::Line(line)],
        message: format!("`{key}` is there twice in one map of `{}`: the last one holds", document.path),
        help: "remove the other one".into(),
        is_value: true,
    })
}
