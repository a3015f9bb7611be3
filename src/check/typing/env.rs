//! What an expression can see.

use std::rc::Rc;

use crate::check::ModuleId;
use crate::check::component::Info;
use crate::check::ty::Ty;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Name};

/// The surroundings of an expression.
#[derive(Clone)]
pub struct Env<'p> {
    pub module: ModuleId,
    pub sight: Sight<'p>,
    /// Names bound by comprehensions and `for`, innermost last, each with the place that binds it.
    pub locals: Vec<(Name, Ty, Span)>,
    /// What is known not to be `none` here.
    pub facts: Vec<Fact>,
}

/// Where an expression stands.
#[derive(Clone)]
pub enum Sight<'p> {
    /// At the top of a file.
    File,
    /// In the `where` of a deploy: as in a file, and the fields of the machine bare.
    Selection,
    /// In a component.
    Component(Rc<Info<'p>>),
}

/// A path that is known not to be `none`.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    path: String,
    /// The local that the path starts at: a later local of the same name is another one.
    root: Option<usize>,
}

impl<'p> Env<'p> {
    pub fn new(module: ModuleId, sight: Sight<'p>) -> Self {
        Self { module, sight, locals: Vec::new(), facts: Vec::new() }
    }

    /// The innermost local of that name.
    pub fn local(&self, name: &str) -> Option<(&Ty, Span)> {
        self.locals.iter().rev().find(|(local, ..)| &**local == name).map(|(_, ty, span)| (ty, *span))
    }

    /// The fact that the value of an expression is there, when the expression is a path.
    pub fn fact(&self, expr: &Expr) -> Option<Fact> {
        let path = path(expr)?;
        let name = path.split('.').next().unwrap_or(&path);
        let root = self.locals.iter().rposition(|(local, ..)| &**local == name);
        Some(Fact { root, path })
    }

    /// Whether the value of an expression is known not to be `none`.
    pub fn is_present(&self, expr: &Expr) -> bool {
        !self.facts.is_empty() && self.fact(expr).is_some_and(|fact| self.facts.contains(&fact))
    }
}

/// `a.b.c` for names and fields.
fn path(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.name.to_string()),
        ExprKind::Field { value, field, .. } => Some(format!("{}.{}", path(value)?, field.name)),
        ExprKind::Paren(inner) => path(inner),
        _ => None,
    }
}
