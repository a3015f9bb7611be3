//! From a plan to bundles: the files, units and artifacts of every machine, for no target in particular.

pub mod bundle;
