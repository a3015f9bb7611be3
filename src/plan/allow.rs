//! `allow CODE "reason"`: judgements that the operator has made already.

use crate::diag::{Code, Diagnostic};
use crate::model::Model;

/// Takes away the problems that are allowed, and reports each `allow` that had nothing to allow.
pub fn apply(model: &Model<'_>, problems: &mut Vec<Diagnostic>) {
    for allow in &model.layers.allows {
        let Some(code) = Code::named(&allow.code.name).filter(|code| code.allowable()) else { continue };
        let before = problems.len();
        problems.retain(|problem| problem.code != code);
        if problems.len() == before {
            let message = format!("nothing raises `{code}`, so there is nothing to allow");
            problems.push(Diagnostic::new(Code::UnusedAllow, allow.code.span, message).help("remove the statement"));
        }
    }
}
