//! A component as the model uses it: its items sorted by kind, its names resolved once.

use crate::check::{ModuleId, Program, Symbol, SymbolKind};
use crate::hash::HashMap;
use crate::source::Span;
use crate::syntax::ast::{self, Endpoint, EndpointKind, ExprKind, ItemKind, Literal, Name};

use super::dependence::Dependence;
use super::mention::CERT;

/// A component that is used.
#[derive(Debug)]
pub struct Component<'p> {
    pub symbol: Symbol,
    pub module: ModuleId,
    pub ast: &'p ast::Component,
    pub options: Vec<&'p ast::OptionItem>,
    pub lets: Vec<&'p ast::Let>,
    /// What the value of each let depends on.
    pub(super) let_dependences: Vec<Dependence>,
    /// Options that name what is issued, in some application of the component.
    pub(super) issued_options: Vec<Name>,
    pub endpoints: Vec<EndpointInfo<'p>>,
    pub certs: Vec<CertInfo<'p>>,
    pub addresses: Vec<&'p ast::Definition>,
    pub listens: Vec<&'p ast::Definition>,
    pub ranges: Vec<&'p ast::Definition>,
    pub immutables: Vec<&'p ast::Definition>,
    pub manifests: Vec<&'p ast::Definition>,
    pub firewalls: Vec<&'p ast::PathItem>,
    pub checks: Vec<&'p ast::Check>,
    pub versions: Vec<&'p ast::ForVersion>,
    /// The content of the file that `config` of a deployment is merged into.
    pub config: Option<&'p ast::Expr>,
    /// Its first unit.
    pub unit: Option<&'p ast::PathItem>,
    /// Authorities, key pairs and secrets that the component mentions.
    pub mentions: Vec<Mention>,
    names: HashMap<Name, Local>,
}

/// What a name of the component refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    Let(u32),
    Endpoint(u32),
    Cert(u32),
    Address(u32),
    Immutable(u32),
    Manifest(u32),
}

/// An endpoint with what is known of it without evaluation.
#[derive(Debug)]
pub struct EndpointInfo<'p> {
    pub ast: &'p Endpoint,
    pub interface: Option<Symbol>,
    /// Index of the certificate it shows.
    pub identity: Option<u32>,
    pub trusts: Option<Symbol>,
    /// Index of the own `requires` endpoint that bytes go on to.
    pub forwards: Option<u32>,
    /// Only the provider on the same machine.
    pub same_machine: bool,
    /// Only the provider on the same machine, in some application of the component.
    pub differs: bool,
    pub soft: bool,
    pub caches: bool,
}

/// A `cert` item.
#[derive(Debug)]
pub struct CertInfo<'p> {
    pub ast: &'p ast::Definition,
    pub authority: Option<Symbol>,
    /// Somebody else issues it.
    pub external: bool,
    /// How many before it in the component are issued here.
    pub before: u32,
}

impl<'p> CertInfo<'p> {
    fn new(ast: &'p ast::Definition, last: Option<&Self>) -> Self {
        let external = ast.body.field("external");
        let external = external.is_some_and(|f| matches!(f.value.kind, ExprKind::Literal(Literal::Bool(true))));
        Self { ast, authority: None, external, before: last.map_or(0, Self::issued) }
    }

    /// How many up to it, and with it, are issued here.
    pub fn issued(&self) -> u32 {
        self.before + u32::from(!self.external)
    }
}

/// An authority, key pair or secret that a component mentions, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mention {
    pub symbol: Symbol,
    /// `NAME.key` or `holds NAME`: the private part is wanted too.
    pub private: bool,
    pub span: Span,
}

impl<'p> Component<'p> {
    /// Sorts the items of a component; `None` when the symbol is not one.
    pub fn new(program: &'p Program, symbol: Symbol) -> Option<Self> {
        let ast = program.component(symbol)?;
        let mut component = Self::empty(symbol, ast);
        component.sort_items();
        component.name_items();
        component.resolve_endpoints(program);
        component.find_mentions(program);
        component.find_dependences(program);
        Some(component)
    }

    fn empty(symbol: Symbol, ast: &'p ast::Component) -> Self {
        Self {
            symbol,
            module: symbol.module,
            ast,
            options: Vec::new(),
            lets: Vec::new(),
            let_dependences: Vec::new(),
            issued_options: Vec::new(),
            endpoints: Vec::new(),
            certs: Vec::new(),
            addresses: Vec::new(),
            listens: Vec::new(),
            ranges: Vec::new(),
            immutables: Vec::new(),
            manifests: Vec::new(),
            firewalls: Vec::new(),
            checks: Vec::new(),
            versions: Vec::new(),
            config: None,
            unit: None,
            mentions: Vec::new(),
            names: HashMap::default(),
        }
    }

    fn sort_items(&mut self) {
        for item in &self.ast.items {
            match &item.kind {
                ItemKind::For(versions) => self.versions.push(versions),
                ItemKind::Option(option) => self.options.push(option),
                ItemKind::Let(binding) => self.lets.push(binding),
                ItemKind::Endpoint(endpoint) => self.endpoints.push(EndpointInfo::new(endpoint)),
                ItemKind::Cert(cert) => self.certs.push(CertInfo::new(cert, self.certs.last())),
                ItemKind::Address(address) => self.addresses.push(address),
                ItemKind::Listen(listen) => self.listens.push(listen),
                ItemKind::Range(range) => self.ranges.push(range),
                ItemKind::Manifest(item) => self.manifests.push(item),
                ItemKind::Immutable(item) => self.immutables.push(item),
                ItemKind::Firewall(item) => self.firewalls.push(item),
                ItemKind::Check(check) => self.checks.push(check),
                ItemKind::Unit(unit) => self.unit = self.unit.or(Some(unit)),
                ItemKind::File(file) if file.body.takes_config() => {
                    self.config = self.config.or_else(|| file.body.field("content").map(|field| &field.value));
                }
                _ => {}
            }
        }
    }

    fn name_items(&mut self) {
        let lets = self.lets.iter().enumerate().map(|(i, l)| (&l.name, Local::Let(i as u32)));
        let endpoints = self.endpoints.iter().enumerate().map(|(i, e)| (&e.ast.name, Local::Endpoint(i as u32)));
        let certs = self.certs.iter().enumerate().map(|(i, c)| (&c.ast.name, Local::Cert(i as u32)));
        let addresses = self.addresses.iter().enumerate().map(|(i, a)| (&a.name, Local::Address(i as u32)));
        let immutables = self.immutables.iter().enumerate().map(|(i, a)| (&a.name, Local::Immutable(i as u32)));
        let manifests = self.manifests.iter().enumerate().map(|(i, a)| (&a.name, Local::Manifest(i as u32)));
        let all = lets.chain(endpoints).chain(certs).chain(addresses).chain(immutables).chain(manifests);
        self.names = all.map(|(ident, l)| (ident.name.clone(), l)).collect();
    }

    fn resolve_endpoints(&mut self, program: &Program) {
        let module = self.module;
        for cert in &mut self.certs {
            cert.authority = name_field(&cert.ast.body, "authority").and_then(|name| program.value(module, name));
        }
        for index in 0..self.endpoints.len() {
            let body = &self.endpoints[index].ast.body;
            let identity = body.field("identity").and_then(|field| self.cert_index(&field.value));
            let forwards = name_field(body, "forwards").and_then(|name| self.endpoint_index(name));
            let info = &mut self.endpoints[index];
            info.identity = identity;
            info.forwards = forwards;
            info.trusts = name_field(&info.ast.body, "trusts").and_then(|name| program.value(module, name));
            info.interface = program.lookup(module, &info.ast.interface.name, SymbolKind::Interface);
        }
    }

    fn cert_index(&self, value: &ast::Expr) -> Option<u32> {
        let (ExprKind::Cert(ident) | ExprKind::Name(ident)) = &value.kind else { return None };
        match self.local(&ident.name)? {
            Local::Cert(index) => Some(index),
            _ => None,
        }
    }

    /// What a name of the component refers to.
    pub fn local(&self, name: &str) -> Option<Local> {
        self.names.get(name).copied()
    }

    /// The place of the endpoint with this name.
    pub fn endpoint_index(&self, name: &str) -> Option<u32> {
        match self.local(name)? {
            Local::Endpoint(index) => Some(index),
            _ => None,
        }
    }

    fn find_mentions(&mut self, program: &Program) {
        let mut found = Vec::new();
        for item in &self.ast.items {
            let holds = matches!(item.kind, ItemKind::Holds(_));
            super::mention::in_item(item, &mut |name, field, span| {
                let private = matches!(field, Some("key" | "value"));
                let Some(symbol) = program.value(self.module, name).filter(|_| field != Some(CERT)) else { return };
                if matches!(symbol.kind, SymbolKind::Authority | SymbolKind::Keypair | SymbolKind::Secret) {
                    // An authority's key is only copied where the component has a `holds` item for it.
                    let private = if symbol.kind == SymbolKind::Authority { holds } else { private };
                    found.push(Mention { symbol, private, span });
                }
            });
        }
        for mention in found {
            match self.mentions.iter_mut().find(|known| known.symbol == mention.symbol) {
                Some(known) => known.private |= mention.private,
                None => self.mentions.push(mention),
            }
        }
    }
}

impl<'p> EndpointInfo<'p> {
    fn new(ast: &'p Endpoint) -> Self {
        let flag = |name| ast.body.field(name).is_some_and(|f| is_true(&f.value));
        Self {
            ast,
            interface: None,
            identity: None,
            trusts: None,
            forwards: None,
            same_machine: text_field(&ast.body, "scope").is_some_and(|scope| &*scope == "machine"),
            differs: false,
            soft: flag("soft"),
            caches: flag("caches"),
        }
    }

    /// Whether others dial it.
    pub fn is_provider(&self) -> bool {
        self.ast.kind == EndpointKind::Provides
    }
}

fn is_true(expr: &ast::Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(ast::Literal::Bool(true)))
}

/// A field whose value is a bare name.
pub fn name_field<'a>(body: &'a ast::Body, field: &str) -> Option<&'a str> {
    match &body.field(field)?.value.kind {
        ExprKind::Name(ident) => Some(&ident.name),
        _ => None,
    }
}

/// A field whose value is a plain text.
pub fn text_field(body: &ast::Body, field: &str) -> Option<Name> {
    match &body.field(field)?.value.kind {
        ExprKind::Text(text) => text.plain(),
        _ => None,
    }
}
