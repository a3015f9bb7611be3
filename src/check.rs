//! Names and types, with no evaluation.
//!
//! In: a root file and a world. Out: a [`Program`] and every problem found in any of its files.

pub mod program;

pub use program::{Module, ModuleId, ModulePlace, Program, Symbol, SymbolKind};
