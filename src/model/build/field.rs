//! Reading the fields of a body with their types.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::check::ModuleId;
use crate::check::text_form::TextForm;
use crate::diag::{Code, Diagnostic};
use crate::model::endpoint::texts;
use crate::model::eval::{mismatch, short_version};
use crate::model::form::require;
use crate::model::layer::Written;
use crate::model::scope::Scope;
use crate::model::value::Record;
use crate::model::{EvalError, Sight, Value};
use crate::source::Span;
use crate::syntax::ast::{Body, ExprKind, Literal, Name, Version};

/// The fields of one statement's body, with what overlays set in their place.
pub struct Fields<'a, 'p> {
    pub sight: Sight<'a, 'p>,
    /// The name that `set NAME.field` uses.
    pub owner: &'a str,
    pub module: ModuleId,
    pub body: &'p Body,
    pub problems: &'a mut Vec<Diagnostic>,
}

/// The fields of a cluster, its machines and targets are written to world-readable files.
fn open(value: Value, span: Span) -> Result<Value, EvalError> {
    if !value.is_secret() {
        return Ok(value);
    }
    let problem =
        Diagnostic::new(Code::SecretExposed, span, "this field is world-readable, so it cannot hold a secret");
    Err(Box::new(problem.help("use secrets only in private files of components")))
}

impl<'p> Fields<'_, 'p> {
    /// Where a field's value is written; the body's place when it is not.
    pub fn span(&self, field: &str) -> Span {
        self.written(field).map_or(self.body.span, |written| written.expr.span)
    }

    pub(super) fn written(&self, field: &str) -> Option<Written<'p>> {
        self.sight.layers.field(self.owner, self.module, self.body, field)
    }

    /// Whether the model has a value for a field.
    pub fn is_written(&self, field: &str) -> bool {
        self.written(field).is_some()
    }

    /// The value of a field; `None` when it is absent or has a problem, which is kept.
    pub fn value(&mut self, field: &str) -> Option<Value> {
        let written = self.written(field)?;
        let value = self
            .sight
            .eval(&mut Scope::file(written.module), written.expr)
            .and_then(|value| open(value, written.expr.span));
        self.keep(value).filter(|value| *value != Value::None)
    }

    /// Keeps a problem of a text that is not of a form, at a field.
    pub fn require(&mut self, form: TextForm, text: &str, field: &str) {
        let result = require(form, text, self.span(field));
        self.keep(result);
    }

    fn keep<T>(&mut self, result: Result<T, EvalError>) -> Option<T> {
        result.map_err(|problem| self.problems.push(*problem)).ok()
    }

    fn typed<T>(&mut self, field: &str, expected: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let value = self.value(field)?;
        let read = read(value.reveal()).ok_or_else(|| mismatch(self.span(field), expected, &value));
        self.keep(read)
    }

    /// A version; `1.34` counts as `1.34.0`.
    pub fn version(&mut self, field: &str) -> Option<Version> {
        if let ExprKind::Literal(Literal::Decimal(text)) = &self.written(field)?.expr.kind {
            return short_version(text);
        }
        self.typed(field, "`version`", |value| match value {
            Value::Version(version) => Some(*version),
            _ => None,
        })
    }

    /// A range.
    pub fn range(&mut self, field: &str) -> Option<IpNet> {
        self.typed(field, "`cidr`", |value| match value {
            Value::Cidr(range) => Some(range.trunc()),
            _ => None,
        })
    }

    /// A range or a list of them.
    pub fn ranges(&mut self, field: &str) -> Vec<IpNet> {
        self.typed(field, "`cidr` or a list of them", ranges).unwrap_or_default()
    }

    /// Ranges by name.
    pub fn named_ranges(&mut self, field: &str) -> Vec<(Name, Vec<IpNet>)> {
        let read = |value: &Value| match value {
            Value::Record(map) => map.iter().map(|(name, value)| Some((name.clone(), ranges(value)?))).collect(),
            _ => None,
        };
        self.typed(field, "a map of `cidr`", read).unwrap_or_default()
    }

    /// A record; empty if it is absent.
    pub fn record(&mut self, field: &str) -> Record {
        let read = |value: &Value| match value {
            Value::Record(record) => Some((**record).clone()),
            _ => None,
        };
        self.typed(field, "a record", read).unwrap_or_default()
    }

    /// An address.
    pub fn address(&mut self, field: &str) -> Option<IpAddr> {
        self.typed(field, "`ip`", crate::model::endpoint::ip)
    }

    /// A list of addresses.
    pub fn addresses(&mut self, field: &str) -> Vec<IpAddr> {
        let read = |value: &Value| match value {
            Value::List(list) => list.iter().map(crate::model::endpoint::ip).collect(),
            _ => None,
        };
        self.typed(field, "a list of `ip`", read).unwrap_or_default()
    }

    /// A text.
    pub fn text(&mut self, field: &str) -> Option<Name> {
        self.typed(field, "`string`", |value| match value {
            Value::Text(text) | Value::Path(text) => Some(text.clone()),
            _ => None,
        })
    }

    /// A list of texts.
    pub fn texts(&mut self, field: &str) -> Vec<Name> {
        self.value(field).map(|value| texts(&value)).unwrap_or_default()
    }

    /// A number.
    pub fn number(&mut self, field: &str) -> Option<f64> {
        self.typed(field, "a number", |value| match value {
            Value::Int(value) => Some(*value as f64),
            Value::Float(value) => Some(*value),
            _ => None,
        })
    }

    /// A size in bytes.
    pub fn size(&mut self, field: &str) -> Option<u64> {
        self.typed(field, "`size`", |value| match value {
            Value::Size(bytes) => Some(*bytes),
            _ => None,
        })
    }

    /// A duration in milliseconds.
    pub fn duration(&mut self, field: &str) -> Option<u64> {
        self.typed(field, "`duration`", |value| match value {
            Value::Duration(milliseconds) => Some(*milliseconds),
            _ => None,
        })
    }

    /// Reports that a field has a value of another kind.
    pub(super) fn mismatch(&mut self, field: &str, expected: &str, value: &Value) {
        self.problems.push(*mismatch(self.span(field), expected, value));
    }

    /// Reports that a field must be given.
    pub fn missing(&mut self, field: &str, head: Span, what: &str) {
        let problem = Diagnostic::new(Code::MissingField, head, format!("{what} has no `{field}`"));
        self.problems.push(problem.help(format!("add `{field} = ...`")));
    }
}

/// The ranges of a value, when it is one range or a list of them.
pub fn ranges(value: &Value) -> Option<Vec<IpNet>> {
    let one = |value: &Value| match value {
        Value::Cidr(range) => Some(range.trunc()),
        _ => None,
    };
    match value.reveal() {
        Value::List(list) => list.iter().map(one).collect(),
        value => one(value).map(|range| vec![range]),
    }
}
