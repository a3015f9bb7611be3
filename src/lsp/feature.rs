//! One file for each group of requests: the protocol around what [`crate::ide`] answers.

pub(super) mod assist;
pub(super) mod command;
pub(super) mod completion;
pub(super) mod edit;
pub(super) mod hierarchy;
pub(super) mod navigation;
pub(super) mod reference;
pub(super) mod rename_file;
pub(super) mod structure;
pub(super) mod template;
pub(super) mod token;
