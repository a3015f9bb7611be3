//! Machines as they are rendered, a few at a time, so that no more than those are held at once.

use std::ops::Range;

use rayon::prelude::*;

use crate::diag::Diagnostic;
use crate::plan::Plan;
use crate::render::bundle::Bundle;
use crate::render::issued_material::IssuedMaterial;
use crate::render::{self, Placement};
use crate::target::TargetMachine;

use super::stream::machine;

/// So many are rendered side by side.
const AT_ONCE: usize = 64;

/// All machines of a model with what was issued in them, in their order. Whoever takes one decides how long it is kept.
pub(super) struct Machines<'a, 'p> {
    plan: &'a Plan<'p>,
    material: &'a IssuedMaterial<'a, 'p>,
    placement: Placement,
    rest: Range<usize>,
    ready: std::vec::IntoIter<TargetMachine>,
    problems: Vec<Diagnostic>,
}

impl<'a, 'p> Machines<'a, 'p> {
    pub(super) fn new(plan: &'a Plan<'p>, material: &'a IssuedMaterial<'a, 'p>) -> Self {
        let (placement, rest) = (Placement::new(&plan.model), 0..plan.model.machines.len());
        Self { plan, material, placement, rest, ready: Vec::new().into_iter(), problems: Vec::new() }
    }

    /// What belongs to no machine.
    ///
    /// # Errors
    /// What stood in the way of a value, of a machine before or of this; after it nothing was handed out.
    pub(super) fn cluster(self) -> Result<Bundle, Vec<Diagnostic>> {
        if self.problems.is_empty() {
            render::cluster(&self.plan.model, self.placement.on_none(), self.material)
        } else {
            Err(self.problems)
        }
    }

    /// Renders the next machines. What one of them differs in from the others of its kind is seen only here.
    fn render(&mut self) {
        let last = self.rest.end.min(self.rest.start + AT_ONCE);
        let next = self.rest.start..last;
        self.rest.start = last;
        let (plan, material, placement) = (self.plan, self.material, &self.placement);
        let of = |place: usize| machine(plan, material, place, placement);
        // The first that cannot be rendered is reported, whichever is done first.
        let all: Vec<Result<_, _>> = next.into_par_iter().map(of).collect();
        match all.into_iter().collect::<Result<Vec<_>, _>>() {
            Ok(list) => self.ready = list.into_iter(),
            Err(problems) => (self.problems, self.rest.start) = (problems, self.rest.end),
        }
    }
}

impl Iterator for Machines<'_, '_> {
    type Item = TargetMachine;

    fn next(&mut self) -> Option<TargetMachine> {
        if self.ready.len() == 0 && !self.rest.is_empty() {
            self.render();
        }
        self.ready.next()
    }
}
