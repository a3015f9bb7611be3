//! kmodel: a declarative cluster-config compiler.

pub mod diag;
pub mod source;
pub mod syntax;
