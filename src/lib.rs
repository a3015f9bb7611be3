//! kmodel: a declarative cluster-config compiler.
//!
//! Modules in reading order; each uses only those before it. Tests, benches and fuzzing use those that are public.

// No panic that says nothing, and no way around the room of a thing: clippy.toml lists what asks the outside.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::print_stderr, clippy::print_stdout))]
// What no other crate can name does not look as if one could.
#![warn(unreachable_pub)]
#![deny(clippy::exit, clippy::panic, clippy::unwrap_used)]

mod text;
mod hash;
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
mod lsp;
mod pin;
mod apply;
pub mod cli;
