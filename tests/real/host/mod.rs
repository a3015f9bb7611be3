//! What tests with real programs share: rendered outputs on disk, and the programs themselves.

#![allow(dead_code, unused_imports, reason = "each test uses a part")]

pub mod network;
pub mod process;
pub mod rendered;
pub mod tool;
pub mod unit;

pub use rendered::{Output, all, case};
pub use tool::{Tool, skip, tool};
