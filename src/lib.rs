//! kmodel: a declarative cluster-config compiler.
//!
//! Modules in reading order; each uses only those before it.

pub mod source;
pub mod diag;
pub mod world;
pub mod syntax;
pub mod stdlib;
pub mod check;
