//! What may stand in each body, as data: the fields of every statement and item, their types and what they mean.
//!
//! The same rows serve the checker and the editor.

use std::sync::LazyLock;

use indexmap::IndexMap;

use super::ty::Ty;
use super::type_syntax;

pub mod endpoint;
pub mod item;
pub mod statement;
pub mod target;

/// One field of a body.
#[derive(Clone, Copy, Debug)]
pub struct FieldRow {
    pub name: &'static str,
    /// A type in the notation of the language, or `@cert`, `@authority`, `@endpoint` for a reference.
    pub ty: &'static str,
    pub required: bool,
    pub doc: &'static str,
}

/// A field that may be left out.
const fn field(name: &'static str, ty: &'static str, doc: &'static str) -> FieldRow {
    FieldRow { name, ty, required: false, doc }
}

/// A field that must be given.
const fn required(name: &'static str, ty: &'static str, doc: &'static str) -> FieldRow {
    FieldRow { name, ty, required: true, doc }
}

/// All fields of one kind of body.
#[derive(Debug)]
pub struct Schema {
    /// How the thing is called: `machines`, `unit`.
    pub name: &'static str,
    pub rows: &'static [FieldRow],
    pub fields: IndexMap<&'static str, Spec>,
}

/// One field, ready to be checked against.
#[derive(Debug)]
pub struct Spec {
    pub takes: Takes,
    pub required: bool,
}

/// What a field takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Takes {
    Value(Ty),
    /// `cert NAME`, a certificate of the component.
    Cert,
    /// The name of an authority.
    Authority,
    /// The name of a `requires` endpoint of the component.
    Endpoint,
}

/// A schema, made when it is first asked for.
pub type Lazy = LazyLock<Schema>;

impl Schema {
    fn new(name: &'static str, rows: &'static [FieldRow]) -> Self {
        let spec = |row: &FieldRow| (row.name, Spec { takes: takes(row.ty), required: row.required });
        Self { name, rows, fields: rows.iter().map(spec).collect() }
    }

    /// The names of the fields, in the order of the reference.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().copied()
    }
}

/// The schema with this name.
pub fn named(name: &str) -> Option<&'static Schema> {
    all().find(|schema| schema.name == name)
}

/// Every schema.
pub(super) fn all() -> impl Iterator<Item = &'static Schema> {
    use crate::syntax::ast::EndpointKind::{Peers, Provides, Requires};
    let statements = [
        &statement::CLUSTER,
        &statement::MACHINES,
        &statement::RELATE,
        &statement::AUTHORITY,
        &statement::KEYPAIR,
        &statement::SECRET,
        &statement::INTERFACE,
        &statement::CHECK,
    ];
    let items = [
        &item::CERT,
        &item::KUBECONFIG,
        &item::UNIT,
        &item::FILE,
        &item::DIR,
        &item::ARTIFACT,
        &item::IMAGE,
        &item::LISTEN,
        &item::ADDRESS,
        &item::RANGE,
        &item::IMMUTABLE,
        &item::FIREWALL,
    ];
    let lazy = statements.into_iter().chain(items).map(|schema| &**schema);
    lazy.chain([Provides, Requires, Peers].map(endpoint::of)).chain(target::all())
}

fn takes(text: &'static str) -> Takes {
    match text {
        "@cert" => Takes::Cert,
        "@authority" => Takes::Authority,
        "@endpoint" => Takes::Endpoint,
        _ => Takes::Value(type_syntax::ty(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A type that is mistyped panics when its table is read, instead of taking anything.
    #[test]
    fn every_type_of_every_body_is_read() {
        let fields: usize = all().map(|schema| schema.fields.len()).sum();
        let rows: usize = all().map(|schema| schema.rows.len()).sum();
        assert!(fields > 100 && fields == rows, "{fields} of {rows}: a name is there twice");
    }
}
