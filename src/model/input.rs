//! What a compile is given beside the program: overlays, parameters, and what was decided earlier.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::syntax::ast::{Expr, Name, Version};

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Overlays to apply, in order.
    pub overlays: Vec<String>,
    /// `--set name=value`.
    pub sets: Vec<Setting>,
    /// The target to plan for; without one, the first that the model declares.
    pub target: Option<Name>,
    /// Plan as if the cluster ran this version of Kubernetes.
    pub kubernetes: Option<Version>,
    pub lock: Lock,
}

/// One `--set name=value`.
#[derive(Clone, Debug)]
pub struct Setting {
    pub name: Name,
    /// As written, for parameters that are strings.
    pub text: String,
    /// The value read as an expression, when it is one.
    pub value: Option<Expr>,
}

/// What was decided for a cluster by an earlier render and must not change: its part of `kmodel.lock`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// The kmodel that rendered last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kmodel: Option<String>,
    /// Addresses given out: machine, or `application/address`.
    #[serde(default)]
    pub addresses: BTreeMap<String, IpAddr>,
    /// Fingerprints of the keys that the cluster runs with: `authority/NAME`, `keypair/NAME`, `secret/NAME`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, String>,
    /// What was rendered last: application, program, version.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, BTreeMap<String, String>>,
}
