//! Keys, certificates and random secrets.
//!
//! In: a [`spec::Request`], a store and the time. Out: what was issued, and what to write back to the store.

pub mod spec;
