//! `cluster`, `machine`, `unit`, `app`, certificates and authorities as expressions see them.

use std::sync::{Arc, LazyLock};

use crate::check::Symbol;
use crate::diag::{Code, Diagnostic};
use crate::facts::family::usual;
use crate::facts::network::{Fact, Network, network};
use crate::source::Span;
use crate::syntax::ast::{Definition, Ident, Name, StatementKind, Version};

use super::disk::Disk;
use super::eval::{eval_error, field_of};
use super::link;
use super::scope::Scope;
use super::value::Record;
use super::{AppId, Cluster, EvalError, Group, MachineId, Premise, Shape, Sight, UnitId, Value};

/// The fields of `cluster`, in their order.
const CLUSTER_FIELDS: [&str; 15] = [
    "name",
    "kubernetes",
    "pods",
    "services",
    "pod-ranges",
    "service-ranges",
    "nodes",
    "node-ranges",
    "domain",
    "gateway",
    "dns",
    "reserve",
    "extra-names",
    "renew",
    "versions",
];

/// The fields of a machine, whose names all records share.
static FIELDS: LazyLock<[Name; 19]> = LazyLock::new(|| {
    let names = [
        "name",
        "address",
        "range",
        "gateway",
        "dns",
        "group",
        "index",
        "cores",
        "memory",
        "disk",
        "disks",
        "arch",
        "os",
        "zone",
        "rack",
        "interface",
        "mtu",
        "labels",
        "taints",
    ];
    names.map(Name::from)
});

/// The disks of a machine as expressions see them.
fn disks(disks: &[Disk]) -> Value {
    static NONE: LazyLock<Value> = LazyLock::new(|| Value::list([]));
    if disks.is_empty() {
        return NONE.clone();
    }
    Value::list(disks.iter().map(|disk| {
        Value::record([
            ("name", Value::Text(disk.name.clone())),
            ("device", Value::Text(disk.device.clone())),
            ("size", disk.size.map_or(Value::None, Value::Size)),
            ("attached", Value::Bool(disk.is_attached)),
        ])
    }))
}

impl Sight<'_, '_> {
    /// The cluster as an expression sees it: inside a component its version is the one that the application runs.
    pub(super) fn cluster_record(&self, scope: &Scope<'_>, span: Span) -> Result<Value, EvalError> {
        let cluster = self.cluster(span)?;
        Ok(Value::record(CLUSTER_FIELDS.map(|name| {
            let value = self.cluster_value(scope, cluster, name);
            (name, value.expect("each of these names is a field"))
        })))
    }

    fn cluster_value(&self, scope: &Scope<'_>, cluster: &Cluster, field: &str) -> Option<Value> {
        let first = |list: &[ipnet::IpNet]| list.first().map_or(Value::None, |range| Value::Cidr(*range));
        let all = |list: &[ipnet::IpNet]| Value::list(list.iter().copied().map(Value::Cidr));
        Some(match field {
            "name" => Value::Text(cluster.name.clone()),
            "kubernetes" => Value::Version(self.kubernetes_of(scope, cluster)),
            "pods" => first(&cluster.pods),
            "services" => first(&cluster.services),
            "pod-ranges" => all(&cluster.pods),
            "service-ranges" => all(&cluster.services),
            "nodes" => Value::Cidr(cluster.nodes.first().range),
            "node-ranges" => all(&cluster.nodes.ranges()),
            "domain" => Value::Text(cluster.domain.clone()),
            "gateway" => Value::Ip(cluster.nodes.first().gateway),
            "dns" => Value::list(cluster.dns.iter().copied().map(Value::Ip)),
            "reserve" => Value::record(cluster.reserve.iter().map(|(name, ranges)| (name.clone(), all(ranges)))),
            "extra-names" => Value::list(cluster.extra_names.iter().cloned().map(Value::Text)),
            "renew" => cluster.renew.map_or(Value::None, Value::Duration),
            "versions" => self.matching_record(scope, cluster),
            _ => return None,
        })
    }

    fn cluster(&self, span: Span) -> Result<&Cluster, EvalError> {
        self.shape().map(|shape| &shape.cluster).ok_or_else(|| {
            let problem = Diagnostic::new(Code::EvaluationFailed, span, "the cluster is not available here");
            Box::new(problem.help("parameters, targets and the `cluster` statement are evaluated before the cluster"))
        })
    }

    /// What is let in where follows from the whole model, so it is known only when that is planned.
    fn roles(&self, span: Span) -> Result<Value, EvalError> {
        self.model().and_then(|model| model.roles.get().cloned()).ok_or_else(|| {
            let problem = Diagnostic::new(Code::EvaluationFailed, span, "`cluster.roles` is not available here");
            Box::new(problem.help("only files of the output can use it: files of components without machines"))
        })
    }

    pub(super) fn kubernetes_of(&self, scope: &Scope<'_>, cluster: &Cluster) -> Version {
        scope.app.map_or(cluster.kubernetes, |app| self.placed().app(app).kubernetes)
    }

    pub(super) fn cluster_field(&self, scope: &Scope<'_>, field: &Ident) -> Result<Value, EvalError> {
        let cluster = self.cluster(field.span)?;
        if &*field.name == "roles" {
            return self.roles(field.span);
        }
        match self.cluster_value(scope, cluster, &field.name) {
            Some(value) => Ok(value),
            None => field_of(&self.cluster_record(scope, field.span)?, field),
        }
    }

    pub(super) fn machine_record(&self, machine: MachineId) -> Value {
        let field = |name: &Name| (name.clone(), self.machine_value(machine, name).unwrap_or(Value::None));
        Value::Record(Arc::new(FIELDS.iter().map(field).collect()))
    }

    fn machine_value(&self, id: MachineId, field: &str) -> Option<Value> {
        let (machine, group) = (self.placed().machine(id), self.placed().group_of(id));
        let range = || self.placed().range_of(machine);
        Some(match field {
            "name" => Value::Text(machine.name.clone()),
            "address" => Value::Ip(machine.address),
            "range" => Value::Cidr(range().range),
            "gateway" => Value::Ip(range().gateway),
            "dns" => Value::list(range().dns.iter().copied().map(Value::Ip)),
            "group" => Value::Text(group.name.clone()),
            "index" => Value::Int(machine.index.into()),
            "cores" => Value::Float(group.cores),
            "memory" => Value::Size(group.memory),
            "disk" => Value::Size(group.disk),
            "disks" => disks(&machine.disks),
            "arch" => Value::Text(group.arch.clone()),
            "os" => Value::text(&self.placed().family_of(id).name),
            "zone" => machine.zone.clone().map_or(Value::None, Value::Text),
            "rack" => machine.rack.clone().map_or(Value::None, Value::Text),
            "interface" => link::of_nodes(&machine.links).map_or(Value::None, |link| Value::Text(link.name.clone())),
            "mtu" => {
                link::of_nodes(&machine.links).map_or(Value::None, |link| Value::Int(link::mtu(&machine.links, link)))
            }
            "labels" => group.labels.clone(),
            "taints" => group.taints.clone(),
            _ => return None,
        })
    }

    pub(super) fn machine_field(&self, scope: &Scope<'_>, field: &Ident) -> Result<Value, EvalError> {
        let machine = scope
            .machine
            .ok_or_else(|| eval_error(Code::EvaluationFailed, field.span, "`machine` is not available here"))?;
        self.field_of_machine(machine, field)
    }

    pub(super) fn field_of_machine(&self, machine: MachineId, field: &Ident) -> Result<Value, EvalError> {
        match self.machine_value(machine, &field.name) {
            Some(value) => Ok(value),
            None => field_of(&self.machine_record(machine), field),
        }
    }

    pub(super) fn bare_machine_field(&self, scope: &Scope<'_>, name: &str) -> Option<Value> {
        self.machine_value(scope.machine?, name)
    }

    /// All machines; made once as soon as none is added any more.
    pub(super) fn machines_list(&self) -> Value {
        self.model().map_or_else(
            || self.all_machines(),
            |model| model.machines_value.get_or_init(|| self.all_machines()).clone(),
        )
    }

    fn all_machines(&self) -> Value {
        let count = self.shape().map_or(0, |shape| shape.machines.len() as u32);
        Value::list((0..count).map(|id| self.machine_record(MachineId(id))))
    }

    pub(super) fn unit_field(&self, scope: &Scope<'_>, field: &Ident) -> Result<Value, EvalError> {
        let unit =
            scope.unit.ok_or_else(|| eval_error(Code::EvaluationFailed, field.span, "`unit` is not available here"))?;
        match &*field.name {
            "index" => Ok(Value::Int(self.placed().unit(unit).index.into())),
            "name" => Ok(Value::text(self.placed().unit_name(unit))),
            _ => field_of(&self.placed().own_unit_record(unit), field),
        }
    }

    pub(super) fn app_record(&self, app: AppId) -> Value {
        let count = self.placed().app(app).units.len() as i64;
        Value::record([
            ("name", Value::Text(self.placed().app(app).name.clone())),
            ("count", Value::Int(count)),
            ("units", self.app_units(app)),
            ("ranges", self.app_ranges(app)),
        ])
    }

    /// The ranges that its machines are in, without those of the other family.
    fn app_ranges(&self, app: AppId) -> Value {
        let (shape, nodes) = (self.placed(), &self.placed().cluster.nodes);
        Value::list(shape.ranges_of(app).into_iter().map(|range| Value::Cidr(nodes.at(range).range)))
    }

    /// The units of an application; made once as soon as none is added any more.
    fn app_units(&self, app: AppId) -> Value {
        let units = || Value::list(self.placed().units_of(app).map(|unit| self.placed().own_unit_record(unit)));
        self.model().map_or_else(units, |model| model.shared[app.index()].units.get_or_init(units).clone())
    }

    pub(super) fn app_field(&self, app: AppId, field: &Ident) -> Result<Value, EvalError> {
        match &*field.name {
            "name" => Ok(Value::Text(self.placed().app(app).name.clone())),
            "count" => Ok(Value::Int(self.placed().app(app).units.len() as i64)),
            "units" => Ok(self.app_units(app)),
            "ranges" => Ok(self.app_ranges(app)),
            _ => field_of(&self.app_record(app), field),
        }
    }

    pub(super) fn option_record(&self, scope: &Scope<'_>, app: AppId) -> Result<Value, EvalError> {
        let options = self.placed().component_of(app).options.iter().enumerate();
        let known = options.filter_map(|(place, option)| Some((place, self.option_value(scope, app, place)?, option)));
        let fields = known.map(|(_, value, option)| Ok((option.name.name.clone(), value?)));
        Ok(Value::record(fields.collect::<Result<Vec<_>, EvalError>>()?))
    }

    pub(super) fn option_field(&self, scope: &Scope<'_>, app: AppId, field: &Ident) -> Result<Value, EvalError> {
        let place = self.placed().component_of(app).options.iter().position(|option| option.name.name == field.name);
        match place.and_then(|place| self.option_value(scope, app, place)) {
            Some(value) => value,
            None if place.is_some() => {
                let message = format!("the option `{}` is not available here", field.name);
                let help = "the default of an option can only use the options before it";
                Err(Box::new(Diagnostic::new(Code::EvaluationFailed, field.span, message).help(help)))
            }
            None => field_of(&self.option_record(scope, app)?, field),
        }
    }

    pub(super) fn target_record(&self) -> Value {
        let name = self.targets.first().map_or("", |target| &*target.name);
        let mut record = self.targets.first().map_or_else(Record::default, |target| target.options.clone());
        record.insert("platform".into(), platform(name));
        record.insert("declared".into(), Value::list(self.targets.iter().map(|one| Value::text(&*one.name))));
        record.insert("name".into(), Value::text(name));
        let family = self.targets.first().map_or_else(usual, |target| target.family);
        record.insert("os".into(), Value::text(&family.name));
        record.insert("folders".into(), Value::record(family.folders().map(|(name, path)| (name, Value::text(path)))));
        Value::Record(Arc::new(record))
    }

    /// A field of the target; those that are not given are `none`.
    pub(super) fn target_field(&self, field: &Ident) -> Value {
        field_of(&self.target_record(), field).unwrap_or(Value::None)
    }

    pub(super) fn group_record(&self, ident: &Ident) -> Result<Value, EvalError> {
        let Some(group) = self.groups().iter().find(|group| group.name == ident.name) else {
            return Err(self.no_group(ident));
        };
        let names = ["name", "count", "names", "cores", "memory", "disk", "arch", "labels", "taints", "machines"];
        Ok(Value::record(names.map(|name| (name, self.group_value(group, name).unwrap_or(Value::None)))))
    }

    fn group_value(&self, group: &Group, field: &str) -> Option<Value> {
        Some(match field {
            "name" => Value::Text(group.name.clone()),
            "count" => Value::Int(group.machines.len() as i64),
            "names" => Value::list(
                group.machines.clone().map(|id| Value::Text(self.placed().machine(MachineId(id)).name.clone())),
            ),
            "cores" => Value::Float(group.cores),
            "memory" => Value::Size(group.memory),
            "disk" => Value::Size(group.disk),
            "arch" => Value::Text(group.arch.clone()),
            "labels" => group.labels.clone(),
            "taints" => group.taints.clone(),
            "machines" => Value::list(group.machines.clone().map(|id| self.machine_record(MachineId(id)))),
            _ => return None,
        })
    }

    fn no_group(&self, ident: &Ident) -> EvalError {
        let name = &ident.name;
        if self.layers.dropped.contains(name) {
            let message = format!("the machine group `{name}` was dropped by an overlay");
            let help = "drop what uses it too, or keep it and `set` its count to 0";
            return Box::new(Diagnostic::new(Code::EvaluationFailed, ident.span, message).help(help));
        }
        let message = format!("the machine group `{name}` is not available here");
        let help = "parameters, the cluster and earlier groups are evaluated before this group";
        Box::new(Diagnostic::new(Code::EvaluationFailed, ident.span, message).help(help))
    }

    pub(super) fn group_field(&self, name: &str, field: &Ident) -> Result<Value, EvalError> {
        let ident = Ident { name: name.into(), span: field.span };
        let group = self.groups().iter().find(|group| &*group.name == name);
        if let Some(group) = group.filter(|group| self.placed().machines.len() < group.machines.end as usize)
            && ["machines", "names"].contains(&&*field.name)
        {
            let message = format!("the machines of `{}` are not available here", group.name);
            let problem = Diagnostic::new(Code::EvaluationFailed, field.span, message);
            return Err(Box::new(problem.help("all groups are evaluated before their machines; a group has `count`")));
        }
        match group.and_then(|group| self.group_value(group, &field.name)) {
            Some(value) => Ok(value),
            None => field_of(&self.group_record(&ident)?, field),
        }
    }

    pub(super) fn cert_field(&self, scope: &mut Scope<'_>, cert: u32, field: &Ident) -> Result<Value, EvalError> {
        match &*field.name {
            "cert" => self.cert_file(scope, cert),
            "key" => self.cert_key_file(scope, cert),
            _ => field_of(&self.cert_record(scope, cert)?, field),
        }
    }

    /// The path of a certificate of the component; `none` when it is not written to a file.
    pub fn cert_file(&self, scope: &mut Scope<'_>, cert: u32) -> Result<Value, EvalError> {
        self.cert_body_field(scope, cert, "file")
    }

    /// The path of its private key.
    pub fn cert_key_file(&self, scope: &mut Scope<'_>, cert: u32) -> Result<Value, EvalError> {
        match self.cert_body_field(scope, cert, "key-file")? {
            Value::None => Ok(key_beside(&self.cert_file(scope, cert)?)),
            file => Ok(file),
        }
    }

    fn cert_body_field(&self, scope: &mut Scope<'_>, cert: u32, field: &str) -> Result<Value, EvalError> {
        let app = scope.app.expect("a certificate belongs to an application");
        let body = &self.placed().component_of(app).certs[cert as usize].ast.body;
        body.field(field).map_or(Ok(Value::None), |field| self.eval(scope, &field.value))
    }

    pub(super) fn cert_record(&self, scope: &mut Scope<'_>, cert: u32) -> Result<Value, EvalError> {
        let app = scope.app.expect("a certificate belongs to an application");
        let authority = self.placed().component_of(app).certs[cert as usize].authority;
        let material = scope.material;
        let issued = scope.unit.filter(|_| !self.placed().component_of(app).certs[cert as usize].external);
        let (pem, key) = issued.map_or(("", ""), |unit| material.certificate(unit, cert));
        let ca = match authority {
            Some(symbol) => self.authority_file(scope, symbol)?,
            None => Value::None,
        };
        Ok(Value::record([
            ("cert", self.cert_file(scope, cert)?),
            ("key", self.cert_key_file(scope, cert)?),
            ("ca", ca),
            ("cn", self.cert_body_field(scope, cert, "cn")?),
            ("pem", Value::text(pem)),
            ("key-pem", Value::Secret(Arc::new(Value::text(key)))),
            ("ca-pem", authority.map_or(Value::None, |symbol| Value::text(material.authority(symbol)))),
        ]))
    }

    fn definition_field(&self, symbol: Symbol, field: &str) -> Result<Value, EvalError> {
        let field = self.definition(symbol).and_then(|definition| definition.body.field(field));
        field.map_or(Ok(Value::None), |field| self.eval(&mut Scope::file(symbol.module), &field.value))
    }

    /// The path of an authority's certificate.
    pub fn authority_file(&self, _: &Scope<'_>, symbol: Symbol) -> Result<Value, EvalError> {
        self.definition_field(symbol, "file")
    }

    pub(super) fn authority_record(&self, scope: &mut Scope<'_>, symbol: Symbol) -> Result<Value, EvalError> {
        let cert = self.authority_file(scope, symbol)?;
        Ok(Value::record([
            ("key", key_beside(&cert)),
            ("cert", cert),
            ("pem", Value::text(scope.material.authority(symbol))),
        ]))
    }

    pub(super) fn authority_field(
        &self,
        scope: &mut Scope<'_>,
        symbol: Symbol,
        field: &Ident,
    ) -> Result<Value, EvalError> {
        field_of(&self.authority_record(scope, symbol)?, field)
    }

    /// The paths of a key pair: the private part, and the public one.
    ///
    /// # Errors
    /// What evaluation of its fields meets.
    pub fn keypair_files(&self, _: &mut Scope<'_>, symbol: Symbol) -> Result<(Value, Value), EvalError> {
        Ok((self.definition_field(symbol, "file")?, self.definition_field(symbol, "public")?))
    }

    pub(super) fn keypair_record(&self, _: &mut Scope<'_>, symbol: Symbol) -> Result<Value, EvalError> {
        let (key, public) = (self.definition_field(symbol, "file")?, self.definition_field(symbol, "public")?);
        Ok(Value::record([("key", key), ("public", public)]))
    }

    pub(super) fn keypair_field(
        &self,
        scope: &mut Scope<'_>,
        symbol: Symbol,
        field: &Ident,
    ) -> Result<Value, EvalError> {
        field_of(&self.keypair_record(scope, symbol)?, field)
    }
}

impl Premise<'_> {
    /// The body of an `authority`, `keypair` or `secret` statement.
    pub fn definition(&self, symbol: Symbol) -> Option<&Definition> {
        match &self.program.statement(symbol).kind {
            StatementKind::Authority(d) | StatementKind::Keypair(d) | StatementKind::Secret(d) => Some(d),
            _ => None,
        }
    }
}

impl Shape<'_> {
    /// A unit as its own component and those that it dials see it.
    pub(super) fn own_unit_record(&self, unit: UnitId) -> Value {
        let own = self.unit(unit);
        let machine = own.machine.map(|id| self.machine(id));
        Value::record([
            ("name", Value::text(self.unit_name(unit))),
            ("index", Value::Int(own.index.into())),
            ("machine", machine.map_or(Value::None, |m| Value::Text(m.name.clone()))),
            ("address", machine.map_or(Value::None, |m| Value::Ip(m.address))),
        ])
    }
}

/// `/a/b.crt` has its key in `/a/b.key`.
pub fn key_beside(file: &Value) -> Value {
    match file {
        Value::Path(path) | Value::Text(path) => Value::Path(
            format!("{}.key", path.strip_suffix(".crt").or(path.strip_suffix(".pem")).unwrap_or(path)).into(),
        ),
        _ => Value::None,
    }
}

/// What is known of the network of a target; `none` where nothing is.
fn platform(target: &str) -> Value {
    let unknown = Network::default();
    let known = network(target).unwrap_or(&unknown);
    let text = |fact: Option<&'static str>| fact.map_or(Value::None, Value::text);
    let truth = |fact: &Option<Fact<bool>>| fact.as_ref().map_or(Value::None, |fact| Value::Bool(fact.value));
    Value::record([
        ("shared-address", text(known.shared_address.as_ref().map(|fact| fact.value.name()))),
        ("hairpin", truth(&known.hairpin)),
        ("ipip", truth(&known.ipip)),
        ("default-route", text(known.default_route.as_ref().map(|fact| fact.value.name()))),
    ])
}
