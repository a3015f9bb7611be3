//! Real programs judge what is rendered of every example.

#[path = "../common/mod.rs"]
mod common;
mod support;

mod balancer;
mod certificate;
mod cloud_init;
mod daemon;
mod etcd;
mod firewall;
mod kubeconfig;
mod manifest;
mod systemd;
