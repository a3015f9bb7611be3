//! The stages of a model. Each holds the one before it and can be used as it.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::OnceLock;

use crate::check::{ModuleId, Program, Symbol};
use crate::hash::HashMap;
use crate::source::Span;
use crate::world::World;

use super::dependence::Dependence;
use super::given::Given;
use super::layer::Layers;
use super::moved::Former;
use super::nodes::NodeRange;
use super::settings::Settings;
use super::{
    App, AppId, Cluster, Component, EndpointId, EndpointValue, Group, Lock, Machine, MachineId, Param, Relation,
    Target, Unit, UnitId, Value, address, component,
};

/// What is there before the cluster: the statements that hold, the values of parameters, and the targets.
pub struct Premise<'p> {
    pub program: &'p Program,
    pub world: &'p dyn World,
    pub layers: Layers<'p>,
    pub params: HashMap<Symbol, Param>,
    pub targets: Vec<Target>,
}

/// A finite set of units: the cluster, its machines, and the applications on them.
pub struct Shape<'p> {
    pub(super) premise: Premise<'p>,
    pub cluster: Cluster,
    pub groups: Vec<Group>,
    pub machines: Vec<Machine>,
    pub components: Vec<Component<'p>>,
    pub apps: Vec<App>,
    /// What each application sets beside options.
    pub settings: Vec<Settings<'p>>,
    /// What is issued and reaches each application from its deployment.
    pub given: Vec<Given<'p>>,
    pub units: Vec<Unit>,
    /// All allocated addresses, to be written back: those of the old lock and new ones.
    pub lock: Lock,
    /// The names that groups and applications had before.
    pub former: Former,
    /// Machines that the lock does not know, if it knows any; in the order of their numbers.
    pub new_machines: Vec<MachineId>,
    /// Machines with another address than they had, and which that was.
    pub readdressed: Vec<(MachineId, IpAddr)>,
}

/// A shape with its relations.
pub struct Wired<'p> {
    pub(super) shape: Shape<'p>,
    pub relations: Vec<Relation>,
    /// The ends of the relations, by application.
    pub(super) ends: Vec<Ends>,
}

/// What the endpoints of an application are related to, in the order of its component's endpoints.
pub struct Ends {
    /// Of a `peers`: itself.
    pub providers: Vec<Vec<EndpointId>>,
    pub clients: Vec<Vec<EndpointId>>,
    /// Those of the providers that each client dials only on its own machine.
    pub near: Vec<Vec<EndpointId>>,
    /// Whether each answers only clients on its own machine.
    pub local: Vec<bool>,
}

/// Values of an application that are the same on all its units, each made when it is first asked for.
#[derive(Default)]
pub(super) struct SharedValues {
    /// `app.units`.
    pub(super) units: OnceLock<Value>,
    /// Of lets that depend on nothing else, with the steps that they took; in the order of the component's lets.
    pub(super) lets: Vec<OnceLock<(Value, u64)>>,
}

/// A valid model: every relation leads somewhere, and every endpoint has a value.
pub struct Model<'p> {
    pub(super) wired: Wired<'p>,
    /// Values of the `let` statements of files, each computed once.
    pub(super) lets: HashMap<Symbol, OnceLock<Value>>,
    /// What all units of an application share, by application.
    pub(super) shared: Vec<SharedValues>,
    /// `machines`, once an expression has asked for it.
    pub(super) machines_value: OnceLock<Value>,
    /// `cluster.roles`, once it is planned.
    pub(super) roles: OnceLock<Value>,
    /// Values of endpoints, unit by unit, each computed once.
    pub(super) endpoints: Vec<OnceLock<EndpointValue>>,
    /// Where the values of each application's endpoints start.
    pub(super) endpoint_bases: Vec<u32>,
}

impl<'p> Deref for Shape<'p> {
    type Target = Premise<'p>;

    fn deref(&self) -> &Premise<'p> {
        &self.premise
    }
}

impl<'p> Deref for Wired<'p> {
    type Target = Shape<'p>;

    fn deref(&self) -> &Shape<'p> {
        &self.shape
    }
}

impl<'p> Deref for Model<'p> {
    type Target = Wired<'p>;

    fn deref(&self) -> &Wired<'p> {
        &self.wired
    }
}

impl<'p> Shape<'p> {
    /// The range that a machine has its address of.
    pub fn range_of(&self, machine: &Machine) -> &NodeRange {
        self.cluster.nodes.at(machine.range)
    }

    /// The places of the ranges that an application's machines are in, that of the first machine first.
    pub fn ranges_of(&self, app: AppId) -> Vec<u32> {
        let units = self.app(app).units.clone().map(UnitId);
        let mut machines = units.filter_map(|unit| self.unit(unit).machine);
        if self.cluster.nodes.is_single() {
            return machines.next().map(|_| vec![0]).unwrap_or_default();
        }
        let mut ranges: Vec<u32> = Vec::new();
        for range in machines.map(|machine| self.machine(machine).range) {
            if !ranges.contains(&range) {
                ranges.push(range);
            }
        }
        ranges
    }

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
}

impl Wired<'_> {
    /// What an application's endpoints are related to.
    pub fn ends(&self, app: AppId) -> &Ends {
        &self.ends[app.index()]
    }

    /// The providers that an endpoint is related to; of a `peers`: itself.
    pub fn providers(&self, id: EndpointId) -> &[EndpointId] {
        &self.ends[id.app.index()].providers[id.endpoint as usize]
    }

    /// Whether a client dials a provider only on its own machine.
    pub fn is_near(&self, from: EndpointId, to: EndpointId) -> bool {
        self.ends[from.app.index()].near[from.endpoint as usize].contains(&to)
    }

    /// Whether an endpoint dials nothing but its own machine.
    pub fn dials_own_machine(&self, id: EndpointId) -> bool {
        let providers = self.providers(id);
        !providers.is_empty() && providers.iter().all(|provider| self.is_near(id, *provider))
    }

    /// Where a relation comes from, for people: its statement, or the deployment of the application that dials.
    pub fn origin(&self, relation: &Relation) -> (Span, String) {
        match relation.inferred {
            false => (relation.span, "related here".to_owned()),
            true => {
                let app = self.app(relation.from.app);
                (app.span, format!("`{}` is deployed here, and related automatically", app.name))
            }
        }
    }
}

impl Model<'_> {
    /// Gives what `cluster.roles` is from now on.
    pub fn know_roles(&self, roles: Value) {
        let _ = self.roles.set(roles);
    }

    /// The place for the value of a let, if all units of the application have the same.
    pub(super) fn shared_let(&self, app: AppId, index: u32) -> Option<&OnceLock<(Value, u64)>> {
        let dependence = self.component_of(app).let_dependences[index as usize];
        let place = (dependence == Dependence::Application).then(|| &self.shared[app.index()].lets);
        place.and_then(|lets| lets.get(index as usize))
    }

    /// The place of an endpoint's value.
    pub(super) fn endpoint_cell(&self, unit: UnitId, endpoint: u32) -> &OnceLock<EndpointValue> {
        let app = self.unit(unit).app;
        let count = self.component_of(app).endpoints.len();
        let before = (unit.0 - self.app(app).units.start) as usize * count;
        &self.endpoints[self.endpoint_bases[app.index()] as usize + before + endpoint as usize]
    }
}
