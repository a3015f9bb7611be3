//! What an interface declares, and the record that an endpoint is in expressions.

use std::sync::Arc;

use indexmap::IndexMap;

use super::ModuleId;
use super::checker::Checker;
use super::ty::{Member, Record, Ty};
use super::type_syntax::ty;
use crate::source::Span;
use crate::syntax::ast::{self, Cardinality, EndpointKind, Name};

/// An interface with the types of its fields.
pub struct InterfaceInfo {
    pub fields: IndexMap<Name, InterfaceField>,
}

/// One `field` of an interface.
#[derive(Clone, Debug)]
pub struct InterfaceField {
    pub ty: Ty,
    /// It has no default and is not optional: each provider must give it.
    pub required: bool,
    pub span: Span,
}

impl InterfaceInfo {
    pub fn read<'p>(checker: &mut Checker<'p>, module: ModuleId, interface: &'p ast::Interface) -> Self {
        let mut fields = IndexMap::new();
        for field in &interface.fields {
            let ty = checker.annotation(module, &field.ty);
            let required = field.default.is_none() && !matches!(ty, Ty::Optional(_) | Ty::Error);
            fields.entry(field.name.name.clone()).or_insert(InterfaceField { ty, required, span: field.name.span });
        }
        Self { fields }
    }

    fn members(&self) -> impl Iterator<Item = (Name, Ty)> + '_ {
        self.fields.iter().map(|(name, field)| (name.clone(), field.ty.clone()))
    }
}

/// What an endpoint is in expressions; an unknown interface leaves its fields open.
pub(super) fn endpoint_type(kind: EndpointKind, cardinality: Cardinality, interface: Option<&InterfaceInfo>) -> Ty {
    let unit = unit(interface);
    let mut fields = Fields::default();
    match kind {
        EndpointKind::Provides => provides(&mut fields, unit),
        EndpointKind::Requires => requires(&mut fields, unit),
        EndpointKind::Peers => {
            requires(&mut fields, unit.clone());
            fields.add("others", Ty::list(unit));
        }
    }
    // The first unit of all there are may not be there.
    let many = cardinality == Cardinality::Many;
    interface.into_iter().flat_map(InterfaceInfo::members).for_each(|(name, ty)| fields.add(name, ty));
    let record = fields.finish(interface.is_none(), many);
    match cardinality {
        Cardinality::Optional => Ty::optional(record),
        _ => record,
    }
}

/// One unit behind an endpoint.
fn unit(interface: Option<&InterfaceInfo>) -> Ty {
    let mut fields = Fields::default();
    for name in ["name", "app", "machine", "host", "url"] {
        fields.add(name, Ty::String);
    }
    fields.add("address", Ty::Ip);
    fields.add("port", Ty::Port);
    fields.add("index", Ty::Int);
    fields.add("cert", ty("path?"));
    interface.into_iter().flat_map(InterfaceInfo::members).for_each(|(name, ty)| fields.add(name, ty));
    fields.finish(interface.is_none(), false)
}

fn provides(fields: &mut Fields, unit: Ty) {
    for (name, ty) in [("address", Ty::Ip), ("port", Ty::Port), ("url", Ty::String), ("host", Ty::String)] {
        fields.add(name, ty);
    }
    fields.add("bind", Ty::Ip);
    fields.add("clients", Ty::list(unit));
}

fn requires(fields: &mut Fields, unit: Ty) {
    fields.add("units", Ty::list(unit));
    fields.add("urls", ty("list<string>"));
    fields.add("hosts", ty("list<string>"));
    fields.add("addresses", ty("list<ip>"));
    fields.add("count", Ty::Int);
    for (name, ty) in [("url", Ty::String), ("host", Ty::String), ("address", Ty::Ip), ("port", Ty::Port)] {
        fields.add(name, ty);
    }
    fields.add("machine", Ty::String);
}

/// Fields of all units, which are there even when there is no unit.
const OF_ALL: [&str; 6] = ["units", "urls", "hosts", "addresses", "count", "others"];

#[derive(Default)]
struct Fields(IndexMap<Name, Ty>);

impl Fields {
    fn add(&mut self, name: impl Into<Name>, ty: Ty) {
        self.0.entry(name.into()).or_insert(ty);
    }

    fn finish(self, open: bool, many: bool) -> Ty {
        let member = |(name, ty): (Name, Ty)| {
            let first = many && !OF_ALL.contains(&&*name);
            let ty = if first { Ty::optional(ty) } else { ty };
            (name, Member { ty, optional: false })
        };
        let fields = self.0.into_iter().map(member).collect();
        Ty::Record(Arc::new(Record { name: None, fields, open }))
    }
}
