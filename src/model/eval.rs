//! Expressions to values.
//!
//! First-order and total: no recursion in the language, no clock, no environment. What names mean is in `name`, and in
//! `endpoint` and `record`; loops are in `each`, functions in `function`.

use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{
    BinaryOp, Expr, ExprKind, Field, Ident, Key, Literal, Name, Text, TextPart, Type, TypeKind, UnaryOp, Version,
};
use crate::text::{Count, List};

use super::scope::Scope;
use super::value::Record;
use super::work::{self};
use super::{EvalError, Sight, Value, complete, form, function, private_key};

mod each;
mod name;

/// A problem at a place.
pub fn eval_error(code: Code, span: Span, message: impl Into<String>) -> EvalError {
    Box::new(Diagnostic::new(code, span, message))
}

impl Sight<'_, '_> {
    /// The value of an expression.
    ///
    /// # Errors
    /// The first problem that prevents a value.
    pub fn eval(&self, scope: &mut Scope<'_>, expr: &Expr) -> Result<Value, EvalError> {
        scope.work.enter(expr.span)?;
        let value = self.eval_kind(scope, expr);
        scope.work.leave();
        value
    }

    fn eval_kind(&self, scope: &mut Scope<'_>, expr: &Expr) -> Result<Value, EvalError> {
        match &expr.kind {
            ExprKind::Error => Err(eval_error(Code::EvaluationFailed, expr.span, "this expression has a syntax error")),
            ExprKind::Literal(literal) => Ok(literal_value(literal)),
            ExprKind::Text(text) => self.eval_text(scope, text),
            ExprKind::Name(ident) => self.eval_name(scope, ident),
            ExprKind::Cert(ident) => self.eval_name(scope, ident),
            ExprKind::Field { value, field, optional } => self.eval_field(scope, value, field, *optional),
            ExprKind::Index { value, index } => self.eval_index(scope, value, index),
            ExprKind::Call { function, arguments } => function::call(*self, scope, function, arguments, expr.span),
            ExprKind::List(list) => {
                let values = list.iter().map(|e| self.eval(scope, e)).collect::<Result<Vec<_>, _>>()?;
                Ok(Value::List(values.into()))
            }
            ExprKind::Record { fields, .. } => self.eval_record(scope, fields),
            ExprKind::ListFor { value, each, condition } => {
                self.eval_list_for(scope, value, each, condition.as_deref())
            }
            ExprKind::MapFor { key, value, each, condition } => {
                self.eval_map_for(scope, (key, value), each, condition.as_deref())
            }
            ExprKind::If { condition, then, otherwise } => match (self.eval_bool(scope, condition)?, otherwise) {
                (true, _) => self.eval(scope, then),
                (false, Some(otherwise)) => self.eval(scope, otherwise),
                (false, None) => Ok(Value::None),
            },
            ExprKind::Unary { op, value } => self.eval_unary(scope, *op, value),
            ExprKind::Binary { op, left, right } => self.eval_binary(scope, *op, left, right),
            ExprKind::Paren(value) => self.eval(scope, value),
        }
    }

    /// The value of an expression where a type was declared: a `1.31` becomes a version where one is wanted.
    ///
    /// # Errors
    /// As [`Sight::eval`].
    pub fn eval_as(&self, scope: &mut Scope<'_>, expr: &Expr, ty: Option<&Type>) -> Result<Value, EvalError> {
        if let (ExprKind::Literal(Literal::Decimal(text)), Some(ty)) = (&expr.kind, ty)
            && names_version(ty)
            && let Some(version) = short_version(text)
        {
            return Ok(Value::Version(version));
        }
        let value = work::bounded(self.eval(scope, expr)?, expr.span)?;
        ty.map_or(Ok(()), |ty| form::conform(&value, expr, ty))?;
        let value = match ty {
            Some(ty) => complete::completed(value, ty),
            None => value,
        };
        match ty {
            Some(ty) if is_secret(ty) && !matches!(value, Value::None | Value::Secret(_)) => {
                Ok(Value::Secret(Arc::new(value)))
            }
            _ => Ok(value),
        }
    }

    /// The truth of a condition.
    ///
    /// # Errors
    /// As [`Sight::eval`], and when the value is not a `bool`.
    pub fn eval_bool(&self, scope: &mut Scope<'_>, expr: &Expr) -> Result<bool, EvalError> {
        match self.eval(scope, expr)?.reveal() {
            Value::Bool(value) => Ok(*value),
            other => Err(mismatch(expr.span, "bool", other)),
        }
    }

    /// The text of a string with its interpolations.
    ///
    /// # Errors
    /// As [`Sight::eval`], and when an interpolated value has no text.
    pub fn eval_text(&self, scope: &mut Scope<'_>, text: &Text) -> Result<Value, EvalError> {
        if let [TextPart::Text(only)] = text.parts.as_slice() {
            return Ok(private_key::guarded(Value::Text(only.clone())));
        }
        let mut out = String::new();
        let mut secret = false;
        for part in &text.parts {
            match part {
                TextPart::Text(piece) => out.push_str(piece),
                TextPart::Expr(expr) => {
                    let value = self.eval(scope, expr)?;
                    secret |= value.is_secret();
                    out.push_str(&value.scalar_text().ok_or_else(|| mismatch(expr.span, "a single value", &value))?);
                }
            }
        }
        scope.work.spend(out.len() as u64 / 16, text.span)?;
        let value = Value::Text(out.into());
        Ok(if secret { Value::Secret(Arc::new(value)) } else { private_key::guarded(value) })
    }

    fn eval_record(&self, scope: &mut Scope<'_>, fields: &[Field]) -> Result<Value, EvalError> {
        let mut record = Record::with_capacity_and_hasher(fields.len(), RandomState::default());
        for field in fields {
            let value = self.eval(scope, &field.value)?;
            if !(field.optional && value == Value::None) {
                record.insert(self.eval_key(scope, &field.key)?, value);
            }
        }
        Ok(Value::Record(Arc::new(record)))
    }

    /// The text of a key.
    ///
    /// # Errors
    /// As [`Sight::eval_text`].
    pub fn eval_key(&self, scope: &mut Scope<'_>, key: &Key) -> Result<Name, EvalError> {
        match key {
            Key::Name(ident) => Ok(ident.name.clone()),
            Key::Text(text) => match self.eval_text(scope, text)? {
                Value::Text(name) => Ok(name),
                Value::Secret(_) => Err(eval_error(Code::SecretExposed, text.span, "a secret cannot be a key")),
                other => Err(mismatch(text.span, "string", &other)),
            },
        }
    }

    fn eval_index(&self, scope: &mut Scope<'_>, value: &Expr, index: &Expr) -> Result<Value, EvalError> {
        let list = self.eval(scope, value)?;
        let at = self.eval(scope, index)?;
        match (list.reveal(), at.reveal()) {
            (Value::List(elements), Value::Int(at)) => {
                let found = usize::try_from(*at).ok().and_then(|i| elements.get(i));
                found.map(|value| part_of(&list, value)).ok_or_else(|| no_element(elements, *at, index.span))
            }
            (Value::Record(_), Value::Text(_)) if at.is_secret() => {
                Err(eval_error(Code::SecretExposed, index.span, "a secret cannot be a key"))
            }
            (Value::Record(record), Value::Text(key)) => record.get(key).map(|v| part_of(&list, v)).ok_or_else(|| {
                let help =
                    did_you_mean(key, record.keys().map(|k| &**k), "use `get(map, key)` if the key may be absent");
                Box::new(
                    Diagnostic::new(Code::EvaluationFailed, index.span, format!("the map has no key `{key}`"))
                        .help(help),
                )
            }),
            (Value::List(_), other) => Err(mismatch(index.span, "int", other)),
            (Value::Record(_), other) => Err(mismatch(index.span, "string", other)),
            (other, _) => Err(mismatch(value.span, "a list or a map", other)),
        }
    }

    fn eval_unary(&self, scope: &mut Scope<'_>, op: UnaryOp, expr: &Expr) -> Result<Value, EvalError> {
        let value = self.eval(scope, expr)?;
        match (op, value.reveal()) {
            (UnaryOp::Not, Value::Bool(value)) => Ok(Value::Bool(!value)),
            (UnaryOp::Minus, Value::Int(number)) => Ok(part_of(&value, &Value::Int(number.saturating_neg()))),
            (UnaryOp::Minus, Value::Float(number)) => Ok(part_of(&value, &Value::Float(-number))),
            (UnaryOp::Not, other) => Err(mismatch(expr.span, "bool", other)),
            (UnaryOp::Minus, other) => Err(mismatch(expr.span, "a number", other)),
        }
    }

    fn eval_binary(&self, scope: &mut Scope<'_>, op: BinaryOp, left: &Expr, right: &Expr) -> Result<Value, EvalError> {
        match op {
            BinaryOp::Default => match self.eval(scope, left)? {
                Value::None => self.eval(scope, right),
                value => Ok(value),
            },
            BinaryOp::Or => Ok(Value::Bool(self.eval_bool(scope, left)? || self.eval_bool(scope, right)?)),
            BinaryOp::And => Ok(Value::Bool(self.eval_bool(scope, left)? && self.eval_bool(scope, right)?)),
            BinaryOp::Equal | BinaryOp::NotEqual if is_none(right) && self.is_wired(scope, left).is_some() => {
                let wired = self.is_wired(scope, left) == Some(true);
                Ok(Value::Bool(wired == (op == BinaryOp::NotEqual)))
            }
            _ => {
                let a = self.eval(scope, left)?;
                let b = self.eval(scope, right)?;
                let (a, b) = (as_version(left, a, &b), as_version(right, b.clone(), &b));
                let b = as_version(right, b, &a);
                let span = left.span.to(right.span);
                scope.work.spend(function::weight(&a) + function::weight(&b), span)?;
                function::binary(op, &a, &b).map_err(|message| eval_error(Code::EvaluationFailed, span, message))
            }
        }
    }
}

fn is_none(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Literal::None))
}

/// A part of a value: what is taken out of a secret is one.
fn part_of(whole: &Value, part: &Value) -> Value {
    match (whole, part) {
        (Value::Secret(_), Value::Secret(_)) | (_, Value::None) => part.clone(),
        (Value::Secret(_), part) => Value::Secret(Arc::new(part.clone())),
        (_, part) => part.clone(),
    }
}

fn no_element(list: &[Value], at: i64, span: Span) -> EvalError {
    let help = match list.len() {
        0 => "use `first(list)` or `get(list, n)` if the list may be empty".to_owned(),
        len => format!("valid indexes are 0 to {}", len - 1),
    };
    let message = format!("index {at} is out of range: the list has {}", Count(list.len(), "element"));
    Box::new(Diagnostic::new(Code::EvaluationFailed, span, message).help(help))
}

/// Whether values of a declared type are secret.
pub(super) fn is_secret(ty: &Type) -> bool {
    match &ty.kind {
        TypeKind::Generic(name, _) => &*name.name == "secret",
        TypeKind::Optional(inner) => is_secret(inner),
        _ => false,
    }
}

/// A `1.34` on one side of an operator is a version when the other side is one.
fn as_version(expr: &Expr, value: Value, other: &Value) -> Value {
    match (&expr.kind, other.reveal()) {
        (ExprKind::Literal(Literal::Decimal(text)), Value::Version(_)) => {
            short_version(text).map_or(value, Value::Version)
        }
        _ => value,
    }
}

/// `1.34` as a version with patch 0.
pub fn short_version(text: &str) -> Option<Version> {
    let (major, minor) = text.split_once('.')?;
    Some(Version { major: major.parse().ok()?, minor: minor.parse().ok()?, patch: 0 })
}

fn names_version(ty: &Type) -> bool {
    match &ty.kind {
        TypeKind::Name(ident) => &*ident.name == "version",
        TypeKind::Optional(inner) => names_version(inner),
        TypeKind::Union(list) => list.iter().any(names_version),
        _ => false,
    }
}

fn literal_value(literal: &Literal) -> Value {
    match literal {
        Literal::None => Value::None,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Decimal(text) => Value::Float(text.parse().unwrap_or(0.0)),
        Literal::Size(value) => Value::Size(*value),
        Literal::Duration(value) => Value::Duration(*value),
        Literal::Percent(value) => Value::Percent(*value),
        Literal::Port(value) => Value::Port(*value),
        Literal::Ip(value) => Value::Ip(*value),
        Literal::Cidr(value) => Value::Cidr(*value),
        Literal::Version(value) => Value::Version(*value),
        Literal::Mode(value) => Value::Mode(*value),
        Literal::Path(value) => Value::Path(value.clone()),
    }
}

/// A field of a record.
pub fn field_of(value: &Value, field: &Ident) -> Result<Value, EvalError> {
    match value {
        Value::Record(record) => record.get(&field.name).cloned().ok_or_else(|| unknown_field(field, record)),
        Value::Secret(inner) => Ok(Value::Secret(Arc::new(field_of(inner, field)?))),
        other => Err(mismatch(field.span, "a record", other)),
    }
}

fn unknown_field(field: &Ident, record: &Record) -> EvalError {
    let known: Vec<&str> = record.keys().map(|k| &**k).collect();
    let help = did_you_mean(
        &field.name,
        known.iter().copied(),
        &format!("its fields are {}", List::ticked(known.iter().copied())),
    );
    Box::new(
        Diagnostic::new(Code::UnknownField, field.span, format!("no field is named `{}` here", field.name)).help(help),
    )
}

/// A value of another type than is wanted.
pub fn mismatch(span: Span, expected: &str, found: &Value) -> EvalError {
    let message = format!("expected {expected}, found `{}`", found.type_name());
    eval_error(Code::TypeMismatch, span, message)
}
