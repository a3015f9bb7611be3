//! Parsing again only what an edit touched.
//!
//! In: a text, and perhaps what was parsed of the text before it. Out: its units, the same that parsing all of it would
//! give, and the tree that joins them.

mod edit;
mod window;
pub(super) mod parse;
pub(super) mod unit;
