//! `allow CODE "reason"`: judgements that the operator has made already.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic};
use crate::model::Model;
use crate::source::Span;

/// Takes away the problems that are allowed, and reports each `allow` that had nothing to allow.
pub fn apply(model: &Model<'_>, problems: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<Code, Span> = HashMap::new();
    for allow in &model.layers.allows {
        let Some(code) = Code::named(&allow.code.name).filter(|code| code.allowable()) else { continue };
        let unused =
            |message: String| Diagnostic::new(Code::UnusedAllow, allow.code.span, message).help("remove the statement");
        if let Some(first) = seen.insert(code, allow.code.span) {
            problems.push(unused(format!("`{code}` is allowed already")).label(first, "here"));
            continue;
        }
        let before = problems.len();
        problems.retain(|problem| problem.code != code);
        if problems.len() == before {
            problems.push(unused(format!("nothing raises `{code}`, so there is nothing to allow")));
        }
    }
}
