//! Targets: how one platform receives bundles, and what its limits are.
//!
//! In: a site and its machines with their bundles. Out: files for the output folder.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::model::value::Record;
use crate::render::bundle::Bundle;
use crate::syntax::ast::Name;

pub mod cloud_config;
pub mod lxd;

/// What keeps a target from taking a machine.
pub use crate::render::Problem as TargetProblem;

/// What all machines of a model share.
#[derive(Clone, Debug)]
pub struct Site {
    pub cluster: Name,
    pub domain: Name,
    pub nodes: IpNet,
    /// All ranges of the cluster, with their names: `pods`, `services`, `nodes`.
    pub ranges: Vec<(&'static str, IpNet)>,
    pub gateway: IpAddr,
    pub dns: Vec<IpAddr>,
    /// The fields of the model's `target NAME { }`, with overlays applied.
    pub options: Record,
}

/// One machine and its bundle.
#[derive(Clone, Debug)]
pub struct TargetMachine {
    pub name: Name,
    pub group: Name,
    pub address: IpAddr,
    pub cores: f64,
    /// Bytes.
    pub memory: u64,
    /// Bytes.
    pub disk: u64,
    pub arch: Name,
    pub zone: Option<Name>,
    pub bundle: Bundle,
}

/// One file of the output folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Relative to the output folder, with `/`.
    pub path: String,
    /// As it is on disk: private ones 0600.
    pub mode: u32,
    pub content: Arc<[u8]>,
    pub secret: bool,
    /// The place in the model that it comes from.
    pub origin: Arc<str>,
}

/// The targets that there are.
pub const NAMES: &[&str] = &["lxd"];

/// The files of a target's output; `None` when there is no such target.
///
/// # Errors
/// What the target cannot take.
pub fn files(
    name: &str,
    site: &Site,
    machines: &[TargetMachine],
) -> Option<Result<Vec<OutputFile>, Vec<TargetProblem>>> {
    match name {
        "lxd" => Some(lxd::files(site, machines)),
        _ => None,
    }
}
