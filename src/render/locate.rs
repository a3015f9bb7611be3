//! Where a part of a value was written: the key or the value at a path, as far as it can be followed in the text.

use crate::model::Model;
use crate::model::component::Local;
use crate::model::scope::Scope;
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Statement, StatementKind};

/// The key at a path; else the nearest place above it that can be found.
pub fn key(model: &Model<'_>, scope: &Scope<'_>, expr: &Expr, path: &[&str]) -> Span {
    Walk { model, scope }.find(expr, path, 0).map_or(expr.span, |found| found.key)
}

/// The value at a path; else the nearest place above it that can be found.
pub fn value(model: &Model<'_>, scope: &Scope<'_>, expr: &Expr, path: &[&str]) -> Span {
    Walk { model, scope }.find(expr, path, 0).map_or(expr.span, |found| found.value.span)
}

/// The expression of the value at a path, if it can be followed all the way.
pub fn found<'a>(model: &'a Model<'_>, scope: &Scope<'_>, expr: &'a Expr, path: &[&str]) -> Option<&'a Expr> {
    Walk { model, scope }.find(expr, path, 0).filter(|found| found.whole).map(|found| found.value)
}

/// The element of a list, or the key of a record, that is written as this text; else the whole.
pub fn element(model: &Model<'_>, scope: &Scope<'_>, expr: &Expr, text: &str) -> Span {
    Walk { model, scope }.element(expr, text, 0).unwrap_or(expr.span)
}

/// Where a value was written, if nothing but names leads there: the value of an option or of a `let`.
pub fn origin(model: &Model<'_>, scope: &Scope<'_>, expr: &Expr) -> Span {
    let walk = Walk { model, scope };
    let mut at = expr;
    for _ in 0..DEPTH {
        let is_name = matches!(at.kind, ExprKind::Name(_) | ExprKind::Field { .. } | ExprKind::Paren(_));
        let Some(next) = walk.behind(at).into_iter().next().filter(|_| is_name) else { break };
        at = next;
    }
    at.span
}

/// Names are followed so many times at most: evaluation has ended, so this is for the shape of the text only.
const DEPTH: u32 = 16;

struct Walk<'a, 's, 'm, 'p> {
    model: &'a Model<'p>,
    scope: &'s Scope<'m>,
}

/// What stands at a path.
struct Found<'a> {
    key: Span,
    value: &'a Expr,
    /// Whether the whole path was followed.
    whole: bool,
}

impl<'a> Walk<'a, '_, '_, '_> {
    fn find(&self, expr: &'a Expr, path: &[&str], depth: u32) -> Option<Found<'a>> {
        let Some((first, rest)) = path.split_first() else {
            return Some(Found { key: expr.span, value: expr, whole: true });
        };
        if depth > DEPTH {
            return None;
        }
        match &expr.kind {
            ExprKind::Record { fields, .. } => {
                let field = fields.iter().rev().find(|field| field.key.plain().as_deref() == Some(*first))?;
                let own = Found { key: field.key.span(), value: &field.value, whole: rest.is_empty() };
                if rest.is_empty() {
                    return Some(own);
                }
                self.find(&field.value, rest, depth + 1).or(Some(own))
            }
            ExprKind::List(list) => self.find(list.get(first.parse::<usize>().ok()?)?, rest, depth + 1),
            ExprKind::ListFor { value, .. } => self.find(value, rest, depth + 1),
            _ => self.behind(expr).into_iter().find_map(|inner| self.find(inner, path, depth + 1)),
        }
    }

    fn element(&self, expr: &'a Expr, text: &str, depth: u32) -> Option<Span> {
        if depth > DEPTH {
            return None;
        }
        match &expr.kind {
            ExprKind::Text(written) => (written.plain().as_deref() == Some(text)).then_some(expr.span),
            ExprKind::List(list) => list.iter().find_map(|element| self.element(element, text, depth + 1)),
            ExprKind::Record { fields, .. } => {
                let field = fields.iter().find(|field| field.key.plain().as_deref() == Some(text))?;
                Some(field.key.span())
            }
            _ => self.behind(expr).into_iter().find_map(|inner| self.element(inner, text, depth + 1)),
        }
    }

    /// The expressions that a value may come from, the likeliest first.
    fn behind(&self, expr: &'a Expr) -> Vec<&'a Expr> {
        match &expr.kind {
            ExprKind::Paren(inner) => vec![inner],
            ExprKind::If { then, otherwise, .. } => std::iter::once(&**then).chain(otherwise.as_deref()).collect(),
            ExprKind::Binary { op: BinaryOp::Merge | BinaryOp::Default | BinaryOp::Add, left, right } => {
                vec![right, left]
            }
            ExprKind::Name(name) => self.named(&name.name).into_iter().collect(),
            ExprKind::Field { value, field, .. } => self.option(value, &field.name).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The value of a `let`.
    fn named(&self, name: &str) -> Option<&'a Expr> {
        let model = self.model;
        if let Some(app) = self.scope.app
            && let Some(local) = model.component_of(app).local(name)
        {
            let Local::Let(index) = local else { return None };
            return Some(&model.component_of(app).lets[index as usize].value);
        }
        let symbol = model.program.lookup(self.scope.module, name)?;
        match model.program.statement(symbol) {
            Statement { kind: StatementKind::Let(binding), .. } => Some(&binding.value),
            _ => None,
        }
    }

    /// `option.NAME`: what the deployment gives, else the default.
    fn option(&self, root: &Expr, name: &str) -> Option<&'a Expr> {
        let ExprKind::Name(root) = &root.kind else { return None };
        let app = self.scope.app.filter(|_| &*root.name == "option")?;
        let model = self.model;
        let deployment = model.layers.deployments.iter().find(|known| known.name == model.app(app).name)?;
        let written = model.layers.field(&deployment.name, deployment.module, &deployment.ast.body, name);
        let default = || {
            let options = &model.component_of(app).options;
            options.iter().find(|option| &*option.name.name == name)?.default.as_ref()
        };
        written.map(|written| written.expr).or_else(default)
    }
}
