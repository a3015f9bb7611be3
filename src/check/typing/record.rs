//! Records: literals, their fields, and taking a field or an element.

use std::sync::Arc;

use indexmap::IndexMap;

use super::expr::Typer;
use crate::check::mismatch;
use crate::check::ty::{Member, Record, Ty};
use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Field, Ident, Key, Literal, Name};
use crate::text::List;

impl<'p> Typer<'_, 'p> {
    /// A record literal that nothing is expected of.
    pub fn record(&mut self, fields: &'p [Field]) -> Ty {
        let mut members = IndexMap::new();
        let mut open = false;
        let mut secret = false;
        self.unique_keys(fields);
        for field in fields {
            secret |= self.key(&field.key);
            let ty = self.infer(&field.value);
            match field.key.plain() {
                Some(key) => {
                    members.insert(key, member(field, ty));
                }
                // A key that is known only later: its value may be behind any name.
                None => {
                    open = true;
                    secret |= ty.is_secret();
                }
            }
        }
        let record = Ty::Record(Arc::new(Record { name: None, fields: members, open }));
        if secret { Ty::secret(Ty::Any) } else { record }
    }

    /// Checks a key's interpolations; true when they hold a secret.
    pub fn key(&mut self, key: &'p Key) -> bool {
        match key {
            Key::Name(_) => false,
            Key::Text(text) => self.text(text).is_secret(),
        }
    }

    /// Says which keys stand twice.
    pub fn unique_keys(&mut self, fields: &[Field]) {
        let mut seen: std::collections::HashMap<Name, Span> = Default::default();
        for field in fields {
            let Some(key) = field.key.plain() else { continue };
            let span = field.key.span();
            if let Some(first) = seen.insert(key.clone(), span) {
                let message = format!("the field `{key}` is set twice");
                let diagnostic = Diagnostic::new(Code::DuplicateField, span, message).label(first, "first set here");
                self.checker.report(diagnostic.help("keep one of them"));
            }
        }
    }

    /// A record literal where a record with known fields is expected.
    pub fn record_against(&mut self, span: Span, fields: &'p [Field], expected: &Record) -> Ty {
        let mut members = IndexMap::new();
        self.probe_keys(span, expected);
        self.unique_keys(fields);
        for field in fields {
            let Some(key) = field.key.plain() else {
                self.key(&field.key);
                self.infer(&field.value);
                continue;
            };
            let Some(wanted) = expected.fields.get(&key) else {
                self.infer(&field.value);
                self.unexpected_field(&key, field.key.span(), expected);
                continue;
            };
            let ty = self.against(field, &wanted.ty);
            members.insert(key, member(field, ty));
        }
        self.missing_fields(span, fields, expected);
        Ty::Record(Arc::new(Record { name: None, fields: members, open: expected.open }))
    }

    /// Checks a field's value, which may be `none` when the key is written with `?`.
    pub fn against(&mut self, field: &'p Field, wanted: &Ty) -> Ty {
        match field.optional {
            true => self.check(&field.value, &Ty::optional(wanted.clone())),
            false => self.check(&field.value, wanted),
        }
    }

    fn unexpected_field(&mut self, key: &Name, span: Span, expected: &Record) {
        if expected.open {
            return;
        }
        let diagnostic = Diagnostic::new(Code::UnknownField, span, format!("unexpected field `{key}`"));
        let known = expected.fields.keys();
        let fallback = format!("the fields are {}", List::ticked(known.clone()).most(20));
        let diagnostic = diagnostic.help(did_you_mean(key, known.map(|k| &**k), &fallback));
        self.checker.report(diagnostic.fix_near(span));
    }

    fn missing_fields(&mut self, span: Span, fields: &[Field], expected: &Record) {
        let given = |key: &Name| fields.iter().any(|field| field.key.plain().as_ref() == Some(key));
        for (key, member) in &expected.fields {
            if !member.optional && !given(key) && !matches!(member.ty, Ty::Optional(_)) {
                let message = format!("the field `{key}` is missing");
                let diagnostic = Diagnostic::new(Code::MissingField, span, message);
                self.checker.report(diagnostic.help(format!("add `{key} = ...`, a `{}`", member.ty)));
            }
        }
    }

    /// A record literal where a map is expected.
    pub fn map_against(&mut self, fields: &'p [Field], item: &Ty) -> Ty {
        self.unique_keys(fields);
        let mut found = Ty::Never;
        for field in fields {
            let secret = self.key(&field.key);
            let ty = self.against(field, item).present();
            found = found.join(if secret { Ty::secret(ty) } else { ty });
        }
        Ty::map(found)
    }

    /// `value.field`, or `value?.field`.
    pub fn field(&mut self, value: &'p Expr, field: &Ident, optional: bool) -> Ty {
        let found = self.infer(value);
        self.refer_member(value, &found, field);
        self.probe_member(field, &found);
        match &found {
            Ty::Optional(inner) if optional => Ty::optional(self.field_of(inner, field)),
            Ty::Optional(inner) => {
                // Asking for a field that is not there at all is the more useful thing to say.
                let ty = self.field_of(inner, field);
                if ty != Ty::Error {
                    self.field_of_none(value, field);
                }
                ty
            }
            _ => self.field_of(&found, field),
        }
    }

    fn field_of_none(&mut self, value: &Expr, field: &Ident) {
        let at = Span::new(value.span.source, value.span.end, value.span.end);
        let message = format!("this may be `none`, which has no field `{}`", field.name);
        let help = "use `?.` and a default with `??`, or test it first: `if x != none then ...`";
        let diagnostic = Diagnostic::new(Code::MaybeNone, value.span, message).help(help);
        self.checker.report(diagnostic.fix(at, "?", "use `?.`"));
    }

    fn field_of(&mut self, ty: &Ty, field: &Ident) -> Ty {
        match ty {
            Ty::Any => Ty::Any,
            Ty::Secret(inner) if **inner == Ty::Any => ty.clone(),
            Ty::Map(item) => (**item).clone(),
            Ty::Record(record) => match record.fields.get(&field.name) {
                Some(member) => member.ty.clone(),
                None if record.open => Ty::Any,
                None => self.no_such_field(record, field),
            },
            ty if ty.is_silent() => Ty::Error,
            ty => {
                let message = format!("`{}` has no fields", ty.widen());
                self.checker.report(Diagnostic::new(Code::UnknownField, field.span, message));
                Ty::Error
            }
        }
    }

    fn no_such_field(&mut self, record: &Record, field: &Ident) -> Ty {
        let name = &field.name;
        let (code, message) = match record.name {
            Some("option") => (Code::UnknownOption, format!("this component has no option `{name}`")),
            Some(noun) => (Code::UnknownField, format!("`{noun}` has no field `{name}`")),
            None => (Code::UnknownField, format!("unknown field `{name}`")),
        };
        let known = || record.fields.keys().map(|key| &**key);
        let fallback = match record.fields.is_empty() {
            true => "it has none".into(),
            false => format!("it has {}", List::ticked(record.fields.keys()).most(20)),
        };
        let diagnostic = Diagnostic::new(code, field.span, message).help(did_you_mean(name, known(), &fallback));
        self.checker.report(diagnostic.fix_near(field.span));
        Ty::Error
    }

    /// `value[index]`.
    pub fn index(&mut self, value: &'p Expr, index: &'p Expr) -> Ty {
        match self.infer(value) {
            Ty::List(item) => {
                self.check(index, &Ty::Int);
                (*item).clone()
            }
            Ty::Map(item) => {
                self.check(index, &Ty::String);
                (*item).clone()
            }
            Ty::Record(record) => self.index_record(&record, index),
            Ty::Optional(inner) => {
                let diagnostic = mismatch::explain(value.span, &Ty::Optional(inner.clone()), &inner, None);
                self.checker.report(diagnostic);
                self.infer(index);
                Ty::Error
            }
            found => {
                self.infer(index);
                self.index_other(value.span, found)
            }
        }
    }

    fn index_record(&mut self, record: &Record, index: &'p Expr) -> Ty {
        match &index.kind {
            ExprKind::Text(text) => match text.plain() {
                Some(name) => self.field_of(&Ty::Record(Arc::new(record.clone())), &Ident { name, span: index.span }),
                None => {
                    self.text(text);
                    Ty::Any
                }
            },
            ExprKind::Literal(Literal::Int(_)) => {
                self.check(index, &Ty::String);
                Ty::Error
            }
            _ => {
                self.check(index, &Ty::String);
                Ty::Any
            }
        }
    }

    fn index_other(&mut self, span: Span, found: Ty) -> Ty {
        match found {
            Ty::Any => Ty::Any,
            Ty::Secret(_) => Ty::secret(Ty::Any),
            found if found.is_silent() => Ty::Error,
            found => {
                let message = format!("`{}` has no elements", found.widen());
                self.checker.report(
                    Diagnostic::new(Code::TypeMismatch, span, message)
                        .help("only lists and maps have elements elements"),
                );
                Ty::Error
            }
        }
    }
}

/// A field of a literal; with `k?` it is left out when it is `none`.
fn member(field: &Field, ty: Ty) -> Member {
    Member { optional: field.optional && matches!(ty, Ty::Optional(_) | Ty::None), ty }
}
