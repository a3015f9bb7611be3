//! Texts that are JSON by their names: whether they are.

use serde::de::IgnoredAny;

use crate::diag::Code;
use crate::render::evidence::{Content, Document};

use super::{DocumentProblem, Step};

/// What something on the machine may fill in before the file is read.
const FILLED: [&str; 6] = ["${", "{{", "%{", "<%", "@", "__"];

/// What is wrong with the JSON of a file; nothing where it has comments, which some programs take, or is filled in later.
pub(super) fn check(document: &Document<'_>) -> Option<DocumentProblem> {
    let Content::Text(text) = &document.content else { return None };
    let path = &document.path;
    // These are read as what they are.
    let is_read = path.ends_with("net-conf.json") || path.ends_with(".tf.json") || path.starts_with("/etc/cni/net.d/");
    if !path.ends_with(".json") || is_read || text.trim().is_empty() {
        return None;
    }
    let values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    let error = values.filter_map(Result::err).next()?;
    let is_comment = |line: &str| ["//", "/*", "#"].iter().any(|mark| line.trim_start().starts_with(mark));
    let is_known = !text.lines().any(is_comment) && !FILLED.iter().any(|mark| text.contains(mark));
    is_known.then(|| DocumentProblem {
        code: Code::InvalidConfig,
        path: vec![Step::Line(error.line())],
        message: format!("`{path}` is not valid JSON: {error}"),
        help: "the program that reads it rejects the whole file".into(),
        is_value: true,
    })
}
