//! Real programs check what kmodel makes: openssl, systemd, cloud-init, haproxy, etcd, editors, a client of LXD.

#[path = "../support/mod.rs"]
mod support;

mod host;

mod apply;
mod balancer;
mod balancer_words;
mod boot_script;
mod certificate;
mod clients;
mod cloud;
mod cloud_init;
mod daemon;
mod disks;
mod drain;
mod editors;
mod etcd;
mod examine;
mod firewall;
mod hostile_values;
mod ignition;
mod instructions;
mod kubeconfig;
mod kustomize;
mod links;
mod made;
mod manifest;
mod monitoring;
mod packages;
mod pki;
mod registry;
mod render_target;
mod report;
mod rotation;
mod seed;
mod shell_grammar;
mod signature;
mod ssh;
mod systemd;
mod systemd_value;
mod tables;
mod terraform;
mod tree_sitter;
