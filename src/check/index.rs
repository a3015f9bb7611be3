//! What every name of a program stands for, as the checker found it.
//!
//! An editor's questions (where is this declared, who uses it, what is its type) are answered from here, so that the
//! editor and the compiler can never disagree. A compile of the command line does not keep it.

use std::sync::{Arc, OnceLock};

use super::anchor::Anchors;
use super::checker::Checker;
use super::component::{Info, Local};
use super::finding::Named;
use super::schema::Schema;
use super::ty::Ty;
use super::typing::env::Sight;
use super::typing::expr::Typer;
use super::{ModuleId, Symbol, SymbolKind};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Ident, Name, StatementKind};

/// Names with what they stand for, and the types of values; both sorted by place.
#[derive(Debug, Default)]
pub struct Index {
    pub uses: Vec<Use>,
    pub types: Vec<(Span, Ty)>,
    /// What stands in components, each apart.
    pub parts: Vec<Arc<IndexPart>>,
    /// Whether anything is kept at all.
    pub kept: bool,
}

/// Names with what they stand for, and the types of values; both sorted by place.
pub(super) type Sorted = (Vec<Use>, Vec<(Span, Ty)>);

/// The names and types in one component.
#[derive(Debug)]
pub struct IndexPart {
    pub span: Span,
    /// What was found when the component was checked; none when that was now.
    earlier: Option<(Arc<Named>, Arc<Anchors>)>,
    /// Sorted by place; found where they are now when something there is asked for.
    now: OnceLock<Sorted>,
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
    Declared(NameKind, Span),
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
pub enum NameKind {
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
    Immutable,
    Manifest,
    InterfaceField,
    /// A name bound by `for`.
    Local,
}

impl From<SymbolKind> for NameKind {
    fn from(kind: SymbolKind) -> Self {
        match kind {
            SymbolKind::Param => NameKind::Param,
            SymbolKind::Let => NameKind::Let,
            SymbolKind::Machines => NameKind::Machines,
            SymbolKind::Component => NameKind::Component,
            SymbolKind::Interface => NameKind::Interface,
            SymbolKind::Authority => NameKind::Authority,
            SymbolKind::Keypair => NameKind::Keypair,
            SymbolKind::Secret => NameKind::Secret,
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
                crate::syntax::ast::ItemKind::Let(item) => (NameKind::Let, item.name.span),
                _ => return None,
            },
            Local::Cert => (NameKind::Cert, *info.certs.get(name)?),
            Local::Endpoint => (NameKind::Endpoint, info.endpoints.get(name)?.endpoint.name.span),
            Local::Address => (NameKind::Address, info.definition(name)?),
            Local::Immutable => (NameKind::Immutable, info.definition(name)?),
            Local::Manifest => (NameKind::Manifest, info.definition(name)?),
        };
        Some(Target::Declared(kind, span))
    }
}

impl Target {
    /// The place of what is declared in a file.
    pub fn place(&self) -> Option<Span> {
        match self {
            Target::Declared(_, span) => Some(*span),
            _ => None,
        }
    }
}

impl IndexPart {
    /// What was found in a component, in order.
    pub(super) fn new(span: Span, uses: Vec<Use>, types: Vec<(Span, Ty)>) -> Self {
        Self { span, earlier: None, now: OnceLock::from((uses, types)) }
    }

    /// What an earlier check found in a component.
    pub(super) fn later(span: Span, named: Arc<Named>, anchors: Arc<Anchors>) -> Self {
        Self { span, earlier: Some((named, anchors)), now: OnceLock::new() }
    }

    /// Whether an earlier check found it.
    pub fn is_earlier(&self) -> bool {
        self.earlier.is_some()
    }

    /// Its names, sorted by place.
    pub fn uses(&self) -> &[Use] {
        &self.now().0
    }

    /// The types of its values, sorted by place.
    pub fn types(&self) -> &[(Span, Ty)] {
        &self.now().1
    }

    fn now(&self) -> &Sorted {
        self.now.get_or_init(|| {
            let earlier = self.earlier.as_ref();
            let (mut uses, mut types) =
                earlier.map_or_else(Default::default, |(named, anchors)| named.now(anchors, self.span));
            // What is named outside of the component may stand on its other side now.
            uses.sort_by_key(|one| one.span);
            types.sort_by_key(|(span, _)| *span);
            (uses, types)
        })
    }
}

impl Index {
    /// Puts it in order.
    pub fn tidy(&mut self) {
        tidy(&mut self.uses, &mut self.types);
        self.parts.sort_by_key(|part| part.span);
        // A deploy may look into a component as well.
        let parts = &self.parts;
        let known =
            |one: &Use| part(parts, one.span).is_some_and(|part| near(part.uses(), one.span).any(|use_| use_ == one));
        self.uses.retain(|one| !known(one));
        self.types.retain(|(span, _)| part(parts, *span).is_none_or(|part| of(part.types(), *span).is_none()));
    }

    /// All names, in the order of the files and their text.
    pub fn uses(&self) -> Vec<&Use> {
        let mut all: Vec<&Use> = self.uses.iter().chain(self.parts.iter().flat_map(|part| part.uses())).collect();
        all.sort_by_key(|one| one.span);
        all
    }

    /// What stands at a place; just behind a name counts.
    pub fn at(&self, place: Span) -> impl Iterator<Item = &Use> {
        let inside = part(&self.parts, place).map_or(&[][..], |part| part.uses());
        near(inside, place).chain(near(&self.uses, place))
    }

    /// The type of the value that is named or made exactly there.
    pub fn type_at(&self, span: Span) -> Option<&Ty> {
        let inside = part(&self.parts, span).and_then(|part| of(part.types(), span));
        inside.or_else(|| of(&self.types, span))
    }
}

/// Sorted by place, each once: some expressions are looked at several times.
pub(super) fn tidy(uses: &mut Vec<Use>, types: &mut Vec<(Span, Ty)>) {
    uses.sort_by_key(|one| one.span);
    let mut kept: Vec<Use> = Vec::with_capacity(uses.len());
    for one in uses.drain(..) {
        let same = kept.iter().rev().take_while(|known| known.span == one.span).any(|known| *known == one);
        if !same {
            kept.push(one);
        }
    }
    *uses = kept;
    types.sort_by_key(|(span, _)| *span);
    types.dedup_by(|later, first| later.0 == first.0);
}

/// The component that a place is in.
fn part(parts: &[Arc<IndexPart>], place: Span) -> Option<&IndexPart> {
    let end = parts.partition_point(|part| (part.span.source, part.span.start) <= (place.source, place.start));
    let part = parts.get(end.checked_sub(1)?)?;
    (part.span.source == place.source && part.span.end >= place.start).then_some(part)
}

fn near(uses: &[Use], place: Span) -> impl Iterator<Item = &Use> {
    let end = uses.partition_point(|one| (one.span.source, one.span.start) <= (place.source, place.start));
    let near = uses[..end].iter().rev();
    near.take_while(move |one| one.span.source == place.source && one.span.start + 512 > place.start)
        .filter(move |one| one.span.end >= place.start)
}

fn of(types: &[(Span, Ty)], span: Span) -> Option<&Ty> {
    let place = types.binary_search_by_key(&span, |(at, _)| *at).ok()?;
    types.get(place).map(|(_, ty)| ty)
}

impl<'p> Checker<'p> {
    /// Takes note of what a name stands for.
    pub fn refer(&mut self, span: Span, target: Target) {
        if self.index.kept && !self.is_hidden(span) {
            self.index.uses.push(Use { span, target });
        }
    }

    /// Whether a place is in a file that is taken to be right: what is met there depends on who asks for it first.
    fn is_hidden(&self, span: Span) -> bool {
        self.mode.hides(span.source)
    }

    /// Takes note of a name that is declared inside an expression.
    pub fn declare(&mut self, kind: NameKind, name: &Ident) {
        self.refer(name.span, Target::Declared(kind, name.span));
    }

    /// Takes note of a field of a body.
    pub fn refer_row(&mut self, schema: &Schema, span: Span, name: &Name) {
        self.refer(span, Target::Row(schema.name, name.clone()));
    }

    /// Takes note of a type.
    pub fn typed(&mut self, span: Span, ty: &Ty) {
        if self.index.kept && !self.is_hidden(span) {
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
                for symbol in resolved.exports[import.target.0 as usize].all(&wanted.name.name) {
                    let target = Target::symbol(*symbol);
                    if let Some(alias) = &wanted.alias {
                        self.refer(alias.span, target.clone());
                    }
                    self.refer(wanted.name.span, target);
                }
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
                info.options.get(&field.name).map(|option| Target::Declared(NameKind::Option, option.span))
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
            Some(span) => Target::Declared(NameKind::InterfaceField, span),
            None => Target::Given("endpoint", field.name.clone()),
        })
    }
}
