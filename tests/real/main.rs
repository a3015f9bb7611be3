//! Real programs judge what is rendered of every example.

#[path = "../common/mod.rs"]
mod common;

mod certificate;
mod daemon;
mod kubeconfig;
mod systemd;
