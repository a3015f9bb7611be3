//! The tree-sitter grammar, which editors read `.km` files with, and the compiler say the same of every text.

mod agreement;
mod corpus;
mod generated;
mod parser;
mod queries;
