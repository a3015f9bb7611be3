//! The parts of machines, such as their interfaces and disks: those of the group, with what is said of a machine alone over them.

use std::sync::Arc;

use crate::model::Value;
use crate::model::value::Record;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Name};

use super::Fields;
use super::naming::Own;

/// Reads a part from its name, its place and its fields.
type Read<T> = fn(&Name, Span, &Record) -> T;

/// The parts of a group's machines of one kind.
pub(super) struct Parts<T> {
    field: &'static str,
    read: Read<T>,
    fields: Record,
    spans: Vec<(Name, Span)>,
    /// Of machines about which nothing more is said.
    shared: Arc<[T]>,
}

impl<T> Parts<T> {
    /// Reads those of a group.
    pub(super) fn read(fields: &mut Fields<'_, '_>, field: &'static str, read: Read<T>) -> Self {
        let own = fields.record(field);
        let whole = fields.span(field);
        let written = fields.written(field).map(|written| written.expr);
        let spans: Vec<_> = own.iter().map(|(name, _)| (name.clone(), place(written, name, whole))).collect();
        let shared = parts(read, &own, |name| span_of(&spans, name).unwrap_or(whole));
        Self { field, read, fields: own, spans, shared }
    }

    /// Those of a machine.
    pub(super) fn of(&self, own: Option<&Own>) -> Arc<[T]> {
        let Some(own) = own else { return Arc::clone(&self.shared) };
        let Some(Value::Record(more)) = own.setting(self.field) else { return Arc::clone(&self.shared) };
        let mut all = self.fields.clone();
        for (name, fields) in more.iter() {
            let merged = merged(all.get(name), fields);
            all.insert(name.clone(), merged);
        }
        let is_said = |name: &Name| more.get(name).is_some();
        parts(self.read, &all, |name| span_of(&self.spans, name).filter(|_| !is_said(name)).unwrap_or(own.span))
    }
}

/// The fields of one, with others over them.
fn merged(under: Option<&Value>, over: &Value) -> Value {
    match (under, over) {
        (Some(Value::Record(under)), Value::Record(over)) => {
            let mut all = (**under).clone();
            all.extend(over.iter().map(|(name, value)| (name.clone(), value.clone())));
            Value::Record(all.into())
        }
        _ => over.clone(),
    }
}

fn parts<T>(make: Read<T>, all: &Record, span: impl Fn(&Name) -> Span) -> Arc<[T]> {
    let read = |(name, value): (&Name, &Value)| match value {
        Value::Record(fields) => Some(make(name, span(name), fields)),
        _ => None,
    };
    all.iter().filter_map(read).collect()
}

fn span_of(spans: &[(Name, Span)], name: &Name) -> Option<Span> {
    spans.iter().find(|(known, _)| known == name).map(|(_, span)| *span)
}

/// Where a key of a record is written; the whole, if it is not written out.
fn place(written: Option<&Expr>, name: &str, whole: Span) -> Span {
    let Some(ExprKind::Record { fields, .. }) = written.map(|expr| &expr.kind) else { return whole };
    let field = fields.iter().find(|field| field.key.plain().is_some_and(|key| *key == *name));
    field.map_or(whole, |field| field.key.span())
}
