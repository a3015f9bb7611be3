//! What could stand at one place, as the checker sees it.
//!
//! For completion a word is put where the cursor is, and the file is checked with a probe there: what is expected of that
//! word and which names it could be is what fits.

use super::checker::Checker;
use super::mode::Mode;
use super::ty::{Record, Ty};
use super::typing::env::Sight;
use super::typing::expr::Typer;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Ident, Name};

/// A place, and what was found there.
#[derive(Debug)]
pub struct Probe {
    /// The word at the cursor.
    pub place: Span,
    pub found: Option<Expectation>,
    /// Whether nothing counts as found, because values are looked at that stand elsewhere.
    pub paused: bool,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// The expression that was looked at last; a smaller one says more.
    span: Span,
    pub wanted: Wanted,
    /// Values that can be named there, with their types.
    pub names: Vec<(Name, Ty)>,
}

/// What is expected.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// A value of a type.
    Value(Ty),
    /// A field of a value of this type.
    Member(Ty),
    /// A field of a record literal.
    Keys(Record),
    /// The name of an authority.
    Authority,
    /// The name of a `requires` endpoint of the component.
    Endpoint,
    /// A certificate of the component, as `cert NAME`.
    Cert,
}

impl Probe {
    /// A probe for the word at a place.
    pub fn new(place: Span) -> Self {
        Self { place, found: None, paused: false }
    }

    fn covers(&self, span: Span) -> bool {
        span.source == self.place.source && span.start <= self.place.start && span.end >= self.place.end
    }

    /// Whether something found there says more than what is known.
    fn improves(&self, span: Span, wanted: &Wanted) -> bool {
        let Some(known) = &self.found else { return true };
        let length = |span: Span| span.end - span.start;
        match length(span).cmp(&length(known.span)) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => match (&known.wanted, wanted) {
                (Wanted::Value(known), Wanted::Value(found)) => known.is_silent() && !found.is_silent(),
                (Wanted::Value(_), _) => true,
                _ => false,
            },
            std::cmp::Ordering::Greater => false,
        }
    }
}

impl<'p> Checker<'p> {
    /// Whether a statement is looked at: with a probe, only the one around it.
    pub fn is_wanted(&self, span: Span) -> bool {
        self.mode.probe().is_none_or(|probe| probe.covers(span))
    }

    fn is_probed(&self, span: Span) -> bool {
        self.mode.probe().is_some_and(|probe| probe.covers(span))
    }
}

impl<'p> Typer<'_, 'p> {
    /// Looks at an expression of which a type is expected.
    pub fn probe(&mut self, expr: &Expr, expected: &Ty) {
        if self.checker.is_probed(expr.span) && !matches!(expr.kind, ExprKind::Paren(_)) {
            self.found(expr.span, Wanted::Value(expected.clone()));
        }
    }

    /// Looks at the field of a value.
    pub fn probe_member(&mut self, field: &Ident, of: &Ty) {
        if self.checker.is_probed(field.span) {
            self.found(field.span, Wanted::Member(of.clone()));
        }
    }

    /// Looks at a record literal.
    pub fn probe_keys(&mut self, span: Span, expected: &Record) {
        if self.checker.is_probed(span) {
            self.found(span, Wanted::Keys(expected.clone()));
        }
    }

    /// Looks at a name that is not a value.
    pub fn probe_name(&mut self, name: &Ident, wanted: Wanted) {
        if self.checker.is_probed(name.span) {
            self.found(name.span, wanted);
        }
    }

    fn found(&mut self, span: Span, wanted: Wanted) {
        if self.checker.mode.probe().is_none_or(|probe| !probe.improves(span, &wanted)) {
            return;
        }
        self.pause(true);
        let names = self.values();
        self.pause(false);
        if let Mode::Probe(probe) = &mut self.checker.mode {
            probe.found = Some(Expectation { span, wanted, names });
        }
    }

    fn pause(&mut self, paused: bool) {
        if let Mode::Probe(probe) = &mut self.checker.mode {
            probe.paused = paused;
        }
    }

    /// Every value that can be named here.
    fn values(&mut self) -> Vec<(Name, Ty)> {
        let mut names = self.visible();
        if !matches!(self.env.sight, Sight::Component(_)) {
            names.extend(self.checker.groups.by_name.keys().cloned());
        }
        names.sort();
        names.dedup();
        let place = Span::default();
        let typed = |name: Name| {
            let ty = self.name(&Ident { name: name.clone(), span: place });
            (name, ty)
        };
        names.into_iter().map(typed).collect()
    }
}
