//! The types of expressions.
//!
//! In: an expression, the names it can see, and perhaps the type that is expected. Out: its type; what is wrong goes to the
//! checker.

mod call;
mod each;
pub mod env;
pub mod expr;
pub mod flow;
mod operator;
mod record;
mod text;
