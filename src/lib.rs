//! kmodel: a declarative cluster-config compiler.
//!
//! Modules in reading order; each uses only those before it.

pub mod check;
pub mod diag;
pub mod emit;
pub mod model;
pub mod pki;
pub mod render;
pub mod source;
pub mod stdlib;
pub mod syntax;
pub mod target;
pub mod world;
