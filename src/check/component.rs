//! What a component declares: its options, endpoints, certificates, addresses and lets, by name.

use indexmap::IndexMap;

use super::checker::Checker;
use super::interface::endpoint_type;
use super::program::StatementId;
use super::settings::Settable;
use super::ty::{Member, Record, Ty};
use super::{Symbol, SymbolKind};
use crate::source::Span;
use crate::syntax::ast::{self, ItemKind, Name};

/// A component as others see it.
pub struct Info<'p> {
    pub place: StatementId,
    pub component: &'p ast::Component,
    pub options: IndexMap<Name, OptionInfo>,
    pub endpoints: IndexMap<Name, EndpointInfo<'p>>,
    pub certs: IndexMap<Name, Span>,
    /// What a bare name inside the component stands for.
    pub values: IndexMap<Name, Local>,
    /// `option` in expressions.
    pub option: Ty,
    /// What a `deploy` can set beside options.
    pub(super) settable: Settable<'p>,
}

/// An option of a component.
#[derive(Clone, Debug)]
pub struct OptionInfo {
    pub ty: Ty,
    /// It has no default and is not optional.
    pub required: bool,
    pub span: Span,
}

/// An endpoint of a component.
pub struct EndpointInfo<'p> {
    pub endpoint: &'p ast::Endpoint,
    pub interface: Option<Symbol>,
    pub ty: Ty,
}

/// A name of a component's own.
#[derive(Clone, Debug)]
pub enum Local {
    Let(usize),
    Endpoint,
    Cert,
    Address,
    Immutable,
    Manifest,
}

impl<'p> Info<'p> {
    pub fn read(checker: &mut Checker<'p>, place: StatementId, component: &'p ast::Component) -> Self {
        let mut info = Self {
            place,
            component,
            options: IndexMap::new(),
            endpoints: IndexMap::new(),
            certs: IndexMap::new(),
            values: IndexMap::new(),
            option: Ty::Error,
            settable: Settable::of(component),
        };
        for (index, item) in component.items.iter().enumerate() {
            info.item(checker, index, item);
        }
        info.option = option_record(&info.options);
        info
    }

    /// Where an `address`, an `immutable` or a `manifest` item of that name is.
    pub fn definition(&self, name: &str) -> Option<Span> {
        self.component.items.iter().find_map(|item| match &item.kind {
            ItemKind::Address(item) | ItemKind::Immutable(item) | ItemKind::Manifest(item)
                if &*item.name.name == name =>
            {
                Some(item.name.span)
            }
            _ => None,
        })
    }

    /// The component's name.
    pub fn name(&self) -> &'p Name {
        &self.component.name.name
    }

    fn item(&mut self, checker: &mut Checker<'p>, index: usize, item: &'p ast::Item) {
        match &item.kind {
            ItemKind::Option(option) => self.option(checker, option),
            ItemKind::Endpoint(endpoint) => self.endpoint(checker, endpoint),
            ItemKind::Let(item) => self.value(&item.name.name, Local::Let(index)),
            ItemKind::Address(address) => self.value(&address.name.name, Local::Address),
            ItemKind::Manifest(item) => self.value(&item.name.name, Local::Manifest),
            ItemKind::Immutable(item) => self.value(&item.name.name, Local::Immutable),
            ItemKind::Cert(cert) => {
                self.certs.entry(cert.name.name.clone()).or_insert(cert.name.span);
                self.value(&cert.name.name, Local::Cert);
            }
            _ => {}
        }
    }

    fn value(&mut self, name: &Name, local: Local) {
        self.values.entry(name.clone()).or_insert(local);
    }

    fn option(&mut self, checker: &mut Checker<'p>, option: &'p ast::OptionItem) {
        let ty = checker.annotation(self.place.0, &option.ty);
        let required = option.default.is_none() && !matches!(ty, Ty::Optional(_) | Ty::Error);
        let info = OptionInfo { ty, required, span: option.name.span };
        self.options.entry(option.name.name.clone()).or_insert(info);
    }

    fn endpoint(&mut self, checker: &mut Checker<'p>, endpoint: &'p ast::Endpoint) {
        let program = checker.program;
        let interface = program.lookup(self.place.0, &endpoint.interface.name, SymbolKind::Interface);
        let interface = interface.filter(|symbol| symbol.kind == SymbolKind::Interface);
        let known = interface.and_then(|symbol| checker.interface(symbol));
        let ty = endpoint_type(endpoint.kind, endpoint.cardinality, known.as_deref());
        let info = EndpointInfo { endpoint, interface, ty };
        self.endpoints.entry(endpoint.name.name.clone()).or_insert(info);
        self.value(&endpoint.name.name, Local::Endpoint);
    }
}

fn option_record(options: &IndexMap<Name, OptionInfo>) -> Ty {
    let member =
        |(name, option): (&Name, &OptionInfo)| (name.clone(), Member { ty: option.ty.clone(), optional: false });
    let fields = options.iter().map(member).collect();
    Ty::Record(std::sync::Arc::new(Record { name: Some("option"), fields, open: false }))
}
