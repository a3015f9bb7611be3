//! From text to the typed syntax tree.
//!
//! In: any text. Out: a lossless tree that prints back to the same text, the typed tree, and the problems found.
//! Never fails.

pub mod ast;
