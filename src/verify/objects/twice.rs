//! Objects that are in one file twice: the second replaces the first.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic};
use crate::model::Model;

use super::inventory::Found;

pub(super) fn verify(model: &Model<'_>, list: &[Found<'_, '_>]) -> Vec<Diagnostic> {
    let mut known: HashMap<_, &Found<'_, '_>> = HashMap::new();
    let mut problems = Vec::new();
    for found in list.iter().filter(|found| !found.name().is_empty()) {
        let file = std::ptr::from_ref(found.document).addr();
        let group = found.api().split_once('/').map_or("", |(group, _)| group);
        let key = (file, group, found.kind(), found.namespace(), found.name());
        let Some(first) = known.insert(key, found) else { continue };
        if first.object == found.object {
            continue;
        }
        let message = format!("{} is in the file twice, and differs: the second replaces the first", found.title());
        let span = found.span(model, &["metadata".into(), "name".into()]);
        let first = first.span(model, &["metadata".into(), "name".into()]);
        let problem = Diagnostic::new(Code::UnwiseSetting, span, message).label(first, "the first");
        problems.push(problem.help("keep one of them, or give one another name"));
    }
    problems
}
