//! What every name of a program stands for, as the checker found it.
//!
//! An editor's questions (where is this declared, who uses it, what is its type) are answered from here, so that the
//! editor and the compiler can never disagree. A compile of the command line does not keep it.

use std::collections::HashSet;

use super::checker::Checker;
use super::component::{Info, Local};
use super::env::Sight;
use super::expr::Typer;
use super::schema::Schema;
use super::ty::Ty;
use super::{ModuleId, Symbol, SymbolKind};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Ident, Name, StatementKind};

/// Names with what they stand for, and the types of values; both sorted by place.
#[derive(Debug, Default)]
pub struct Index {
    pub uses: Vec<Use>,
    pub types: Vec<(Span, Ty)>,
    /// Whether anything is kept at all.
    pub kept: bool,
}

/// A name at a place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Use {
    pub span: Span,
    pub target: Target,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Something that a file declares, by the place of its name there.
    Declared(Kind, Span),
    /// A field that the language gives a body: the name of the schema, and of the field.
    Row(&'static str, Name),
    /// A name that the language brings (of nothing), or a field of what it brings: `machine.address`.
    Given(&'static str, Name),
    /// A function of the language.
    Function(&'static str),
    /// The table of a program's flags.
    Flags(Name),
    /// A flag of a program.
    Flag(Name, Name),
    /// The file that an import means.
    File(ModuleId),
}

/// What can be declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Param,
    Let,
    Machines,
    Component,
    Interface,
    Authority,
    Keypair,
    Secret,
    Cluster,
    Target,
    Overlay,
    App,
    Option,
    Endpoint,
    Cert,
    Address,
    InterfaceField,
    /// A name bound by `for`.
    Local,
}

impl From<SymbolKind> for Kind {
    fn from(kind: SymbolKind) -> Self {
        match kind {
            SymbolKind::Param => Kind::Param,
            SymbolKind::Let => Kind::Let,
            SymbolKind::Machines => Kind::Machines,
            SymbolKind::Component => Kind::Component,
            SymbolKind::Interface => Kind::Interface,
            SymbolKind::Authority => Kind::Authority,
            SymbolKind::Keypair => Kind::Keypair,
            SymbolKind::Secret => Kind::Secret,
        }
    }
}

impl Target {
    /// A statement of a file.
    pub fn symbol(symbol: Symbol) -> Self {
        Target::Declared(symbol.kind.into(), symbol.span)
    }

    /// A name of a component's own.
    pub fn local(info: &Info<'_>, name: &str) -> Option<Self> {
        let (kind, span) = match info.values.get(name)? {
            Local::Let(index) => match &info.component.items[*index].kind {
                crate::syntax::ast::ItemKind::Let(item) => (Kind::Let, item.name.span),
                _ => return None,
            },
            Local::Cert => (Kind::Cert, *info.certs.get(name)?),
            Local::Endpoint => (Kind::Endpoint, info.endpoints.get(name)?.endpoint.name.span),
            Local::Address => (Kind::Address, info.address(name)?),
        };
        Some(Target::Declared(kind, span))
    }
}

impl Index {
    /// Sorted by place, each once: some expressions are looked at several times.
    pub fn tidy(&mut self) {
        let mut seen = HashSet::new();
        self.uses.retain(|one| seen.insert(one.clone()));
        self.uses.sort_by_key(|one| one.span);
        self.types.sort_by_key(|(span, _)| *span);
        self.types.dedup_by(|later, first| later.0 == first.0);
    }

    /// What stands at a place; just behind a name counts.
    pub fn at(&self, place: Span) -> impl Iterator<Item = &Use> {
        let end = self.uses.partition_point(|one| (one.span.source, one.span.start) <= (place.source, place.start));
        let near = self.uses[..end].iter().rev();
        near.take_while(move |one| one.span.source == place.source && one.span.start + 512 > place.start)
            .filter(move |one| one.span.end >= place.start)
    }

    /// The type of the value that is named or made exactly there.
    pub fn type_at(&self, span: Span) -> Option<&Ty> {
        let place = self.types.binary_search_by_key(&span, |(at, _)| *at).ok()?;
        self.types.get(place).map(|(_, ty)| ty)
    }
}

impl<'p> Checker<'p> {
    /// Takes note of what a name stands for.
    pub fn refer(&mut self, span: Span, target: Target) {
        if self.index.kept {
            self.index.uses.push(Use { span, target });
        }
    }

    /// Takes note of a name that is declared inside an expression.
    pub fn declare(&mut self, kind: Kind, name: &Ident) {
        self.refer(name.span, Target::Declared(kind, name.span));
    }

    /// Takes note of a field of a body.
    pub fn refer_row(&mut self, schema: &Schema, span: Span, name: &Name) {
        self.refer(span, Target::Row(schema.name, name.clone()));
    }

    /// Takes note of a type.
    pub fn typed(&mut self, span: Span, ty: &Ty) {
        if self.index.kept {
            self.index.types.push((span, ty.clone()));
        }
    }

    /// Takes note of what the imports of a file bring.
    pub fn imported(&mut self, module: ModuleId) {
        let resolved = self.resolved;
        for import in &resolved.imports[module.0 as usize] {
            self.refer(import.span, Target::File(import.target));
            let statement = &self.program.module(module).file.statements[import.statement as usize];
            let StatementKind::Use(item) = &statement.kind else { continue };
            for wanted in item.names.iter().flatten() {
                let exported = resolved.exports[import.target.0 as usize].get(&wanted.name.name);
                let Some(target) = exported.map(|symbol| Target::symbol(*symbol)) else { continue };
                if let Some(alias) = &wanted.alias {
                    self.refer(alias.span, target.clone());
                }
                self.refer(wanted.name.span, target);
            }
        }
    }
}

impl<'p> Typer<'_, 'p> {
    /// Takes note of a field of a value, where it is known what declares it.
    pub fn refer_member(&mut self, value: &'p Expr, found: &Ty, field: &Ident) {
        if !self.checker.index.kept {
            return;
        }
        let found = found.present();
        let Ty::Record(record) = &found else { return };
        let target = match (record.name, &self.env.sight) {
            (Some("option"), Sight::Component(info)) => {
                info.options.get(&field.name).map(|option| Target::Declared(Kind::Option, option.span))
            }
            (Some(of), _) => record.fields.get(&field.name).map(|_| Target::Given(of, field.name.clone())),
            (None, _) => self.endpoint_member(value, field),
        };
        if let Some(target) = target {
            self.checker.refer(field.span, target);
        }
    }

    /// A field of an endpoint: of its interface, or what every endpoint has.
    fn endpoint_member(&mut self, value: &'p Expr, field: &Ident) -> Option<Target> {
        let (ExprKind::Name(name), Sight::Component(info)) = (&value.kind, self.env.sight.clone()) else { return None };
        let endpoint = info.endpoints.get(&name.name)?;
        let interface = endpoint.interface.and_then(|symbol| self.checker.interface(symbol));
        let declared = interface.and_then(|interface| interface.fields.get(&field.name).map(|field| field.span));
        Some(match declared {
            Some(span) => Target::Declared(Kind::InterfaceField, span),
            None => Target::Given("endpoint", field.name.clone()),
        })
    }
}
