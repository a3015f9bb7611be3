//! kmodel: a declarative cluster-config compiler.
//!
//! Modules in reading order; each uses only those before it.

pub mod check;
pub mod diag;
pub mod source;
pub mod stdlib;
pub mod syntax;
pub mod world;
