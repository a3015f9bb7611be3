//! One file for each group of requests: the protocol around what [`crate::ide`] answers.

mod completion;
mod navigation;
