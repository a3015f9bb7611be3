//! From a program to a model: what there is, what runs where, and how it is related.

pub mod value;

pub use value::Value;
