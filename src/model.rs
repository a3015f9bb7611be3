//! From a program to a model: what there is, what runs where, and how it is related.
//!
//! In: a program without errors and what is given beside it. Out: a [`Model`], which exists only if it is valid. It is made
//! in stages, each a type that holds the one before it (`stage`): [`Premise`] (overlays, parameters, targets), [`Shape`]
//! (counts and placement give a finite set of units), [`Wired`] (relations), [`Model`] (values). An expression sees the
//! stage that is there already, and nothing of a later one ([`Sight`]).

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use ipnet::IpNet;

use crate::check::Symbol;
use crate::diag::Diagnostic;
use crate::facts::family::Family;
use crate::source::Span;
use crate::syntax::ast::{Name, Port, Version};

pub mod address;
pub mod allocators;
pub mod build;
pub mod checksum;
mod complete;
pub mod component;
pub mod dependence;
pub mod disk;
pub mod endpoint;
pub mod eval;
pub mod form;
mod given;
pub mod function;
pub mod host_facts;
pub mod id;
pub mod input;
pub mod inputs;
pub mod layer;
pub mod link;
pub mod matching;
pub mod material;
pub mod manifest;
pub mod mention;
pub mod immutable;
pub mod moved;
pub mod nodes;
pub mod pins;
pub mod private_key;
mod record;
pub mod resource;
pub mod scope;
mod sight;
pub mod settings;
mod stage;
mod system;
mod template_kind;
mod template_sum;
pub mod value;
pub mod wire;
pub mod work;

pub use build::build;
pub use checksum::Checksums;
pub use component::Component;
pub use id::{AppId, ComponentId, EndpointId, MachineId, UnitId};
pub use input::{Input, Lock};
pub use record::key_beside;
pub use sight::Sight;
pub use stage::{Ends, Model, Premise, Shape, Wired};
pub use value::Value;

use disk::Disk;
use link::Link;
use nodes::Nodes;
use value::Record;

/// The value of a `param`.
#[derive(Clone, Debug)]
pub enum Param {
    Value(Value),
    Component(Symbol),
}

/// The cluster's own facts.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub name: Name,
    pub span: Span,
    pub kubernetes: Version,
    pub pods: Vec<IpNet>,
    pub services: Vec<IpNet>,
    pub nodes: Nodes,
    pub domain: Name,
    /// The resolvers, or the gateways where none are written.
    pub dns: Vec<IpAddr>,
    pub extra_names: Vec<Name>,
    /// Ranges of others, by what they are, in source order.
    pub reserve: Vec<(Name, Vec<IpNet>)>,
    /// Certificates with less than this left are reissued by a render, in milliseconds.
    pub renew: Option<u64>,
    /// Versions instead of those that belong to the version of Kubernetes, by program.
    pub versions: value::Record,
    /// Where each of them was written.
    pub version_spans: crate::hash::HashMap<Name, Span>,
    /// Where each field was written.
    pub spans: HashMap<&'static str, Span>,
}

/// A group of machines.
#[derive(Clone, Debug)]
pub struct Group {
    pub name: Name,
    pub span: Span,
    /// Whether its machines have names of their own, instead of that of the group and a number.
    pub own_names: bool,
    pub machines: Range<u32>,
    pub cores: f64,
    /// Whether the model says so; else it is the default.
    pub has_cores: bool,
    /// Bytes.
    pub memory: u64,
    /// Bytes.
    pub disk: u64,
    /// Whether the model says how many processors and how much memory there are.
    pub sized: bool,
    pub arch: Name,
    /// Where the operating system of its machines is written, if it is.
    pub os_span: Span,
    /// Where the names of its machines are written, or its own.
    pub names_span: Span,
    /// Processors and bytes of memory that the system keeps for itself.
    pub system: (f64, u64),
    /// How many machines that are up may be changed at the same time; at least one.
    pub at_once: u32,
    /// Where that is written.
    pub at_once_span: Span,
    pub labels: Value,
    pub taints: Value,
}

/// A machine.
#[derive(Clone, Debug)]
pub struct Machine {
    pub name: Name,
    /// Place among the groups of the model.
    pub group: u32,
    pub index: u32,
    pub address: IpAddr,
    /// Place of its range among those of `nodes`.
    pub range: u32,
    pub zone: Option<Name>,
    pub rack: Option<Name>,
    /// The operating system that the model says of it; else it is that of the target.
    pub os: Option<&'static Family>,
    /// The serial number of its hardware, where the model says it.
    pub serial: Option<Name>,
    /// Its network interfaces; none where the model says nothing of them.
    pub links: Arc<[Link]>,
    /// Its disks beside that of the system, as far as the model says something of them.
    pub disks: Arc<[Disk]>,
}

/// An application: a component as it is deployed.
#[derive(Clone, Debug)]
pub struct App {
    pub name: Name,
    pub span: Span,
    pub component: ComponentId,
    /// In the order of the component's options.
    pub options: Vec<Value>,
    /// Where each option's value was written.
    pub option_spans: Vec<Span>,
    /// The version of Kubernetes that it runs: its own, or the cluster's.
    pub kubernetes: Version,
    /// Where that was written.
    pub kubernetes_span: Span,
    pub units: Range<u32>,
    /// Whether it is deployed on machines.
    pub placed: bool,
    /// In the order of the component's `address` items.
    pub addresses: Vec<IpAddr>,
    /// The addresses of its machines as runs, computed once.
    runs: OnceLock<Vec<(IpAddr, IpAddr)>>,
}

/// An application on one machine.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    pub app: AppId,
    pub machine: Option<MachineId>,
    pub index: u32,
}

/// A relation between two applications.
#[derive(Clone, Debug)]
pub struct Relation {
    pub from: EndpointId,
    pub to: EndpointId,
    /// Wired without a `relate` statement.
    pub inferred: bool,
    /// Whether each client dials only the provider on its own machine.
    pub same_machine: bool,
    /// The `relate` statement, or the endpoint that asked for it.
    pub span: Span,
}

/// A target with its fields evaluated.
#[derive(Clone, Debug, Default)]
pub struct Target {
    pub name: Name,
    pub span: Span,
    pub options: Record,
    /// The operating system of its machines that have none of their own.
    pub family: &'static Family,
    /// The operator's checksums of files in the mirror, which take precedence over the release table.
    pub hashes: Checksums,
}

/// Where an endpoint of a unit can be reached.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndpointValue {
    pub listen: Option<Port>,
    /// Where it can be dialled.
    pub address: Option<IpAddr>,
    /// What it binds; `None` is every address.
    pub bind: Option<IpAddr>,
    /// More names by which it may be dialled.
    pub names: Vec<Name>,
}

/// A problem met while evaluating.
pub type EvalError = Box<Diagnostic>;
