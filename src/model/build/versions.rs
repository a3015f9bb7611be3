//! The field `versions` of the cluster, with what overlays set of it.

use crate::hash::HashMap;
use crate::model::Value;
use crate::model::eval::short_version;
use crate::model::layer::Written;
use crate::model::scope::Scope;
use crate::model::value::Record;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Literal, Name};

use super::Fields;

/// Versions by program, and where each is written; `3.6` counts as `3.6.0`.
pub(super) fn versions(fields: &mut Fields<'_, '_>) -> (Record, HashMap<Name, Span>) {
    let mut record = fields.record("versions");
    let mut spans = HashMap::default();
    for (program, expr) in fields.written("versions").map(|written| parts(written.expr)).unwrap_or_default() {
        if let Some(version) = of_two_parts(expr) {
            record.insert(program.clone(), version);
        }
        spans.insert(program, expr.span);
    }
    let sets = fields.sight.layers.sets.iter();
    let sets = sets.filter_map(|(path, written)| Some((Name::from(path.strip_prefix("cluster.versions.")?), *written)));
    for (program, written) in sets.collect::<Vec<_>>() {
        if let Some(version) = set(fields, written) {
            record.insert(program.clone(), version);
            spans.insert(program, written.expr.span);
        }
    }
    (record, spans)
}

fn parts(expr: &Expr) -> Vec<(Name, &Expr)> {
    let ExprKind::Record { fields, .. } = &expr.kind else { return Vec::new() };
    fields.iter().filter_map(|field| Some((field.key.plain()?, &field.value))).collect()
}

fn of_two_parts(expr: &Expr) -> Option<Value> {
    let ExprKind::Literal(Literal::Decimal(text)) = &expr.kind else { return None };
    short_version(text).map(Value::Version)
}

fn set(fields: &mut Fields<'_, '_>, Written { module, expr }: Written<'_>) -> Option<Value> {
    let value = of_two_parts(expr).map_or_else(|| fields.sight.eval(&mut Scope::file(module), expr), Ok);
    value.map_err(|problem| fields.problems.push(*problem)).ok()
}

/// The program that an expression takes the version of from `cluster.versions`.
pub(super) fn program_of(expr: &Expr) -> Option<&Name> {
    let ExprKind::Field { value, field: program, .. } = &expr.kind else { return None };
    let ExprKind::Field { value, field, .. } = &value.kind else { return None };
    let ExprKind::Name(cluster) = &value.kind else { return None };
    (&*cluster.name == "cluster" && &*field.name == "versions").then_some(&program.name)
}
