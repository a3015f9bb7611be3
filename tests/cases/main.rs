//! Fixtures: each `.km` file beside what kmodel says of it.

#[path = "../support/mod.rs"]
mod support;

mod broken;
mod model;
mod output;
