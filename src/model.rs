//! From a program to a model: what there is, what runs where, and how it is related.
//!
//! In: a program without errors and what is given beside it. Out: a [`Model`], which exists only if it is valid. Shape
//! comes first (parameters, overlays, counts, placement give a finite set of units), then wiring, then values: every
//! expression sees only what is there already.

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::OnceLock;

use ipnet::IpNet;

use crate::check::{ModuleId, Program, Symbol};
use crate::diag::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Name, Port, Version};
use crate::world::World;

pub mod address;
pub mod build;
pub mod checksum;
pub mod component;
pub mod endpoint;
pub mod eval;
pub mod function;
pub mod id;
pub mod input;
pub mod layer;
pub mod material;
pub mod mention;
mod record;
pub mod resource;
pub mod scope;
pub mod value;
pub mod wire;
pub mod work;

pub use build::build;
pub use checksum::Checksums;
pub use component::Component;
pub use id::{AppId, ComponentId, EndpointId, MachineId, UnitId};
pub use input::{Input, Lock};
pub use record::key_beside;
pub use value::Value;

use layer::Layers;
use value::Record;

/// A valid model.
pub struct Model<'p> {
    pub program: &'p Program,
    pub world: &'p dyn World,
    pub layers: Layers<'p>,
    pub params: HashMap<Symbol, Param>,
    pub cluster: Cluster,
    pub groups: Vec<Group>,
    pub machines: Vec<Machine>,
    pub components: Vec<Component<'p>>,
    pub apps: Vec<App>,
    pub units: Vec<Unit>,
    pub relations: Vec<Relation>,
    pub targets: Vec<Target>,
    /// What is given out now, to be written back: the old lock and what is new.
    pub lock: Lock,
    /// Values of the `let` statements of files, each computed once.
    lets: HashMap<Symbol, OnceLock<Value>>,
    /// Values of endpoints, unit by unit, each computed once.
    endpoints: Vec<OnceLock<EndpointValue>>,
    /// Whether machines, applications and relations are all there.
    shaped: bool,
}

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
    pub nodes: IpNet,
    pub domain: Name,
    pub gateway: IpAddr,
    pub dns: Vec<IpAddr>,
    pub extra_names: Vec<Name>,
    /// Ranges of others, by what they are, in source order.
    pub reserve: Vec<(Name, Vec<IpNet>)>,
    /// Certificates with less than this left are issued anew by a render, in milliseconds.
    pub renew: Option<u64>,
    /// Where each field was written.
    pub spans: HashMap<&'static str, Span>,
}

/// A group of machines.
#[derive(Clone, Debug)]
pub struct Group {
    pub name: Name,
    pub span: Span,
    pub machines: Range<u32>,
    pub cores: f64,
    /// Bytes.
    pub memory: u64,
    /// Bytes.
    pub disk: u64,
    pub arch: Name,
    /// Processors and bytes of memory that the system keeps for itself.
    pub system: (f64, u64),
    pub labels: Value,
    pub taints: Value,
}

/// A machine.
#[derive(Clone, Debug)]
pub struct Machine {
    pub name: Name,
    /// Place in [`Model::groups`].
    pub group: u32,
    pub index: u32,
    pub address: IpAddr,
    pub zone: Option<Name>,
    pub rack: Option<Name>,
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
    /// For each endpoint of the component, the providers it is related to (of a `peers`: itself).
    pub providers: Vec<Vec<EndpointId>>,
    /// For each endpoint of the component, who dials it.
    pub clients: Vec<Vec<EndpointId>>,
    /// The addresses of its machines as runs, computed once.
    runs: OnceLock<Vec<(IpAddr, IpAddr)>>,
    /// Where the values of its endpoints start.
    endpoint_base: u32,
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
    /// The `relate` statement, or the endpoint that asked for it.
    pub span: Span,
}

/// A target with its fields evaluated.
#[derive(Clone, Debug, Default)]
pub struct Target {
    pub name: Name,
    pub span: Span,
    pub options: Record,
    /// What the operator says of files in the mirror, before what the release table says.
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
pub type Fault = Box<Diagnostic>;

impl<'p> Model<'p> {
    /// The component of an application.
    pub fn component_of(&self, app: AppId) -> &Component<'p> {
        &self.components[self.apps[app.index()].component.index()]
    }

    /// The application with this number.
    pub fn app(&self, app: AppId) -> &App {
        &self.apps[app.index()]
    }

    /// The unit with this number.
    pub fn unit(&self, unit: UnitId) -> Unit {
        self.units[unit.index()]
    }

    /// The machine with this number.
    pub fn machine(&self, machine: MachineId) -> &Machine {
        &self.machines[machine.index()]
    }

    /// The group of a machine.
    pub fn group_of(&self, machine: MachineId) -> &Group {
        &self.groups[self.machine(machine).group as usize]
    }

    /// `etcd-0`.
    pub fn unit_name(&self, unit: UnitId) -> String {
        let unit = self.unit(unit);
        format!("{}-{}", self.app(unit.app).name, unit.index)
    }

    /// All applications with their numbers.
    pub fn apps(&self) -> impl Iterator<Item = (AppId, &App)> {
        self.apps.iter().enumerate().map(|(i, app)| (AppId(i as u32), app))
    }

    /// The units of an application.
    pub fn units_of(&self, app: AppId) -> impl Iterator<Item = UnitId> + use<> {
        self.app(app).units.clone().map(UnitId)
    }

    /// The unit of an application on a machine.
    pub fn unit_on(&self, app: AppId, machine: MachineId) -> Option<UnitId> {
        let range = self.app(app).units.clone();
        let units = &self.units[range.start as usize..range.end as usize];
        let place = units.binary_search_by_key(&Some(machine), |unit| unit.machine).ok()?;
        Some(UnitId(range.start + place as u32))
    }

    /// The addresses of an application's machines, in order, as runs from the first to the last of each; computed once.
    pub fn addresses_of(&self, app: AppId) -> &[(IpAddr, IpAddr)] {
        self.app(app).runs.get_or_init(|| {
            let machines = self.units_of(app).filter_map(|unit| self.unit(unit).machine);
            address::runs(machines.map(|machine| self.machine(machine).address))
        })
    }

    /// Where a relation comes from, for people: its statement, or the deployment of the application that dials.
    pub fn origin(&self, relation: &Relation) -> (Span, String) {
        match relation.inferred {
            false => (relation.span, "related here".to_owned()),
            true => {
                let app = self.app(relation.from.app);
                (app.span, format!("`{}` is deployed here, and related by itself", app.name))
            }
        }
    }

    /// What is known of an endpoint without evaluation.
    pub fn endpoint_info(&self, id: EndpointId) -> &component::EndpointInfo<'p> {
        &self.component_of(id.app).endpoints[id.endpoint as usize]
    }

    /// `etcd.client`.
    pub fn endpoint_name(&self, id: EndpointId) -> String {
        format!("{}.{}", self.app(id.app).name, self.endpoint_info(id).ast.name.name)
    }

    /// The module that a component's expressions see.
    pub fn module_of(&self, app: AppId) -> ModuleId {
        self.component_of(app).module
    }

    /// Whether machines, applications and relations are all there, so that values no longer change.
    fn is_shaped(&self) -> bool {
        self.shaped
    }

    /// The place of an endpoint's value.
    fn endpoint_cell(&self, unit: UnitId, endpoint: u32) -> &OnceLock<EndpointValue> {
        let app_id = self.unit(unit).app;
        let app = self.app(app_id);
        let count = self.component_of(app_id).endpoints.len();
        let place = app.endpoint_base as usize + (unit.0 - app.units.start) as usize * count + endpoint as usize;
        &self.endpoints[place]
    }
}
