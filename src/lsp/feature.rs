//! One file for each group of requests: the protocol around what [`crate::ide`] answers.

pub mod assist;
pub mod command;
pub mod completion;
pub mod edit;
pub mod hierarchy;
pub mod navigation;
pub mod reference;
pub mod rename_file;
pub mod structure;
pub mod template;
pub mod token;
