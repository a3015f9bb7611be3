//! Texts of the form that their place asks for: a `host`, a `url`, one line.
//!
//! Such a text stands in a file of another program, so it is refused where it is written, before any file is made of it.

use crate::check::text_form::{self, TextForm};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Key, Type, TypeKind};

use super::{EvalError, Value};

/// Refuses a value with a text that is not of the form that a declared type asks for.
pub(super) fn conform(value: &Value, expr: &Expr, ty: &Type) -> Result<(), EvalError> {
    if text_form::is_formed(ty) { part(value, Place { expr: Some(expr), span: expr.span }, ty) } else { Ok(()) }
}

/// As [`conform`], of a value that is not written in the model.
pub(super) fn conform_at(value: &Value, span: Span, ty: &Type) -> Result<(), EvalError> {
    if text_form::is_formed(ty) { part(value, Place { expr: None, span }, ty) } else { Ok(()) }
}

/// Refuses a text that is not of a form.
///
/// # Errors
/// What it is not, and what would be.
pub fn require(form: TextForm, text: &str, span: Span) -> Result<(), EvalError> {
    if form.admits(text) { Ok(()) } else { Err(unfit(form, &format!("`{}`", text.escape_debug()), span)) }
}

fn unfit(form: TextForm, text: &str, span: Span) -> EvalError {
    let message = format!("{text} is not a valid `{}`", form.name());
    Box::new(Diagnostic::new(Code::InvalidText, span, message).help(form.rule()))
}

/// Where a part of a value is written, if it is written as such.
#[derive(Clone, Copy)]
struct Place<'a> {
    expr: Option<&'a Expr>,
    span: Span,
}

impl<'a> Place<'a> {
    fn element(self, index: usize, count: usize) -> Self {
        match self.expr.map(|expr| &expr.kind) {
            Some(ExprKind::List(list)) if list.len() == count => Self::of(&list[index]),
            _ => Self { expr: None, ..self },
        }
    }

    /// The place of a key, and that of its value.
    fn field(self, name: &str) -> (Span, Self) {
        let Some(ExprKind::Record { fields, .. }) = self.expr.map(|expr| &expr.kind) else {
            return (self.span, Self { expr: None, ..self });
        };
        let is_named = |key: &Key| key.plain().is_some_and(|key| *key == *name);
        match fields.iter().find(|field| is_named(&field.key)) {
            Some(field) => (field.key.span(), Self::of(&field.value)),
            None => (self.span, Self { expr: None, ..self }),
        }
    }

    fn of(expr: &'a Expr) -> Self {
        match &expr.kind {
            ExprKind::Paren(inner) => Self::of(inner),
            _ => Self { expr: Some(expr), span: expr.span },
        }
    }
}

fn part(value: &Value, place: Place<'_>, ty: &Type) -> Result<(), EvalError> {
    match (&ty.kind, value.reveal()) {
        (TypeKind::Name(name), Value::Text(text)) => match TextForm::named(&name.name) {
            Some(form) if value.is_secret() && !form.admits(text) => Err(unfit(form, "this secret", place.span)),
            Some(form) => require(form, text, place.span),
            None => Ok(()),
        },
        (TypeKind::Generic(_, inner), Value::List(list)) => {
            list.iter().enumerate().try_for_each(|(i, value)| part(value, place.element(i, list.len()), inner))
        }
        (TypeKind::Generic(name, inner), Value::Record(map)) if &*name.name == "map" => {
            map.iter().try_for_each(|(key, value)| entry(key, value, place, inner))
        }
        (TypeKind::Generic(_, inner) | TypeKind::Optional(inner), _) => part(value, place, inner),
        (TypeKind::Record(fields), Value::Record(record)) => fields.iter().try_for_each(|(name, _, ty)| {
            record.get(&name.name).map_or(Ok(()), |value| part(value, place.field(&name.name).1, ty))
        }),
        (TypeKind::Union(members), _) => union(value, place, members),
        _ => Ok(()),
    }
}

/// The keys of such a map stand in a file beside their values, so they are words.
fn entry(key: &str, value: &Value, place: Place<'_>, ty: &Type) -> Result<(), EvalError> {
    let (key_span, inner) = place.field(key);
    require(TextForm::Word, key, key_span)?;
    part(value, inner, ty)
}

/// One member is enough.
fn union(value: &Value, place: Place<'_>, members: &[Type]) -> Result<(), EvalError> {
    let fits = |ty: &Type| match (&ty.kind, value.reveal()) {
        (TypeKind::Text(text), Value::Text(found)) => text == found,
        (TypeKind::Text(_), _) => false,
        (TypeKind::Generic(..), Value::Text(_)) => false,
        _ => part(value, place, ty).is_ok(),
    };
    match members.iter().find(|ty| text_form::is_formed(ty)) {
        Some(first) if !members.iter().any(fits) => part(value, place, first),
        _ => Ok(()),
    }
}
