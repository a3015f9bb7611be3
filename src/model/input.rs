//! What a compile is given beside the program: overlays, parameters, and what was decided earlier.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::eval;
use super::layer::Layers;
use super::pins::Pins;
use crate::check::{Program, SymbolKind};
use crate::syntax::ast::{Expr, ItemKind, Name, Type, TypeKind, Version};

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Overlays to apply, in order.
    pub overlays: Vec<String>,
    /// `--set name=value`.
    pub sets: Vec<Setting>,
    /// The target to plan for; without one, the first that the model declares.
    pub target: Option<Name>,
    /// Whether the other targets that the model declares are left out.
    pub single_target: bool,
    /// Plan as if the cluster ran this version of Kubernetes.
    pub kubernetes: Option<Version>,
    pub lock: Lock,
    /// Machines that are known to be gone, whose addresses may be given out again.
    pub forget: Forget,
}

impl Input {
    /// What a command was given that makes the model this one, as a shell takes it; a secret is left out.
    pub(super) fn arguments(&self, layers: &Layers<'_>, program: &Program) -> Vec<String> {
        let is_param =
            |name: &Name| layers.params.iter().any(|(_, param)| param.name.name == *name && eval::is_secret(&param.ty));
        let is_secret = |name: &Name| is_param(name) || takes_secret(layers, program, name);
        let set = |setting: &Setting| {
            let value = if is_secret(&setting.name) { "..." } else { &*setting.text };
            format!("--set {}", quoted(&format!("{}={value}", setting.name)))
        };
        let overlays = self.overlays.iter().map(|name| format!("--overlay {name}"));
        overlays.chain(self.sets.iter().map(set)).collect()
    }
}

/// Whether a path is one of an option that holds a secret.
fn takes_secret(layers: &Layers<'_>, program: &Program, path: &str) -> bool {
    let Some((app, option)) = path.split_once('.') else { return false };
    let deployed = layers.deployments.iter().find(|deployment| &*deployment.name == app);
    let component = deployed.and_then(|one| {
        let symbol = program.lookup(one.module, &one.component.name.name, SymbolKind::Component)?;
        program.component(symbol)
    });
    component.into_iter().flat_map(|component| &component.items).any(|item| match &item.kind {
        ItemKind::Option(one) => *one.name.name == *option && holds_secret(&one.ty),
        _ => false,
    })
}

fn holds_secret(ty: &Type) -> bool {
    match &ty.kind {
        TypeKind::Generic(_, inner) => eval::is_secret(ty) || holds_secret(inner),
        TypeKind::Optional(inner) => holds_secret(inner),
        TypeKind::Union(list) => list.iter().any(holds_secret),
        TypeKind::Record(fields) => fields.iter().any(|(_, _, ty)| holds_secret(ty)),
        _ => false,
    }
}

fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@%+".contains(c);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Which machines that left the model are known to be gone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Forget {
    /// By their names, or `application/address`.
    pub names: BTreeSet<String>,
    /// All machines that are not in the model.
    pub all: bool,
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
    /// The model that was rendered, by its path from the folder of the lock; not said of one that is elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The cluster that this model had when it was rendered last, if it has another now.
    #[serde(skip)]
    pub renamed: Option<String>,
    /// What `kmodel pin` found, which all clusters of a lock share.
    #[serde(skip)]
    pub pins: Pins,
    /// Allocated addresses: machine, or `application/address`.
    #[serde(default)]
    pub addresses: BTreeMap<String, IpAddr>,
    /// Fingerprints of the keys that the cluster runs with: `authority/NAME`, `keypair/NAME`, `secret/NAME`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, String>,
    /// What a running cluster cannot change, as it was rendered last: by its name, or `application/name`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub immutable: BTreeMap<String, Vec<String>>,
    /// Values that it had before and that are still in use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub earlier: BTreeMap<String, Vec<String>>,
    /// How machines that exist were reached when they were applied last: by machine, fields of `hosts` in `target ssh`. One that
    /// leaves the model is entered once more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hosts: BTreeMap<String, BTreeMap<String, String>>,
    /// What was rendered last: application, program, version.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, BTreeMap<String, String>>,
}

impl Forget {
    /// Whether this one, which is not in the model, is gone.
    pub fn has(&self, name: &str) -> bool {
        self.all && !name.contains('/') || self.names.contains(name)
    }
}

impl Lock {
    /// Machines that it has an address for and that are not among these, in the order of their names.
    pub fn departed(&self, is_there: impl Fn(&str) -> bool) -> impl Iterator<Item = (&str, IpAddr)> {
        let machines = self.addresses.iter().filter(|(name, _)| !name.contains('/'));
        machines.filter(move |(name, _)| !is_there(name)).map(|(name, address)| (&**name, *address))
    }
}
