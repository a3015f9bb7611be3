//! kmodel: a declarative cluster-config compiler.

pub mod source;
pub mod diag;
pub mod syntax;
