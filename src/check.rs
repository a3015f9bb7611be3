//! Names and types, with no evaluation.
//!
//! In: a root file and a world. Out: a [`Program`] and every problem found in any of its files.

use std::path::Path;

use crate::diag::{Diagnostic, tidy};
use crate::world::World;

mod annotation;
mod app;
mod body;
pub mod builtin;
mod call;
mod checker;
mod component;
mod cycle;
mod declared;
mod deploy;
mod each;
mod env;
mod expr;
mod flag_set;
pub mod flag_rule;
pub mod flags;
mod flow;
mod given;
mod group;
mod interface;
mod item;
pub mod load;
mod mismatch;
mod names;
mod naming;
pub mod notation;
mod operator;
pub mod own_code;
pub mod order;
mod overlay;
pub mod place;
mod placed;
pub mod program;
mod quiet;
mod record;
mod relate;
pub mod schema;
pub mod scope;
mod statement;
mod suggest;
mod text;
pub mod ty;

pub use program::{Module, ModuleId, ModulePlace, Program, Symbol, SymbolKind};

/// A program and what is wrong with it.
#[derive(Debug, Default)]
pub struct Checked {
    pub program: Program,
    /// Sorted by place; the problems of the syntax are among them.
    pub diagnostics: Vec<Diagnostic>,
}

/// Loads the file `root` and all it imports, and checks every one of them.
pub fn check(world: &dyn World, root: &Path) -> Checked {
    let mut resolved = scope::resolve(load::load(world, root));
    let mut checker = checker::Checker::new(&resolved);
    checker.values_in_order();
    checker.everything();
    let mut found = checker.diagnostics;
    quiet::quiet(&resolved.program, &resolved.syntax, &mut found);
    let mut diagnostics = std::mem::take(&mut resolved.diagnostics);
    diagnostics.extend(found);
    tidy(&mut diagnostics);
    Checked { program: resolved.program, diagnostics }
}
