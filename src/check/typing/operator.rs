//! The types of operators.

use super::expr::Typer;
use super::flow;
use crate::check::ty::{Record, Ty};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Literal, UnaryOp};

impl BinaryOp {
    /// As written.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Default => "??",
            BinaryOp::Or => "||",
            BinaryOp::And => "&&",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::In => "in",
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Merge => "&",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::Remainder => "%",
        }
    }
}

impl<'p> Typer<'_, 'p> {
    /// `!x` and `-x`.
    pub fn unary(&mut self, op: UnaryOp, value: &'p Expr) -> Ty {
        match op {
            UnaryOp::Not => {
                let secret = self.condition(value);
                if secret { Ty::secret(Ty::Bool) } else { Ty::Bool }
            }
            UnaryOp::Minus => {
                let found = self.infer(value);
                match found.reveal() {
                    Ty::Int | Ty::Float => found,
                    Ty::Any => Ty::Any,
                    ty if ty.is_silent() => Ty::Error,
                    _ => self.require(value.span, found, &Ty::Union([Ty::Int, Ty::Float].into())),
                }
            }
        }
    }

    /// `left op right`.
    pub fn binary(&mut self, span: Span, op: BinaryOp, left: &'p Expr, right: &'p Expr) -> Ty {
        match op {
            BinaryOp::And | BinaryOp::Or => self.logic(op, left, right),
            BinaryOp::Default => {
                let first = self.infer(left).present();
                let second = self.infer(right);
                first.join(second)
            }
            _ => self.two(span, op, left, right),
        }
    }

    /// The right side is looked at only when the left one leaves it open.
    fn logic(&mut self, op: BinaryOp, left: &'p Expr, right: &'p Expr) -> Ty {
        let secret = self.condition(left);
        let facts = flow::facts(&self.env, left, op == BinaryOp::And);
        let secret = secret | self.knowing(facts, |typer| typer.condition(right));
        if secret { Ty::secret(Ty::Bool) } else { Ty::Bool }
    }

    fn two(&mut self, span: Span, op: BinaryOp, left: &'p Expr, right: &'p Expr) -> Ty {
        let (a, b) = self.sides(left, right);
        if flow::is_none(left) || flow::is_none(right) {
            // Whether a secret is set is not secret.
            return self.with_none(span, op, left, right, &a, &b);
        }
        let secret = a.is_secret() || b.is_secret();
        // A merged record keeps its secret fields apart from the others.
        let apart = op == BinaryOp::Merge && !matches!(a, Ty::Secret(_)) && !matches!(b, Ty::Secret(_));
        let (a, b) = if apart { (a, b) } else { (a.reveal(), b.reveal()) };
        if a == Ty::Error || b == Ty::Error {
            return result_of_unknown(op);
        }
        let equality = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        if !equality && (self.maybe_none(left.span, &a) | self.maybe_none(right.span, &b)) {
            return result_of_unknown(op);
        }
        let Some(ty) = result(op, &a, &b) else { return self.no_operator(span, op, &a, &b) };
        // Whether two values are equal is not secret.
        if secret && !apart && ty != Ty::Bool { Ty::secret(ty) } else { ty }
    }

    /// The types of both sides; `1.34` beside a version is a version.
    fn sides(&mut self, left: &'p Expr, right: &'p Expr) -> (Ty, Ty) {
        let (a, b) = (self.infer(left), self.infer(right));
        let version = |ty: &Ty| ty.present().reveal() == Ty::Version;
        match (is_decimal(left), is_decimal(right)) {
            (true, _) if version(&b) => (Ty::Version, b),
            (_, true) if version(&a) => (a, Ty::Version),
            _ => (a, b),
        }
    }

    fn with_none(&mut self, span: Span, op: BinaryOp, left: &Expr, right: &Expr, a: &Ty, b: &Ty) -> Ty {
        if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
            return Ty::Bool;
        }
        let at = if flow::is_none(left) { left.span } else { right.span };
        if a.is_silent() || b.is_silent() {
            return result_of_unknown(op);
        }
        let message = format!("`none` does not support `{}`", op.symbol());
        self.checker.report(Diagnostic::new(Code::MaybeNone, at, message).label(span, "in this expression"));
        Ty::Error
    }

    fn maybe_none(&mut self, span: Span, ty: &Ty) -> bool {
        let optional = matches!(ty, Ty::Optional(_) | Ty::None);
        if optional {
            let diagnostic = Diagnostic::new(Code::MaybeNone, span, "this may be `none`")
                .here(format!("a `{}`", ty.widen()))
                .help("add a default with `??`, or test it first: `if x != none then ... else ...`");
            self.checker.report(diagnostic);
        }
        optional
    }

    fn no_operator(&mut self, span: Span, op: BinaryOp, a: &Ty, b: &Ty) -> Ty {
        let message = match op {
            BinaryOp::Equal | BinaryOp::NotEqual => {
                format!("`{}` and `{}` can never be equal", a.widen(), b.widen())
            }
            BinaryOp::In => format!("`{}` cannot be in `{}`", a.widen(), b.widen()),
            _ => format!("`{}` does not apply to `{}` and `{}`", op.symbol(), a.widen(), b.widen()),
        };
        let diagnostic = Diagnostic::new(Code::TypeMismatch, span, message);
        self.checker.report(match advice(op, a, b) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
        result_of_unknown(op)
    }
}

fn advice(op: BinaryOp, a: &Ty, b: &Ty) -> Option<&'static str> {
    match (op, a.widen(), b.widen()) {
        (BinaryOp::Add, Ty::Record(_) | Ty::Map(_), _) => Some("`&` merges records"),
        (BinaryOp::Add, Ty::String, _) | (BinaryOp::Add, _, Ty::String) => {
            Some("join strings inside a string: \"${a}${b}\"")
        }
        (BinaryOp::Add, Ty::List(_), _) => Some("`+` joins two lists: `list + [value]`"),
        (BinaryOp::In, ..) => Some("`in` tests for an element of a list, or an address of a range"),
        _ => None,
    }
}

fn is_decimal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Decimal(_)) => true,
        ExprKind::Paren(inner) => is_decimal(inner),
        _ => false,
    }
}

fn result_of_unknown(op: BinaryOp) -> Ty {
    use BinaryOp::*;
    match op {
        Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual | In => Ty::Bool,
        _ => Ty::Error,
    }
}

/// What the operator gives, if it is defined for these types. Neither is secret or absent.
fn result(op: BinaryOp, a: &Ty, b: &Ty) -> Option<Ty> {
    use BinaryOp::*;
    match op {
        Equal | NotEqual => comparable(a, b).then_some(Ty::Bool),
        Less | LessEqual | Greater | GreaterEqual => {
            (comparable(a, b) && a.is_ordered() && b.is_ordered()).then_some(Ty::Bool)
        }
        In => member(a, b).then_some(Ty::Bool),
        Add => add(a, b),
        Merge => merge(a, b),
        _ => arithmetic(op, a, b),
    }
}

fn comparable(a: &Ty, b: &Ty) -> bool {
    let (a, b) = (a.present().widen(), b.present().widen());
    a.fits(&b) || b.fits(&a) || overlap(&a, &b) || overlap(&b, &a)
}

/// Whether a member of a union is also of the other type.
fn overlap(union: &Ty, other: &Ty) -> bool {
    matches!(union, Ty::Union(members) if members.iter().any(|m| m.fits(other) || other.fits(m)))
}

fn member(a: &Ty, b: &Ty) -> bool {
    match b {
        Ty::List(item) => comparable(a, item),
        Ty::Cidr => matches!(a, Ty::Ip | Ty::Cidr | Ty::Any),
        Ty::Map(_) | Ty::Record(_) => a.fits(&Ty::String),
        other => other.is_silent(),
    }
}

fn add(a: &Ty, b: &Ty) -> Option<Ty> {
    match (a.widen(), b.widen()) {
        (Ty::List(a), Ty::List(b)) => Some(Ty::list((*a).clone().join((*b).clone()))),
        (list @ Ty::List(_), Ty::Any) | (Ty::Any, list @ Ty::List(_)) => Some(list),
        (Ty::String | Ty::Path, Ty::String | Ty::Path) => Some(Ty::String),
        (Ty::String, Ty::Any) | (Ty::Any, Ty::String) => Some(Ty::String),
        _ => arithmetic(BinaryOp::Add, a, b),
    }
}

fn arithmetic(op: BinaryOp, a: &Ty, b: &Ty) -> Option<Ty> {
    use BinaryOp::*;
    Some(match (a, b) {
        (a, b) if a.is_silent() || b.is_silent() => Ty::Any,
        (Ty::Int, Ty::Int) => Ty::Int,
        (Ty::Int | Ty::Float, Ty::Int | Ty::Float) => Ty::Float,
        (Ty::Size | Ty::Duration, _) if a == b && matches!(op, Add | Subtract) => a.clone(),
        (Ty::Size, Ty::Size) if op == Divide => Ty::Int,
        (Ty::Size | Ty::Duration, Ty::Int) if matches!(op, Multiply | Divide) => a.clone(),
        _ => return None,
    })
}

fn merge(a: &Ty, b: &Ty) -> Option<Ty> {
    match (a, b) {
        (Ty::Flags, Ty::Flags) => Some(Ty::Flags),
        (Ty::Record(a), Ty::Record(b)) => Some(merged(a, b)),
        (Ty::Map(a), Ty::Map(b)) => Some(Ty::map((**a).clone().join((**b).clone()))),
        (Ty::Map(map), Ty::Record(record)) | (Ty::Record(record), Ty::Map(map)) => {
            let all = record.fields.values().fold((**map).clone(), |ty, field| ty.join(field.ty.clone()));
            Some(Ty::map(all))
        }
        (Ty::Any, Ty::Any | Ty::Map(_) | Ty::Record(_)) | (Ty::Map(_) | Ty::Record(_), Ty::Any) => Some(Ty::Any),
        (a, b) if a.is_silent() && b.is_silent() => Some(Ty::Error),
        _ => None,
    }
}

fn merged(a: &Record, b: &Record) -> Ty {
    let mut fields = a.fields.clone();
    for (key, member) in &b.fields {
        match fields.get(key) {
            // A right field that may be left out leaves the left one.
            Some(left) if member.optional => {
                let ty = left.ty.clone().join(member.ty.present());
                fields.insert(key.clone(), crate::check::ty::Member { ty, optional: left.optional });
            }
            _ => {
                fields.insert(key.clone(), member.clone());
            }
        }
    }
    Ty::Record(std::sync::Arc::new(Record { name: None, fields, open: a.open || b.open }))
}
