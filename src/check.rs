//! Names and types, with no evaluation.
//!
//! In: a root file and a world. Out: a [`Program`] and every problem found in any of its files.

use std::path::Path;
use std::sync::Arc;

use crate::diag::{Diagnostic, tidy};
use crate::source::Span;
use crate::world::World;

mod anchor;
mod annotation;
mod app;
mod assignment;
mod body;
pub mod builtin;
pub mod cache;
mod cascade;
mod checker;
mod component;
mod cycle;
mod deploy;
pub mod doubles;
mod duplicates;
mod finding;
mod flag_set;
mod group;
pub mod incremental;
pub mod index;
mod interface;
mod item;
pub mod load;
mod machine_bound;
mod memo;
mod mismatch;
mod mode;
mod names;
pub mod naming;
pub mod order;
mod overlay;
pub mod own_code;
pub mod place;
mod prelude;
pub mod probe;
pub mod program;
mod relate;
pub mod schema;
pub mod scope;
pub mod session;
mod settings;
mod sink;
pub mod text_form;
mod statement;
pub mod suggest;
mod surroundings;
pub mod symbols;
pub mod ty;
pub mod type_syntax;
mod typing;
mod written_version;

pub use assignment::{is_path, leave_out_fixes};
use cache::{Cache, Parsed};
use checker::Checker;
pub use flag_set::ty_of as flag_type;
pub use group::is_part;
use index::Index;
use mode::Mode;
pub use program::{Module, ModuleId, ModulePlace, Program, Symbol, SymbolKind};
use scope::Resolved;
use session::Session;
pub(crate) use settings::{of_param, set_of_param};
pub use symbols::{Names, Namespace};

/// A program and what is wrong with it.
#[derive(Debug, Default)]
pub struct Checked {
    pub program: Program,
    /// Sorted by place; the problems of the syntax are among them.
    pub diagnostics: Vec<Diagnostic>,
}

/// Loads the file `root` and all it imports, and checks every one of them.
pub fn check(world: &dyn World, root: &Path) -> Checked {
    check_with(world, root, &[])
}

/// The same with what a command line sets, `NAME=VALUE` each, of which parameters are bound later.
pub fn check_with(world: &dyn World, root: &Path, sets: &[(String, String)]) -> Checked {
    let place = ModulePlace::File(place::normal(root));
    let mut loaded = load::load(world, &mut Cache::default(), &place);
    let problems = assignment::add(&mut loaded.program, sets);
    loaded.diagnostics.extend(problems);
    let resolved = scope::resolve(loaded);
    let (diagnostics, ..) = run(&resolved, Mode::Everything);
    Checked { program: resolved.program, diagnostics }
}

/// A program, what is wrong with it, and what each of its names stands for.
#[derive(Debug, Default)]
pub struct Analysis {
    pub resolved: Resolved,
    /// Sorted by place; the problems of the syntax are among them.
    pub diagnostics: Vec<Diagnostic>,
    pub index: Index,
}

/// The same as [`check`] for who asks again and again: files that did not change are not parsed again, the standard library
/// is taken to be right, what the names stand for is kept, and a component is checked again only when it or something that
/// it relies on is not as it was.
pub fn analyse(world: &dyn World, session: &mut Session, root: &ModulePlace) -> Analysis {
    let resolved = scope::resolve(load::load(world, &mut session.cache, root));
    let before = session.snapshots.remove(root).unwrap_or_default();
    let (diagnostics, mut index, mode) = run(&resolved, Mode::after(&resolved.program, before));
    if let Mode::Editor(editor) = mode {
        session.snapshots.insert(root.clone(), editor.incremental.finish());
    }
    index.tidy();
    Analysis { resolved, diagnostics, index }
}

/// What could stand at a place of a program with one file as it is given here; `None` where no value can.
pub fn probe(
    world: &dyn World,
    cache: &mut Cache,
    root: &ModulePlace,
    file: (&ModulePlace, &Arc<Parsed>),
    place: Span,
) -> Option<probe::Expectation> {
    let resolved = scope::resolve(load::load_with(world, cache, root, Some(file)));
    let mut checker = Checker::new(&resolved, Mode::Probe(probe::Probe::new(place)));
    checker.everything();
    match checker.mode {
        Mode::Probe(probe) => probe.found,
        Mode::Everything | Mode::Editor(_) => None,
    }
}

/// Checks a program: what is wrong with it, what its names stand for, and the mode with what it found.
fn run(resolved: &Resolved, mode: Mode) -> (Vec<Diagnostic>, Index, Mode) {
    let mut checker = Checker::new(resolved, mode);
    checker.values_in_order();
    checker.compare_surroundings();
    checker.everything();
    let Checker { sink, index, mode, .. } = checker;
    let mut found = sink.diagnostics;
    cascade::suppress(&resolved.program, &resolved.syntax, &mut found);
    let mut diagnostics = resolved.diagnostics.clone();
    diagnostics.extend(found);
    cascade::suppress_clashes(&mut diagnostics);
    doubles::drop_doubles(&resolved.program, &mut diagnostics);
    tidy(&mut diagnostics);
    (diagnostics, index, mode)
}
