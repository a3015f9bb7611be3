//! What was found in components, taken up again while they and all that they rely on stay the same.
//!
//! A component sees the names of its file with the kinds and types of what they stand for, and nothing else of the model.
//! So what was found in one holds as long as its own text and those `Surroundings` do; where it stands does not matter, since
//! what was found has places that count from its start. One that named something unknown is looked at again each time,
//! since what to say of it depends on far more.

use std::sync::Arc;

use super::anchor::{Anchors, address};
use super::checker::Checker;
use super::finding::{Finding, Found};
use super::index::IndexPart;
use super::surroundings::{Changes, Surroundings};
use super::{ModuleId, Symbol};
use crate::hash::HashMap;
use crate::source::Span;
use crate::syntax::ast::Statement;
use crate::syntax::located::Located;

/// The parts of the last check of a model that the next one can reuse.
#[derive(Debug, Default)]
pub struct Snapshot {
    surroundings: Surroundings,
    /// By the address of the statement as it was first read, which is held so that no other can have it.
    components: HashMap<usize, Component>,
}

/// What was found in one component.
#[derive(Debug)]
struct Component {
    #[expect(dead_code, reason = "it is held, so that no other statement gets its address")]
    origin: Arc<Statement>,
    module: ModuleId,
    finding: Finding,
}

/// What one check takes up of the one before, and leaves to the next.
#[derive(Debug, Default)]
pub struct Incremental {
    before: Snapshot,
    /// What changed since; none when everything may have.
    changes: Option<Changes>,
    anchors: Arc<Anchors>,
    after: Snapshot,
}

impl Incremental {
    /// What the check before has left.
    pub fn new(before: Snapshot) -> Self {
        Self { before, ..Self::default() }
    }

    /// What is left to the next.
    pub fn finish(self) -> Snapshot {
        self.after
    }

    /// What is known of a component that is as it was, and relies on nothing that is not.
    fn known(&mut self, module: ModuleId, statement: &Located, text: &str) -> Option<Component> {
        let known = self.before.components.remove(&address(statement.origin()))?;
        let changes = self.changes.as_ref()?;
        let stays =
            known.module == module && !changes.touches(&known.finding.needs) && !changes.touches_words(module, text);
        stays.then_some(known)
    }
}

impl<'p> Checker<'p> {
    /// Compares what components rely on with what it was; after all values of files are typed.
    pub fn compare_surroundings(&mut self) {
        if self.mode.incremental().is_none() {
            return;
        }
        let now = Surroundings::of(self);
        let program = self.program;
        let Some(incremental) = self.mode.incremental_mut() else { return };
        incremental.changes = incremental.before.surroundings.changes(&now, program);
        incremental.anchors = Arc::new(Anchors::of(program));
        incremental.after.surroundings = now;
    }

    /// Checks a component, or takes up what was found in it.
    pub fn check_or_reuse(&mut self, symbol: Symbol) {
        let program = self.program;
        let statement = &program.module(symbol.module).file.statements[symbol.statement as usize];
        let text = program.sources.text(statement.span());
        let Some(incremental) = self.mode.incremental_mut() else { return self.check_now(symbol) };
        let known = incremental.known(symbol.module, statement, text);
        if known.is_some_and(|known| self.reuse(symbol, statement, known)) {
            return;
        }
        self.check_and_keep(symbol, statement);
    }

    /// Takes up what was found in a component; false if that cannot be.
    fn reuse(&mut self, symbol: Symbol, statement: &Located, known: Component) -> bool {
        let Some(anchors) = self.mode.incremental().map(|incremental| incremental.anchors.clone()) else {
            return false;
        };
        let own = statement.span();
        let Some(diagnostics) = known.finding.diagnostics(&anchors, own) else { return false };
        self.sink.diagnostics.extend(diagnostics);
        if let Some(mention) = known.finding.mention(&anchors, own) {
            self.sink.mentions.insert((symbol.module, symbol.statement), mention);
        }
        self.index.parts.push(Arc::new(IndexPart::later(own, known.finding.named.clone(), anchors)));
        self.keep(statement, known);
        true
    }

    fn keep(&mut self, statement: &Located, component: Component) {
        if let Some(incremental) = self.mode.incremental_mut() {
            incremental.after.components.insert(address(statement.origin()), component);
        }
    }

    /// Checks a component, and keeps what is found for the next check.
    fn check_and_keep(&mut self, symbol: Symbol, statement: &Located) {
        let (unknown, own) = (self.sink.unknown, statement.span());
        let found = self.check_isolated(symbol);
        if self.sink.unknown == unknown {
            let anchors = self.mode.incremental().map(|incremental| incremental.anchors.clone());
            if let Some(finding) = anchors.and_then(|anchors| Finding::of(&anchors, own, &found)) {
                let (origin, module) = (statement.origin().clone(), symbol.module);
                self.keep(statement, Component { origin, module, finding });
            }
        }
        self.take(symbol, own, found);
    }

    /// Checks a component with what is found there kept apart.
    fn check_isolated(&mut self, symbol: Symbol) -> Found {
        let place = (symbol.module, symbol.statement);
        // The earlier caller reported what is wrong with it, and so does this one.
        self.forget_info(place);
        let before = (self.sink.diagnostics.len(), self.index.uses.len(), self.index.types.len());
        self.check_now(symbol);
        let (uses, types) = (self.index.uses.split_off(before.1), self.index.types.split_off(before.2));
        let diagnostics = self.sink.diagnostics.split_off(before.0);
        Found::new(uses, types, diagnostics, self.sink.mentions.get(&place).cloned())
    }

    fn take(&mut self, symbol: Symbol, own: Span, found: Found) {
        self.sink.diagnostics.extend(found.diagnostics);
        self.index.parts.push(Arc::new(IndexPart::new(own, found.uses, found.types)));
        if let Some(mention) = found.mention {
            self.sink.mentions.insert((symbol.module, symbol.statement), mention);
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
