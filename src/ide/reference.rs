//! Who uses a name, in every model that can see it.

use std::sync::Arc;

use super::definition::{module_of, uses};
use super::project::{File, Project};
use crate::check::index::{NameKind, Target};
use crate::check::{Analysis, ModulePlace};
use crate::source::Span;
use crate::world::World;

/// A name in a model.
#[derive(Clone, Debug)]
pub struct Reference {
    pub analysis: Arc<Analysis>,
    pub span: Span,
}

/// Whether where a name is declared counts among who uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    With,
    Without,
}

/// The places that use what stands at a place, in the order of the files.
pub fn references(
    world: &dyn World,
    project: &mut Project,
    file: &File,
    offset: u32,
    declared: Declared,
) -> Vec<Reference> {
    let targets: Vec<Target> = targets(file, offset);
    let mut places: Vec<Reference> = Vec::new();
    for analysis in analyses(world, project, file, &targets) {
        for target in &targets {
            places.extend(
                of(&analysis, target, declared).into_iter().map(|span| Reference { analysis: analysis.clone(), span }),
            );
        }
    }
    // One file may be part of several models.
    places.sort_by_key(|place| place.span);
    places.dedup_by_key(|place| place.span);
    places
}

/// What stands at a place and can be looked for.
pub fn targets(file: &File, offset: u32) -> Vec<Target> {
    let found = uses(file, offset);
    let Some(first) = found.first().map(|one| one.span) else { return Vec::new() };
    let mut targets: Vec<Target> = found.into_iter().filter(|one| one.span == first).map(|one| one.target).collect();
    targets.dedup();
    targets
}

/// The models in which any of the targets can be named: those of this file, and those of the file that declares it.
pub fn analyses(world: &dyn World, project: &mut Project, file: &File, targets: &[Target]) -> Vec<Arc<Analysis>> {
    let program = &file.analysis.resolved.program;
    let mut roots = project.roots(&program.module(file.module).place);
    for target in targets {
        if let Target::Declared(_, span) = target
            && let Some(module) = module_of(&file.analysis, *span)
        {
            match &module.place {
                place @ ModulePlace::File(_) => roots.extend(project.roots(place)),
                // What the library declares may be used by every model there is.
                ModulePlace::Standard(_) => roots.extend(project.all_roots()),
            }
        }
    }
    roots.sort();
    roots.dedup();
    let mut list: Vec<_> = roots.iter().map(|root| project.analysis(world, root)).collect();
    if !list.iter().any(|known| Arc::ptr_eq(known, &file.analysis)) {
        list.push(file.analysis.clone());
    }
    list
}

/// The places of a model that use a target.
pub fn of(analysis: &Analysis, target: &Target, declared: Declared) -> Vec<Span> {
    let used = analysis.index.uses();
    let used = used.into_iter().filter(|one| one.target == *target).map(|one| one.span);
    let own = match target {
        Target::Declared(kind, span) if *kind != NameKind::Local => Some(*span),
        _ => None,
    };
    let mut spans: Vec<Span> = used.chain(own).collect();
    if let (Declared::Without, Target::Declared(_, span)) = (declared, target) {
        spans.retain(|one| one != span);
    }
    spans.sort();
    spans.dedup();
    spans
}

/// The places in the same file that use what stands at a place; the declaration is the one that is written.
pub fn highlights(file: &File, offset: u32) -> Vec<(Span, bool)> {
    let source = file.source();
    let mut spans: Vec<(Span, bool)> = Vec::new();
    for target in targets(file, offset) {
        let declaration = match target {
            Target::Declared(_, span) => Some(span),
            _ => None,
        };
        let here = of(&file.analysis, &target, Declared::With).into_iter().filter(|span| span.source == source);
        spans.extend(here.map(|span| (span, declaration == Some(span))));
    }
    spans.sort();
    spans.dedup_by_key(|(span, _)| *span);
    spans
}
