//! What was found in components, taken up again while they and all that they rely on stay the same.
//!
//! A component sees the names of its file with the kinds and types of what they stand for, and nothing else of the model.
//! So what was found in one holds as long as its own text and those `Surroundings` do; only places have moved. One that
//! named something unknown is looked at again each time, since what to say of it depends on far more.

use std::sync::Arc;

use rayon::prelude::*;

use super::checker::Checker;
use super::index::{IndexPart, Target, Use};
use super::ty::Ty;
use super::{ModuleId, ModulePlace, Program, Symbol, SymbolKind};
use crate::diag::Diagnostic;
use crate::hash::{HashMap, HashSet};
use crate::source::{SourceId, Span};
use crate::syntax::ast::{File, Name, Statement};
use crate::syntax::rebase::Rebase;

/// So many components are worth more than one core.
const MANY: usize = 64;

/// The parts of the last check of a model that the next one can reuse.
#[derive(Debug, Default)]
pub struct Snapshot {
    surroundings: Surroundings,
    files: Files,
    /// By the address of the statement as it was first read, which is held so that no other can have it.
    components: HashMap<usize, Component>,
}

/// What was found in one component.
#[derive(Clone, Debug)]
struct Component {
    origin: Arc<Statement>,
    module: ModuleId,
    found: Arc<IndexPart>,
    diagnostics: Vec<Diagnostic>,
    mention: Option<(Span, Name)>,
}

impl Component {
    /// Whether it names something that is declared at one of these places.
    fn names(&self, places: &HashSet<Span>) -> bool {
        self.found.uses.iter().filter_map(|one| one.target.place()).any(|place| places.contains(&place))
    }
}

/// All that a component relies on outside of itself.
#[derive(Debug, Default)]
struct Surroundings {
    modules: Vec<ModulePlace>,
    scopes: Vec<Vec<(Name, SymbolKind, ModuleId)>>,
    /// The lets and params of each file, in its order, and where their names are.
    types: Vec<(ModuleId, Name, Ty)>,
    places: Vec<Span>,
    /// The addresses of interfaces as they were first read.
    interfaces: Vec<usize>,
}

/// The typed trees that places are of.
type Files = HashMap<SourceId, Arc<File>>;

impl Surroundings {
    /// Those of a program whose lets are typed.
    fn of(checker: &mut Checker<'_>) -> Self {
        let program = checker.program;
        let mut out = Self::default();
        for (index, module) in program.modules.iter().enumerate() {
            out.modules.push(module.place.clone());
            let id = ModuleId(index as u32);
            if checker.is_trusted(id) {
                continue;
            }
            let scope = module.scope.iter().map(|(name, symbol)| (name.clone(), symbol.kind, symbol.module));
            out.scopes.push(scope.collect());
            for (number, statement) in module.file.statements.iter().enumerate() {
                out.statement(checker, id, number, statement);
            }
        }
        out
    }

    fn statement(&mut self, checker: &mut Checker<'_>, module: ModuleId, number: usize, statement: &Statement) {
        let Some((kind, name)) = super::scope::declared(statement) else { return };
        let symbol = Symbol { kind, module, statement: number as u32, span: name.span };
        let ty = match kind {
            SymbolKind::Let => checker.file_let(symbol),
            SymbolKind::Param => checker.param(symbol),
            SymbolKind::Interface => {
                checker.interface(symbol);
                return self.interfaces.push(address(&checker.program.module(module).file.origins[number]));
            }
            _ => return,
        };
        self.types.push((module, name.name.clone(), ty));
        self.places.push(name.span);
    }

    /// The lets and params, by where their names were, that have another type now. `None` if more than types differs, which
    /// all components may rely on.
    fn retyped(&self, now: &Self) -> Option<HashSet<Span>> {
        let Self { modules, scopes, types, places: _, interfaces } = now;
        let name = |(module, name, _): &(ModuleId, Name, Ty)| (*module, name.clone());
        let same = (&self.modules, &self.scopes, &self.interfaces) == (modules, scopes, interfaces)
            && self.types.iter().map(name).eq(types.iter().map(name));
        let both = || self.types.iter().zip(types).zip(&self.places);
        same.then(|| both().filter(|((was, is), _)| was != is).map(|(_, place)| *place).collect())
    }
}

fn address(origin: &Arc<Statement>) -> usize {
    Arc::as_ptr(origin) as usize
}

/// What one check takes up of the one before, and leaves to the next.
#[derive(Debug, Default)]
pub struct Incremental {
    before: Snapshot,
    moves: HashMap<SourceId, Moves>,
    after: Snapshot,
}

impl Incremental {
    /// What the check before has left.
    pub fn new(before: Snapshot) -> Self {
        Self { before, ..Self::default() }
    }

    /// What is left to the next.
    pub fn finish(mut self, program: &Program) -> Snapshot {
        self.after.files = program.modules.iter().map(|module| (module.source, module.file.clone())).collect();
        self.after
    }

    /// Where something is now that was at a place; none when the statement there is not as it was.
    fn rebased(&self, span: Span) -> Option<Span> {
        self.moves.get(&span.source)?.rebased(span)
    }

    fn rebased_part(&self, part: &Arc<IndexPart>) -> Option<Arc<IndexPart>> {
        let (own, now) = (part.span, self.rebased(part.span)?);
        let by = now.start.wrapping_sub(own.start);
        // Nearly all places are in the component itself, and move as it does.
        let within = |span: Span| span.source == own.source && own.start <= span.start && span.end <= own.end;
        let moved = |span: Span| if within(span) { Some(span.rebased(by)) } else { self.rebased(span) };
        let targets = || part.uses.iter().filter_map(|one| one.target.place());
        if by == 0 && targets().all(|span| moved(span) == Some(span)) {
            return Some(part.clone());
        }
        let moved_use = |one: &Use| {
            let target = match &one.target {
                Target::Declared(kind, span) => Target::Declared(*kind, moved(*span)?),
                other => other.clone(),
            };
            Some(Use { span: moved(one.span)?, target })
        };
        let uses = part.uses.iter().map(moved_use).collect::<Option<Vec<_>>>()?;
        let types = part.types.iter().map(|(span, ty)| Some((moved(*span)?, ty.clone())));
        Some(Arc::new(IndexPart { span: now, uses, types: types.collect::<Option<Vec<_>>>()? }))
    }

    fn rebased_problem(&self, diagnostic: &Diagnostic) -> Option<Diagnostic> {
        let mut diagnostic = diagnostic.clone();
        for label in &mut diagnostic.labels {
            label.span = self.rebased(label.span)?;
        }
        for edit in diagnostic.fixes.iter_mut().flat_map(|fix| &mut fix.edits) {
            edit.span = self.rebased(edit.span)?;
        }
        Some(diagnostic)
    }

    /// All that is known of components, where they are now.
    fn rebase(&mut self) {
        let before = std::mem::take(&mut self.before.components);
        let moved = |(address, known): (usize, Component)| Some((address, self.rebased_component(known)?));
        self.before.components = if before.len() < MANY {
            before.into_iter().filter_map(moved).collect()
        } else {
            before.into_par_iter().filter_map(moved).collect()
        };
    }

    fn rebased_component(&self, known: Component) -> Option<Component> {
        if self.moves.values().all(|moves| matches!(moves, Moves::Nowhere)) {
            return Some(known);
        }
        Some(Component {
            origin: known.origin,
            module: known.module,
            found: self.rebased_part(&known.found)?,
            diagnostics: known.diagnostics.iter().map(|one| self.rebased_problem(one)).collect::<Option<_>>()?,
            mention: match &known.mention {
                Some((span, name)) => Some((self.rebased(*span)?, name.clone())),
                None => None,
            },
        })
    }
}

/// Where the statements of one file are that were there before.
#[derive(Debug)]
enum Moves {
    /// Nothing changed.
    Nowhere,
    /// Where each statement was, and by how much it moved; one that changed is absent.
    By(Vec<(Span, u32)>),
}

impl Moves {
    fn between(before: &Arc<File>, after: &Arc<File>) -> Self {
        if Arc::ptr_eq(before, after) {
            return Moves::Nowhere;
        }
        let here = after.origins.iter().zip(&after.statements);
        let here: HashMap<usize, u32> = here.map(|(origin, now)| (address(origin), now.span.start)).collect();
        let moved = before.origins.iter().zip(&before.statements).filter_map(|(origin, then)| {
            let now = here.get(&address(origin))?;
            Some((then.span, now.wrapping_sub(then.span.start)))
        });
        Moves::By(moved.collect())
    }

    fn rebased(&self, span: Span) -> Option<Span> {
        let Moves::By(statements) = self else { return Some(span) };
        let place = statements.partition_point(|(statement, _)| statement.start <= span.start).checked_sub(1)?;
        let (statement, by) = statements[place];
        (span.end <= statement.end).then(|| span.rebased(by))
    }
}

impl<'p> Checker<'p> {
    /// Compares what components rely on with what it was; after all values of files are typed.
    pub fn compare_surroundings(&mut self) {
        let now = Surroundings::of(self);
        let program = self.program;
        let Some(incremental) = self.mode.incremental_mut() else { return };
        match incremental.before.surroundings.retyped(&now) {
            Some(retyped) if retyped.is_empty() => {}
            Some(retyped) => incremental.before.components.retain(|_, known| !known.names(&retyped)),
            None => incremental.before = Snapshot::default(),
        }
        incremental.after.surroundings = now;
        let files = program.modules.iter().filter_map(|module| {
            Some((module.source, Moves::between(incremental.before.files.get(&module.source)?, &module.file)))
        });
        incremental.moves = files.collect();
        incremental.rebase();
    }

    /// Checks a component, or takes up what was found in it.
    pub fn check_or_reuse(&mut self, symbol: Symbol) {
        let program = self.program;
        let file = &program.module(symbol.module).file;
        let (origin, span) = match (file.origins.get(symbol.statement as usize), program.statement(symbol).span) {
            (Some(origin), span) if self.mode.incremental().is_some() => (origin, span),
            _ => return self.check_now(symbol),
        };
        let found = match self.known(symbol, origin) {
            Some(known) => known,
            None => {
                let unknown = self.sink.unknown;
                let found = self.check_isolated(symbol, origin, span);
                if self.sink.unknown != unknown {
                    return self.take(symbol, &found);
                }
                found
            }
        };
        self.take(symbol, &found);
        if let Some(incremental) = self.mode.incremental_mut() {
            incremental.after.components.insert(address(origin), found);
        }
    }

    fn known(&mut self, symbol: Symbol, origin: &Arc<Statement>) -> Option<Component> {
        let known = self.mode.incremental_mut()?.before.components.remove(&address(origin))?;
        (known.module == symbol.module).then_some(known)
    }

    /// Checks a component with what is found there kept apart.
    fn check_isolated(&mut self, symbol: Symbol, origin: &Arc<Statement>, span: Span) -> Component {
        let place = (symbol.module, symbol.statement);
        // The earlier caller reported what is wrong with it, and so does this one.
        self.forget_info(place);
        let before = (self.sink.diagnostics.len(), self.index.uses.len(), self.index.types.len());
        self.check_now(symbol);
        let (uses, types) = (self.index.uses.split_off(before.1), self.index.types.split_off(before.2));
        Component {
            origin: origin.clone(),
            module: symbol.module,
            found: Arc::new(IndexPart::new(span, uses, types)),
            diagnostics: self.sink.diagnostics.split_off(before.0),
            mention: self.sink.mentions.get(&place).cloned(),
        }
    }

    fn take(&mut self, symbol: Symbol, found: &Component) {
        self.sink.diagnostics.extend(found.diagnostics.iter().cloned());
        self.index.parts.push(found.found.clone());
        if let Some(mention) = &found.mention {
            self.sink.mentions.insert((symbol.module, symbol.statement), mention.clone());
        }
    }

    /// Checks a component: its values first, each after those it mentions.
    fn check_now(&mut self, symbol: Symbol) {
        // A probe looks at one place; it needs no order.
        if self.mode.probe().is_none() {
            self.component_values_in_order(symbol);
        }
        self.component(symbol);
    }
}
