//! The type of an expression.
//!
//! Two ways: `infer` finds the type of an expression, `check` also says whether it may stand where a type is expected
//! and lets that type shape what is inside. Both give the type found, so that a secret inside an `any` is not forgotten.

use super::env::{Env, Fact, Sight};
use super::flow;
use crate::check::checker::Checker;
use crate::check::component::Local;
use crate::check::index::{NameKind, Target};
use crate::check::mismatch;
use crate::check::prelude;
use crate::check::ty::Ty;
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp, Expr, ExprKind, Ident, Literal};
use crate::text::List;

/// Types the expressions of one place.
pub struct Typer<'c, 'p> {
    pub checker: &'c mut Checker<'p>,
    pub env: Env<'p>,
    /// Where the type that is expected now was declared, and a word for it.
    pub declared: Option<(Span, String)>,
}

impl<'c, 'p> Typer<'c, 'p> {
    pub fn new(checker: &'c mut Checker<'p>, env: Env<'p>) -> Self {
        Self { checker, env, declared: None }
    }

    /// The type of a `let`.
    pub fn binding(&mut self, item: &'p ast::Let) -> Ty {
        let Some(ty) = &item.ty else { return self.infer(&item.value).bounded() };
        let declared = self.checker.annotation(self.env.module, ty);
        let found = self.check_declared(&item.value, &declared, ty.span, "declared");
        // A declared `any` does not tell whether the value is secret.
        if found.is_secret() && !declared.is_secret() { Ty::secret(declared) } else { declared }
    }

    /// Checks against a type that a user declared at a place.
    pub fn check_declared(&mut self, expr: &'p Expr, expected: &Ty, place: Span, word: &str) -> Ty {
        let before = self.declared.replace((place, format!("{word} as `{expected}`")));
        let found = self.check(expr, expected);
        self.declared = before;
        found
    }

    /// The type of an expression that nothing is expected of.
    pub fn infer(&mut self, expr: &'p Expr) -> Ty {
        self.probe(expr, &Ty::Any);
        match &expr.kind {
            ExprKind::Error => Ty::Error,
            ExprKind::Literal(literal) => literal_type(literal),
            ExprKind::Text(text) => self.text(text),
            ExprKind::Name(name) => {
                let ty = self.name(name);
                let ty = self.narrowed(expr, ty);
                self.checker.typed(expr.span, &ty);
                ty
            }
            ExprKind::Cert(name) => self.cert(name),
            ExprKind::Field { value, field, optional } => {
                let ty = self.field(value, field, *optional);
                let ty = self.narrowed(expr, ty);
                self.checker.typed(field.span, &ty);
                ty
            }
            ExprKind::Index { value, index } => self.index(value, index),
            ExprKind::Call { function, arguments } => {
                let ty = self.call(expr.span, function, arguments);
                self.checker.typed(function.span, &ty);
                ty
            }
            ExprKind::List(items) => Ty::list(items.iter().fold(Ty::Never, |ty, item| {
                let item = self.infer(item);
                ty.join(item)
            })),
            ExprKind::Record { table: Some(table), fields } => self.flags(table, fields),
            ExprKind::Record { table: None, fields } => self.record(fields),
            ExprKind::ListFor { value, each, condition } => {
                Ty::list(self.each(each, condition.as_deref(), |typer| typer.infer(value)))
            }
            ExprKind::MapFor { key, value, each, condition } => {
                let item = self.each(each, condition.as_deref(), |typer| {
                    let secret = typer.key(key);
                    let ty = typer.infer(value);
                    if secret { Ty::secret(ty) } else { ty }
                });
                Ty::map(item)
            }
            ExprKind::If { condition, then, otherwise } => self.choice(condition, then, otherwise.as_deref(), None),
            ExprKind::Unary { op, value } => self.unary(*op, value),
            ExprKind::Binary { op, left, right } => self.binary(expr.span, *op, left, right),
            ExprKind::Paren(inner) => self.infer(inner),
        }
    }

    /// The type of an expression that must fit `expected`.
    pub fn check(&mut self, expr: &'p Expr, expected: &Ty) -> Ty {
        self.probe(expr, expected);
        let shape = shape(expr, expected);
        match (&expr.kind, &shape) {
            (_, Ty::Any | Ty::Error) => self.infer(expr),
            (ExprKind::Paren(inner), _) => self.check(inner, expected),
            (ExprKind::If { condition, then, otherwise }, _) => {
                self.choice(condition, then, otherwise.as_deref(), Some(expected))
            }
            (ExprKind::Literal(Literal::Decimal(_)), Ty::Version) => Ty::Version,
            (ExprKind::List(items), Ty::List(item)) => Ty::list(items.iter().fold(Ty::Never, |ty, value| {
                let value = self.check(value, item);
                ty.join(value)
            })),
            (ExprKind::ListFor { value, each, condition }, Ty::List(item)) => {
                Ty::list(self.each(each, condition.as_deref(), |typer| typer.check(value, item)))
            }
            (ExprKind::MapFor { key, value, each, condition }, Ty::Map(item)) => {
                let found = self.each(each, condition.as_deref(), |typer| {
                    typer.key(key);
                    typer.check(value, item)
                });
                Ty::map(found)
            }
            (ExprKind::Record { table: None, fields }, Ty::Record(record)) => {
                self.record_against(expr.span, fields, record)
            }
            (ExprKind::Record { table: None, fields }, Ty::Map(item)) => self.map_against(fields, item),
            (ExprKind::Binary { op: BinaryOp::Default, left, right }, _) => {
                let left = self.infer(left);
                let left = self.require(expr.span, left.present(), expected);
                left.join(self.check(right, expected))
            }
            (ExprKind::Text(text), Ty::Path) => self.path_text(text, expected),
            (ExprKind::Name(name), _) if self.is_bare_word(name, expected) => self.bare_word(name, expected),
            _ => {
                let found = self.infer(expr);
                self.require(expr.span, found, expected)
            }
        }
    }

    /// Says so when `found` does not fit; the type to go on with.
    pub fn require(&mut self, span: Span, found: Ty, expected: &Ty) -> Ty {
        if found.fits(expected) {
            return found;
        }
        let diagnostic = mismatch::explain(span, &found, expected, self.declared.as_ref());
        self.checker.report(diagnostic);
        Ty::Error
    }

    /// Runs with facts that hold only inside.
    pub fn knowing<R>(&mut self, facts: Vec<Fact>, run: impl FnOnce(&mut Self) -> R) -> R {
        let before = self.env.facts.len();
        self.env.facts.extend(facts);
        let result = run(self);
        self.env.facts.truncate(before);
        result
    }

    /// Runs without the declared place of what is expected around.
    pub fn check_unplaced<R>(&mut self, run: impl FnOnce(&mut Self) -> R) -> R {
        let before = self.declared.take();
        let result = run(self);
        self.declared = before;
        result
    }

    /// Checks a condition; true when it depends on a secret.
    pub fn condition(&mut self, expr: &'p Expr) -> bool {
        let found = self.check_unplaced(|typer| typer.check(expr, &Ty::secret(Ty::Bool)));
        found.is_secret()
    }

    fn choice(
        &mut self,
        condition: &'p Expr,
        then: &'p Expr,
        otherwise: Option<&'p Expr>,
        expected: Option<&Ty>,
    ) -> Ty {
        let secret = self.condition(condition);
        let branch = |typer: &mut Self, expr: &'p Expr| match expected {
            Some(expected) => typer.check(expr, expected),
            None => typer.infer(expr),
        };
        let facts = flow::facts(&self.env, condition, true);
        let found = self.knowing(facts, |typer| branch(typer, then));
        let found = match otherwise {
            Some(expr) => {
                let facts = flow::facts(&self.env, condition, false);
                found.join(self.knowing(facts, |typer| branch(typer, expr)))
            }
            None => self.without_else(condition.span.to(then.span), found, expected),
        };
        if secret { Ty::secret(found) } else { found }
    }

    fn without_else(&mut self, span: Span, found: Ty, expected: Option<&Ty>) -> Ty {
        if expected.is_some_and(|expected| !Ty::None.fits(expected)) && !found.is_silent() {
            let diagnostic = Diagnostic::new(Code::MaybeNone, span, "this is `none` when the condition is false")
                .help("add `else` with the value for that case");
            self.checker.report(diagnostic);
            return Ty::Error;
        }
        Ty::optional(found)
    }

    fn narrowed(&self, expr: &Expr, ty: Ty) -> Ty {
        match &ty {
            Ty::Optional(inner) if self.env.is_present(expr) => (**inner).clone(),
            _ => ty,
        }
    }

    fn cert(&mut self, name: &Ident) -> Ty {
        let Sight::Component(info) = self.env.sight.clone() else {
            let message = "a certificate can be used only in the component that declares it";
            self.checker.report(Diagnostic::new(Code::WrongKind, name.span, message));
            return Ty::Error;
        };
        if let Some(span) = info.certs.get(&name.name) {
            self.checker.refer(name.span, Target::Declared(NameKind::Cert, *span));
            return prelude::cert();
        }
        let known: Vec<_> = info.certs.keys().cloned().collect();
        match info.values.get(&name.name) {
            Some(Local::Endpoint | Local::Let(_) | Local::Address | Local::Immutable | Local::Manifest) => {
                let message = format!("`{}` is not a certificate", name.name);
                let help = format!("the certificates of `{}` are {}", info.name(), List::ticked(known.iter()).most(20));
                self.checker.report(Diagnostic::new(Code::WrongKind, name.span, message).help(help));
            }
            _ => self.checker.unknown_name(self.env.module, name, "a certificate of this component", &known),
        }
        Ty::Error
    }

    /// A word of an enum written without quotes.
    fn is_bare_word(&self, name: &Ident, expected: &Ty) -> bool {
        let known = || self.visible().contains(&name.name);
        expected.texts().is_some_and(|texts| texts.contains(&name.name)) && !known()
    }

    fn bare_word(&mut self, name: &Ident, expected: &Ty) -> Ty {
        let quoted = format!("\"{}\"", name.name);
        let diagnostic = Diagnostic::new(Code::UnknownName, name.span, format!("no value is named `{}`", name.name))
            .help(format!("use `{quoted}`: the values are the strings {expected}"))
            .safe_fix(name.span, quoted, "put it in quotes");
        self.checker.report(diagnostic);
        Ty::Error
    }
}

/// The part of what is expected that an expression of this form is compared with.
fn shape(expr: &Expr, expected: &Ty) -> Ty {
    match expected {
        Ty::Optional(inner) | Ty::Secret(inner) => shape(expr, inner),
        Ty::Union(members) => {
            let wanted = |member: &&Ty| match &expr.kind {
                ExprKind::List(_) | ExprKind::ListFor { .. } => matches!(member, Ty::List(_)),
                ExprKind::Record { .. } | ExprKind::MapFor { .. } => matches!(member, Ty::Record(_) | Ty::Map(_)),
                ExprKind::Literal(Literal::Decimal(_)) => matches!(member, Ty::Version),
                ExprKind::Text(_) => matches!(member, Ty::Path) && !Ty::String.fits(&without_path(members)),
                _ => false,
            };
            members.iter().find(wanted).cloned().unwrap_or_else(|| expected.clone())
        }
        other => other.clone(),
    }
}

fn without_path(members: &[Ty]) -> Ty {
    Ty::Union(members.iter().filter(|member| **member != Ty::Path).cloned().collect())
}

fn literal_type(literal: &Literal) -> Ty {
    match literal {
        Literal::None => Ty::None,
        Literal::Bool(_) => Ty::Bool,
        Literal::Int(_) => Ty::Int,
        Literal::Decimal(_) => Ty::Float,
        Literal::Size(_) => Ty::Size,
        Literal::Duration(_) => Ty::Duration,
        Literal::Percent(_) => Ty::Percent,
        Literal::Port(_) => Ty::Port,
        Literal::Ip(_) => Ty::Ip,
        Literal::Cidr(_) => Ty::Cidr,
        Literal::Version(_) => Ty::Version,
        Literal::Mode(_) => Ty::Mode,
        Literal::Path(_) => Ty::Path,
    }
}
