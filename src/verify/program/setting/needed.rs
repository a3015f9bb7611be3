//! Clusters in which a program is missing that others need.

use crate::diag::{Code, Diagnostic};
use crate::facts::setting::Needed;
use crate::model::{AppId, Model, Value};
use crate::verify::objects;

use super::settings::Settings;

/// A program that is on no machine, while those beside it are.
pub(super) fn program(model: &Model<'_>, settings: &Settings, rule: &Needed) -> Option<Diagnostic> {
    let runs = |program: &String| settings.programs.iter().find(|one| one.name == *program);
    if runs(&rule.program).is_some() || rule.unless.as_ref().is_some_and(|field| is_replaced(model, field)) {
        return None;
    }
    let beside: Vec<AppId> = rule.beside.iter().map(|name| Some(runs(name)?.app)).collect::<Option<_>>()?;
    let first = model.app(*beside.first()?);
    let message = format!("the cluster has no `{}`: {}", rule.program, rule.what);
    let found = Diagnostic::new(Code::IncompleteCluster, first.span, message)
        .here(format!("`{}` is deployed here", first.name));
    Some(found.help(&*rule.help))
}

/// Whether a provider sets a field of its interface to true.
fn is_replaced(model: &Model<'_>, field: &str) -> bool {
    objects::providers(model)
        .any(|(app, endpoint)| objects::field(model, app, endpoint, field) == Some(Value::Bool(true)))
}
