//! What several test programs share.
#![allow(dead_code, reason = "each test program uses only some of it")]

pub mod tool;
