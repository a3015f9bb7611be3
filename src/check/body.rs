//! The fields between braces, checked against their schema.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::SymbolKind;
use super::index::{NameKind, Target};
use super::interface::InterfaceField;
use super::probe::Wanted;
use super::schema::{Schema, Takes};
use super::ty::Ty;
use super::typing::env::Sight;
use super::typing::expr::Typer;
use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{Body, EndpointKind, Expr, ExprKind, Field, Ident, Name};
use crate::text::List;

/// The type found for each field that was given.
pub(super) type FieldTypes = HashMap<Name, Ty>;

/// More fields than the schema's: those of an interface.
pub(super) type More = IndexMap<Name, InterfaceField>;

impl<'p> Typer<'_, 'p> {
    /// Checks a body; `head` is the name of what it belongs to.
    pub fn body(&mut self, schema: &Schema, body: &'p Body, head: Span) -> FieldTypes {
        self.body_with(schema, &More::new(), body, head)
    }

    /// Checks a body that may have more fields than its schema says.
    pub fn body_with(&mut self, schema: &Schema, more: &More, body: &'p Body, head: Span) -> FieldTypes {
        let found = self.given_fields(schema, more, body);
        for (name, spec) in &schema.fields {
            if spec.required && !found.contains_key(*name) {
                self.missing(schema, name, type_of(&spec.takes), head);
            }
        }
        found
    }

    fn given_fields(&mut self, schema: &Schema, more: &More, body: &'p Body) -> FieldTypes {
        self.unique_keys(&body.fields);
        let mut found = FieldTypes::new();
        for field in &body.fields {
            let Some(name) = field.key.plain() else {
                self.key(&field.key);
                self.infer(&field.value);
                self.unknown_field(schema, more, "${...}", field);
                continue;
            };
            let ty = self.given(schema, more, &name, field);
            found.insert(name, ty);
        }
        found
    }

    fn given(&mut self, schema: &Schema, more: &More, name: &Name, field: &'p Field) -> Ty {
        if let Some(spec) = schema.fields.get(&**name) {
            self.checker.refer_row(schema, field.key.span(), name);
            return self.takes(&spec.takes, field);
        }
        if let Some(known) = more.get(name) {
            return self.interface_field(known, field);
        }
        self.infer(&field.value);
        self.unknown_field(schema, more, name, field);
        Ty::Error
    }

    fn interface_field(&mut self, known: &InterfaceField, field: &'p Field) -> Ty {
        self.checker.refer(field.key.span(), Target::Declared(NameKind::InterfaceField, known.span));
        let wanted = if field.optional { Ty::optional(known.ty.clone()) } else { known.ty.clone() };
        let found = self.check_declared(&field.value, &wanted, known.span, "declared in the interface");
        if found.is_secret() && !known.ty.is_secret() {
            let message = "this field of the interface is not declared as a secret, so it cannot hold one";
            self.checker.report(super::mismatch::exposed(field.value.span, message));
        }
        found
    }

    fn takes(&mut self, takes: &Takes, field: &'p Field) -> Ty {
        match takes {
            Takes::Value(ty) => self.against(field, ty),
            Takes::Cert => self.certificate(&field.value),
            Takes::Authority => {
                self.authority(&field.value);
                Ty::Error
            }
            Takes::Endpoint => {
                self.own_endpoint(&field.value);
                Ty::Error
            }
        }
    }

    fn certificate(&mut self, value: &'p Expr) -> Ty {
        if let ExprKind::Name(name) = &value.kind {
            self.probe_name(name, Wanted::Cert);
        }
        if let ExprKind::Name(name) = &value.kind {
            let is_cert = matches!(&self.env.sight, Sight::Component(info) if info.certs.contains_key(&name.name));
            if is_cert {
                let message = format!("expected a certificate, found the value `{}`", name.name);
                let diagnostic = Diagnostic::new(Code::WrongKind, value.span, message)
                    .help(format!("use `cert {}`", name.name))
                    .safe_fix(value.span, format!("cert {}", name.name), "use the certificate");
                self.checker.report(diagnostic);
                return Ty::Error;
            }
        }
        let found = self.infer(value);
        let named = matches!(value.kind, ExprKind::Cert(_));
        if !named && !found.is_silent() {
            let message = format!("expected a certificate, found `{}`", found.widen());
            self.checker.report(Diagnostic::new(Code::WrongKind, value.span, message).help("use `cert NAME`"));
        }
        found
    }

    fn authority(&mut self, value: &'p Expr) {
        match &value.kind {
            ExprKind::Name(name) => {
                self.probe_name(name, Wanted::Authority);
                self.checker.reference(self.env.module, name, SymbolKind::Authority);
            }
            _ => self.not_a_name(value, "an authority"),
        }
    }

    fn own_endpoint(&mut self, value: &'p Expr) {
        let (ExprKind::Name(name), Sight::Component(info)) = (&value.kind, self.env.sight.clone()) else {
            return self.not_a_name(value, "a `requires` endpoint of this component");
        };
        self.probe_name(name, Wanted::Endpoint);
        match info.endpoints.get(&name.name) {
            Some(endpoint) if endpoint.endpoint.kind == EndpointKind::Requires => {
                let target = Target::Declared(NameKind::Endpoint, endpoint.endpoint.name.span);
                self.checker.refer(name.span, target);
            }
            Some(endpoint) => {
                let message = format!("`{}` is not a `requires` endpoint", name.name);
                let diagnostic = Diagnostic::new(Code::WrongKind, name.span, message);
                self.checker.report(diagnostic.label(endpoint.endpoint.name.span, "declared here"));
            }
            None => self.no_endpoint(name, &info.endpoints.keys().cloned().collect::<Vec<_>>()),
        }
    }

    fn no_endpoint(&mut self, name: &Ident, known: &[Name]) {
        let message = format!("this component has no endpoint `{}`", name.name);
        let fallback = match known.is_empty() {
            true => "it has none".into(),
            false => format!("it has {}", List::ticked(known.iter()).most(20)),
        };
        let help = did_you_mean(&name.name, known.iter().map(|known| &**known), &fallback);
        self.checker.report(Diagnostic::new(Code::UnknownEndpoint, name.span, message).help(help));
    }

    fn not_a_name(&mut self, value: &'p Expr, wanted: &str) {
        if !matches!(value.kind, ExprKind::Error) && self.infer(value) != Ty::Error {
            let message = format!("expected the name of {wanted}");
            self.checker.report(Diagnostic::new(Code::WrongKind, value.span, message));
        }
    }

    fn unknown_field(&mut self, schema: &Schema, more: &More, name: &str, field: &Field) {
        let span = field.key.span();
        let message = format!("`{}` has no field `{name}`", schema.name);
        let names = || schema.names().chain(more.keys().map(|key| &**key));
        let list = List::ticked(names());
        let help = did_you_mean(name, names(), &format!("its fields are {list}"));
        let diagnostic = Diagnostic::new(Code::UnknownField, span, message).help(help);
        self.checker.report(diagnostic.fix_near(span));
    }

    /// Says that a field must be given.
    pub fn missing(&mut self, schema: &Schema, name: &str, ty: String, head: Span) {
        let message = format!("`{}` needs the field `{name}`", schema.name);
        let doc = schema.rows.iter().find(|row| row.name == name).map_or("", |row| row.doc);
        let help = format!("add `{name} = ...`, {ty}: {}", sentence(doc));
        self.checker.report(Diagnostic::new(Code::MissingField, head, message).help(help));
    }
}

/// A row's doc inside a sentence.
fn sentence(doc: &str) -> String {
    let mut chars = doc.trim_end_matches('.').chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn type_of(takes: &Takes) -> String {
    match takes {
        Takes::Value(ty) => format!("of type `{ty}`"),
        Takes::Cert => "as `cert NAME`".into(),
        Takes::Authority => "the name of an authority".into(),
        Takes::Endpoint => "the name of a `requires` endpoint".into(),
    }
}
