//! What was found in one component, with places that hold wherever it stands.

use std::sync::Arc;

use super::anchor::{Anchors, Declared, Place};
use super::index::{NameKind, Sorted, Target, Use, tidy};
use super::ty::Ty;
use crate::diag::{Diagnostic, Edit};
use crate::source::{SourceId, Span};
use crate::syntax::ast::Name;

/// What was found in one component.
#[derive(Debug)]
pub(super) struct Finding {
    pub named: Arc<Named>,
    diagnostics: Vec<Problem>,
    mention: Option<(Place, Name)>,
    /// What it names outside of itself.
    pub needs: Needs,
}

/// The names in a component with what they stand for, and the types of its values.
#[derive(Debug, Default)]
pub(super) struct Named {
    uses: Vec<(Place, To)>,
    types: Vec<(Place, Ty)>,
}

/// What a name stands for.
#[derive(Debug)]
enum To {
    Declared(NameKind, Place),
    Other(Target),
}

/// A problem, and where its labels and then its edits are.
#[derive(Debug)]
struct Problem {
    diagnostic: Diagnostic,
    places: Vec<Place>,
}

/// What a component names outside of itself.
#[derive(Debug, Default)]
pub(super) struct Needs {
    pub names: Vec<Declared>,
    /// The addresses of statements in which it means a place.
    pub statements: Vec<(SourceId, usize)>,
}

/// What a check found in a component, where it stands now.
pub(super) struct Found {
    pub uses: Vec<Use>,
    pub types: Vec<(Span, Ty)>,
    pub diagnostics: Vec<Diagnostic>,
    pub mention: Option<(Span, Name)>,
}

impl Found {
    /// Put in order.
    pub(super) fn new(
        mut uses: Vec<Use>,
        mut types: Vec<(Span, Ty)>,
        diagnostics: Vec<Diagnostic>,
        mention: Option<(Span, Name)>,
    ) -> Self {
        tidy(&mut uses, &mut types);
        Self { uses, types, diagnostics, mention }
    }
}

impl Finding {
    /// What was found in the component at a place; none when something is meant that has no place in a statement.
    pub(super) fn of(anchors: &Anchors, own: Span, found: &Found) -> Option<Self> {
        let mut needs = Needs::default();
        let mut place = |span: Span| needs.note(anchors.place(own, span)?);
        let uses = found.uses.iter().map(|one| Some((place(one.span)?, To::of(&one.target, &mut place)?)));
        let uses = uses.collect::<Option<Vec<_>>>()?;
        let types = found.types.iter().map(|(span, ty)| Some((place(*span)?, ty.clone())));
        let types = types.collect::<Option<Vec<_>>>()?;
        let diagnostics = found.diagnostics.iter().map(|one| Problem::of(one, &mut place)).collect::<Option<_>>()?;
        let mention = match &found.mention {
            Some((span, name)) => Some((place(*span)?, name.clone())),
            None => None,
        };
        Some(Self { named: Arc::new(Named { uses, types }), diagnostics, mention, needs })
    }

    /// Its problems, where they are when it is at `own`.
    pub(super) fn diagnostics(&self, anchors: &Anchors, own: Span) -> Option<Vec<Diagnostic>> {
        self.diagnostics.iter().map(|problem| problem.now(anchors, own)).collect()
    }

    /// Where it mentions what only a machine has.
    pub(super) fn mention(&self, anchors: &Anchors, own: Span) -> Option<(Span, Name)> {
        let (place, name) = self.mention.as_ref()?;
        Some((anchors.span(own, place)?, name.clone()))
    }
}

impl Named {
    /// The names and the types where they are when the component is at `own`, in order.
    pub(super) fn now(&self, anchors: &Anchors, own: Span) -> Sorted {
        let uses = self
            .uses
            .iter()
            .filter_map(|(place, to)| Some(Use { span: anchors.span(own, place)?, target: to.now(anchors, own)? }));
        let types = self.types.iter().filter_map(|(place, ty)| Some((anchors.span(own, place)?, ty.clone())));
        (uses.collect(), types.collect())
    }
}

impl To {
    fn of(target: &Target, place: &mut impl FnMut(Span) -> Option<Place>) -> Option<Self> {
        match target {
            Target::Declared(kind, span) => Some(To::Declared(*kind, place(*span)?)),
            other => Some(To::Other(other.clone())),
        }
    }

    fn now(&self, anchors: &Anchors, own: Span) -> Option<Target> {
        match self {
            To::Declared(kind, place) => Some(Target::Declared(*kind, anchors.span(own, place)?)),
            To::Other(target) => Some(target.clone()),
        }
    }
}

impl Problem {
    fn of(diagnostic: &Diagnostic, place: &mut impl FnMut(Span) -> Option<Place>) -> Option<Self> {
        let mut copy = diagnostic.clone();
        let places = spans(&mut copy).map(|span| place(*span)).collect::<Option<_>>()?;
        Some(Self { diagnostic: copy, places })
    }

    fn now(&self, anchors: &Anchors, own: Span) -> Option<Diagnostic> {
        let mut diagnostic = self.diagnostic.clone();
        for (span, place) in spans(&mut diagnostic).zip(&self.places) {
            *span = anchors.span(own, place)?;
        }
        Some(diagnostic)
    }
}

/// Every place of a problem: those of its labels, then those of its edits.
fn spans(diagnostic: &mut Diagnostic) -> impl Iterator<Item = &mut Span> {
    let edits = diagnostic.fixes.iter_mut().flat_map(|fix| &mut fix.edits);
    diagnostic.labels.iter_mut().map(|label| &mut label.span).chain(edits.map(|edit: &mut Edit| &mut edit.span))
}

impl Needs {
    fn note(&mut self, place: Place) -> Option<Place> {
        match &place {
            Place::Own(..) => {}
            Place::Name(name) if self.names.contains(name) => {}
            Place::Name(name) => self.names.push(name.clone()),
            Place::In(source, address, ..) if self.statements.contains(&(*source, *address)) => {}
            Place::In(source, address, ..) => self.statements.push((*source, *address)),
        }
        Some(place)
    }
}
