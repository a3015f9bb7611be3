//! kmodel: a declarative cluster-config compiler.

pub mod check;
pub mod diag;
pub mod source;
pub mod stdlib;
pub mod syntax;
pub mod world;
