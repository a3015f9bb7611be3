//! Targets: how one platform receives bundles, and what its limits are.
//!
//! In: a site and its machines with their bundles. Out: files for the output folder.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::facts::platform::{self, platform};
use crate::model::value::Record;
use crate::render::Origin;
use crate::render::bundle::{Bundle, BundleFile};
use crate::source::Sources;
use crate::syntax::ast::Name;

pub mod cloud;
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
    /// What the origins of files and problems are places in.
    pub sources: Sources,
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
    pub origin: Origin,
}

/// The targets that there are: each platform of the table, of which only LXD has a way of its own.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    platform::platforms().map(|(name, _)| name)
}

/// What is wrong with the fields of a target; nothing is said of one that there is not.
pub fn field_problems(name: &str, site: &Site) -> Vec<TargetProblem> {
    match (name, platform(name)) {
        ("lxd", _) => lxd::Options::read(site).err().unwrap_or_default(),
        (_, Some(platform)) => cloud::Options::read(platform, site).err().unwrap_or_default(),
        (_, None) => Vec::new(),
    }
}

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
        name => platform(name).map(|platform| cloud::files((name, platform), site, machines)),
    }
}

/// A file in the tree of its machine, `machines/NAME/root/`.
fn in_tree(machine: &TargetMachine, file: BundleFile) -> OutputFile {
    let mode = match (file.secret, file.mode & 0o111) {
        (true, _) => 0o600,
        (false, 0) => 0o644,
        (false, _) => 0o755,
    };
    let path = format!("machines/{}/root{}", machine.name, file.path);
    OutputFile { path, mode, content: file.content, secret: file.secret, origin: file.origin }
}

/// An output file that is no secret.
fn text(path: String, mode: u32, text: impl AsRef<[u8]>, origin: &Origin) -> OutputFile {
    OutputFile { path, mode, content: text.as_ref().into(), secret: false, origin: origin.clone() }
}
