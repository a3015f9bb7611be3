//! Everything that listens on a machine, and who may dial it.
//!
//! In: a model. Out: one [`Service`] for each endpoint and each `listen` item that binds something, with its units.

use std::net::IpAddr;
use std::ops::Range;

use ipnet::IpNet;

use crate::diag::{Code, Diagnostic};
use crate::model::endpoint::{ip, port, texts};
use crate::model::scope::Scope;
use crate::model::{AppId, MachineId, Model, UnitId, Value};
use crate::source::Span;
use crate::syntax::ast::{Body, Definition, EndpointKind, Expr, ExprKind, Name, Port, Protocol};

use super::keep;

/// What is bound.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum What {
    Port(Port),
    /// Ports that a program gives out; of TCP and UDP when neither is named.
    Ports {
        first: u16,
        last: u16,
        protocol: Option<Protocol>,
    },
    /// An IP protocol other than TCP and UDP, by its number.
    Other(u8),
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            What::Port(port) => write!(f, "{port}"),
            What::Ports { first, last, protocol: None } => write!(f, "{first}-{last}"),
            What::Ports { first, last, protocol: Some(protocol) } => write!(f, "{first}-{last}/{protocol}"),
            What::Other(number) => write!(f, "IP protocol {number}"),
        }
    }
}

/// The addresses that are bound.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Bind {
    /// Every address of both families; what binds `::` gets those of IPv4 too.
    All,
    /// `0.0.0.0`.
    AllV4,
    One(IpAddr),
}

impl Bind {
    /// What a written address binds.
    pub fn of(address: Option<IpAddr>) -> Self {
        match address {
            None => Bind::All,
            Some(IpAddr::V6(v6)) if v6.is_unspecified() => Bind::All,
            Some(IpAddr::V4(v4)) if v4.is_unspecified() => Bind::AllV4,
            Some(one) => Bind::One(one),
        }
    }

    /// Whether two of them cannot be bound at once.
    pub fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Bind::All, _) | (_, Bind::All) | (Bind::AllV4, Bind::AllV4) => true,
            (Bind::AllV4, Bind::One(one)) | (Bind::One(one), Bind::AllV4) => one.is_ipv4(),
            (Bind::One(a), Bind::One(b)) => a == b,
        }
    }

    /// Whether only the machine itself reaches it.
    pub fn is_loopback(self) -> bool {
        matches!(self, Bind::One(one) if one.is_loopback())
    }
}

/// Who may dial, beside those that are related.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum From {
    /// The machines of the same application.
    Peers,
    /// All machines.
    Nodes,
    Pods,
    Operators,
    Anyone,
    Range(IpNet),
}

/// Something that listens, on all machines of its application.
#[derive(Clone, Debug)]
pub struct Service {
    pub app: AppId,
    /// The name of the endpoint or of the `listen` item.
    pub name: Name,
    /// The place of the endpoint among those of the component; `None` for a `listen` item.
    pub endpoint: Option<u32>,
    pub span: Span,
    /// The option of the component that its port is, if it is one.
    pub option: Option<Name>,
    pub from: Vec<From>,
    /// Whether it binds what it listens on, so that no other can.
    pub binds: bool,
    pub units: Vec<Bound>,
}

/// A service on one machine.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    pub unit: UnitId,
    pub machine: MachineId,
    pub what: What,
    pub bind: Bind,
}

impl Service {
    /// `etcd.client`.
    pub fn title(&self, model: &Model<'_>) -> String {
        format!("{}.{}", model.app(self.app).name, self.name)
    }
}

/// Collects all services of a model, in the order of its applications.
pub fn services(model: &Model<'_>, problems: &mut Vec<Diagnostic>) -> Vec<Service> {
    let mut list = Vec::new();
    for (app, known) in model.apps() {
        of_units(model, app, known.units.clone(), &mut list, problems);
    }
    list
}

/// Collects what listens on one machine.
pub fn services_on(model: &Model<'_>, machine: MachineId) -> Vec<Service> {
    let mut list = Vec::new();
    for (app, _) in model.apps() {
        if let Some(unit) = model.unit_on(app, machine) {
            of_units(model, app, unit.0..unit.0 + 1, &mut list, &mut Vec::new());
        }
    }
    list
}

/// The services of some units of an application.
fn of_units(model: &Model<'_>, app: AppId, units: Range<u32>, list: &mut Vec<Service>, problems: &mut Vec<Diagnostic>) {
    endpoints(model, app, units.clone(), list, problems);
    items(model, app, units, list, problems);
}

fn endpoints(
    model: &Model<'_>,
    app: AppId,
    units: Range<u32>,
    list: &mut Vec<Service>,
    problems: &mut Vec<Diagnostic>,
) {
    for (place, info) in model.component_of(app).endpoints.iter().enumerate() {
        if info.ast.kind == EndpointKind::Requires {
            continue;
        }
        let protocol = protocol(model, app, &info.ast.body, problems);
        let bound = |unit: UnitId| {
            let value = model.endpoint_value(unit, place as u32).ok()?;
            let what = protocol.or(value.listen.map(What::Port))?;
            Some(Bound { unit, machine: model.unit(unit).machine?, what, bind: Bind::of(value.bind) })
        };
        let units: Vec<Bound> = units.clone().map(UnitId).filter_map(bound).collect();
        if units.is_empty() {
            continue;
        }
        list.push(Service {
            app,
            name: info.ast.name.name.clone(),
            endpoint: Some(place as u32),
            span: info.ast.name.span,
            option: option_of(&info.ast.body, "listen"),
            from: from(model, app, &info.ast.body, problems),
            binds: binds(model, app, &info.ast.body, problems),
            units,
        });
    }
}

fn items(model: &Model<'_>, app: AppId, range: Range<u32>, list: &mut Vec<Service>, problems: &mut Vec<Diagnostic>) {
    let Some(first) = range.clone().next().map(UnitId) else { return };
    for item in &model.component_of(app).listens {
        let mut scope = Scope::unit(model, first);
        let mut given = |field: &str| Given::new(model, &mut scope, &item.body, field, problems);
        let (when, address, number) = (given("when"), given("address"), given("port"));
        let once = protocol(model, app, &item.body, problems).or_else(|| ports(model, first, item, problems));
        let mut units = Vec::new();
        for unit in range.clone().map(UnitId) {
            let Some(machine) = model.unit(unit).machine else { continue };
            scope.move_to(unit, Some(machine));
            let mut value = |given: &Given<'_>| given.at(model, &mut scope, problems);
            if value(&when) == Some(Value::Bool(false)) {
                continue;
            }
            let bind = Bind::of(value(&address).as_ref().and_then(ip));
            let what = once.or_else(|| value(&number).as_ref().and_then(port).map(What::Port));
            units.extend(what.map(|what| Bound { unit, machine, what, bind }));
        }
        if !units.is_empty() {
            list.push(Service {
                app,
                name: item.name.name.clone(),
                endpoint: None,
                span: item.name.span,
                option: option_of(&item.body, "port"),
                from: from(model, app, &item.body, problems),
                binds: true,
                units,
            });
        }
    }
}

/// Whether an endpoint binds what it listens on; the same on every unit.
fn binds(model: &Model<'_>, app: AppId, body: &Body, problems: &mut Vec<Diagnostic>) -> bool {
    let Some((unit, field)) = model.units_of(app).next().zip(body.field("binds")) else { return true };
    keep(model.eval(&mut Scope::unit(model, unit), &field.value), problems) != Some(Value::Bool(false))
}

/// A field of an item: its value where that is the same on every unit, else what it is computed from.
struct Given<'p> {
    expr: Option<&'p Expr>,
    value: Option<Value>,
}

impl<'p> Given<'p> {
    fn new(
        model: &Model<'_>,
        scope: &mut Scope<'_>,
        body: &'p Body,
        field: &str,
        problems: &mut Vec<Diagnostic>,
    ) -> Self {
        let expr = body.field(field).map(|field| &field.value);
        let fixed =
            matches!(expr.map(|expr| &expr.kind), Some(ExprKind::Literal(_))) || option_of(body, field).is_some();
        match expr.filter(|_| fixed) {
            Some(one) => Self { expr: None, value: keep(model.eval(scope, one), problems) },
            None => Self { expr, value: None },
        }
    }

    /// The value on the unit that a scope is at.
    fn at(&self, model: &Model<'_>, scope: &mut Scope<'_>, problems: &mut Vec<Diagnostic>) -> Option<Value> {
        self.value.clone().or_else(|| keep(model.eval(scope, self.expr?), problems))
    }
}

/// The field `ports`; the same on every unit.
fn ports(model: &Model<'_>, unit: UnitId, item: &Definition, problems: &mut Vec<Diagnostic>) -> Option<What> {
    let field = item.body.field("ports")?;
    let value = keep(model.eval(&mut Scope::unit(model, unit), &field.value), problems)?;
    let found = range(&value);
    if found.is_none() && value != Value::None {
        let problem = Diagnostic::new(Code::EvaluationFailed, field.value.span, "this is not a port range");
        problems.push(problem.help("use the form \"30000-32767\" or \"30000-32767/tcp\""));
    }
    found
}

/// The option that a field takes its value from: `listen = option.port`.
pub fn option_of(body: &Body, field: &str) -> Option<Name> {
    let ExprKind::Field { value, field, .. } = &body.field(field)?.value.kind else { return None };
    matches!(&value.kind, ExprKind::Name(name) if &*name.name == "option").then(|| field.name.clone())
}

fn protocol(model: &Model<'_>, app: AppId, body: &Body, problems: &mut Vec<Diagnostic>) -> Option<What> {
    let field = body.field("protocol")?;
    let unit = model.units_of(app).next()?;
    match keep(model.eval(&mut Scope::unit(model, unit), &field.value), problems)? {
        Value::Int(number @ 0..=255) => Some(What::Other(number as u8)),
        _ => {
            let problem = Diagnostic::new(
                Code::EvaluationFailed,
                field.value.span,
                "an IP protocol must be a number from 0 to 255",
            );
            problems.push(problem.help("for example 4 for IP in IP, 47 for GRE, 50 for ESP or 112 for VRRP"));
            None
        }
    }
}

/// `30000-32767` or `30000-32767/tcp`.
fn range(value: &Value) -> Option<What> {
    let text = value.scalar_text()?;
    let (range, protocol) = match text.split_once('/') {
        Some((range, protocol)) => (range, Some(Protocol::read(protocol)?)),
        None => (&*text, None),
    };
    let (first, last) = range.split_once('-')?;
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (0 < first && first <= last).then_some(What::Ports { first, last, protocol })
}

/// The field `from`; the same on every unit.
fn from(model: &Model<'_>, app: AppId, body: &Body, problems: &mut Vec<Diagnostic>) -> Vec<From> {
    let (Some(field), Some(unit)) = (body.field("from"), model.units_of(app).next()) else { return Vec::new() };
    let value = keep(model.eval(&mut Scope::unit(model, unit), &field.value), problems);
    let words = value.iter().flat_map(texts);
    let read = |word: Name| match &*word {
        "peers" => Some(From::Peers),
        "nodes" => Some(From::Nodes),
        "pods" => Some(From::Pods),
        "operators" => Some(From::Operators),
        "anyone" => Some(From::Anyone),
        text => match text.parse() {
            Ok(range) => Some(From::Range(range)),
            Err(_) => {
                let message = format!("`{text}` is not a client");
                let help =
                    "use \"peers\", \"nodes\", \"pods\", \"operators\", \"anyone\", or a range such as \"10.0.0.0/8\"";
                problems.push(Diagnostic::new(Code::EvaluationFailed, field.value.span, message).help(help));
                None
            }
        },
    };
    words.filter_map(read).collect()
}
