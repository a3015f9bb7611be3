//! The types of expressions.
//!
//! In: an expression, the names it can see, and perhaps the type that is expected. Out: its type; what is wrong goes to the
//! checker.

mod call;
mod each;
pub(super) mod env;
pub(super) mod expr;
pub(super) mod flow;
mod operator;
mod record;
mod text;
