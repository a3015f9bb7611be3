//! From a plan to bundles: the files, units and artifacts of every machine, for no target in particular.

pub mod boot;
pub mod bundle;
pub mod format;
pub mod problem;
#[cfg(test)]
mod snapshot;
pub mod unit_check;
pub mod unit_file;

pub use problem::Problem;
