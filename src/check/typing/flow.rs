//! What a condition tells about `none`.

use super::env::{Env, Fact};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Literal, UnaryOp};

/// The facts that hold where `condition` has the value `truth`.
pub(crate) fn facts(env: &Env<'_>, condition: &Expr, truth: bool) -> Vec<Fact> {
    let mut list = Vec::new();
    collect(env, condition, truth, &mut list);
    list
}

fn collect(env: &Env<'_>, condition: &Expr, truth: bool, list: &mut Vec<Fact>) {
    match &condition.kind {
        ExprKind::Paren(inner) => collect(env, inner, truth, list),
        ExprKind::Unary { op: UnaryOp::Not, value } => collect(env, value, !truth, list),
        ExprKind::Binary { op: BinaryOp::And, left, right } if truth => both(env, left, right, truth, list),
        ExprKind::Binary { op: BinaryOp::Or, left, right } if !truth => both(env, left, right, truth, list),
        ExprKind::Binary { op: BinaryOp::NotEqual, left, right } if truth => compared(env, left, right, list),
        ExprKind::Binary { op: BinaryOp::Equal, left, right } if !truth => compared(env, left, right, list),
        _ => {}
    }
}

fn both(env: &Env<'_>, left: &Expr, right: &Expr, truth: bool, list: &mut Vec<Fact>) {
    collect(env, left, truth, list);
    collect(env, right, truth, list);
}

fn compared(env: &Env<'_>, left: &Expr, right: &Expr, list: &mut Vec<Fact>) {
    match (is_none(left), is_none(right)) {
        (false, true) => present(env, left, list),
        (true, false) => present(env, right, list),
        _ => {}
    }
}

/// A value that is there, and so is each that it was reached through by `?.`.
fn present(env: &Env<'_>, expr: &Expr, list: &mut Vec<Fact>) {
    list.extend(env.fact(expr));
    if let ExprKind::Field { value, optional: true, .. } = &expr.kind {
        present(env, value, list);
    }
}

/// Whether the expression is the word `none`.
pub(crate) fn is_none(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::None) => true,
        ExprKind::Paren(inner) => is_none(inner),
        _ => false,
    }
}
