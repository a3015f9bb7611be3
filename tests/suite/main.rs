//! What needs nothing but the library and the built program: phases, laws, editors' answers, the command line.

#[path = "../support/mod.rs"]
mod support;

mod architecture;
mod broken_facts;
mod catalogue;
mod check;
mod cli;
mod emit;
mod faults;
mod fix;
mod format;
mod grammar;
mod hostile;
mod hostile_repository;
mod hostile_values;
mod ide;
mod incremental;
mod keys;
mod kubeconfigs;
mod laws;
mod listed;
mod options;
mod numbers;
mod pages;
mod pasted;
mod pin;
mod plan;
mod preview;
mod readme;
mod running;
mod refused_rules;
mod reuse;
mod renderable;
mod safety;
mod settings;
mod stability;
mod stdlib;
mod store_index;
mod streaming;
mod syntax;
mod unit_files;
mod upgrade;
mod what_if;
mod why;
mod words;
