//! The tree-sitter grammar, which editors read `.km` files with, and the compiler say the same of every text.

mod agreement;
mod corpus;
mod generated;
mod parser;
mod queries;
#[path = "../support/mod.rs"]
mod support;
#[path = "../common/mod.rs"]
mod common;
