//! kmodel: a declarative cluster-config compiler.
//!
//! Modules in reading order; each uses only those before it.

// No panic that says nothing, and no way around the room of a thing: clippy.toml lists what asks the outside.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::print_stderr, clippy::print_stdout))]
#![deny(clippy::exit, clippy::panic, clippy::unwrap_used)]

pub mod text;
pub mod source;
pub mod diag;
pub mod world;
pub mod syntax;
pub mod stdlib;
pub mod facts;
pub mod check;
pub mod model;
pub mod pki;
pub mod plan;
pub mod render;
pub mod target;
pub mod verify;
pub mod emit;
pub mod compile;
pub mod why;
pub mod ide;
pub mod lsp;
pub mod apply;
pub mod cli;
