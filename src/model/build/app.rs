//! Applications: components placed on machines, with their options.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::OnceLock;

use crate::check::{Symbol, SymbolKind, of_param, set_of_param};
use crate::diag::{Code, Diagnostic};
use crate::hash::HashMap;
use crate::model::allocators::Allocators;
use crate::model::component::Component;
use crate::model::eval::short_version;
use crate::model::function::binary;
use crate::model::layer::{Deployment, Layers, Written};
use crate::model::mention::in_expr;
use crate::model::nodes::{NodeRange, Nodes};
use crate::model::scope::Scope;
use crate::model::settings::Settings;
use crate::model::{App, AppId, ComponentId, MachineId, Param, Shape, Unit, Value};
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Ident, Literal, Name, Selector, SelectorKind, Version};
use crate::text::{Count, List};

use super::Fields;
use super::machine::departed;
use super::versions::program_of;
use crate::model::given::Given;

/// The machines of each group.
type Groups = HashMap<Name, std::ops::Range<u32>>;

/// Makes all applications and their units.
pub(super) fn apps(shape: &mut Shape<'_>, problems: &mut Vec<Diagnostic>) {
    let mut known: HashMap<Name, Span> = HashMap::default();
    // The deployment of each application.
    let mut deployed = Vec::new();
    let groups: Groups = shape.groups.iter().map(|group| (group.name.clone(), group.machines.clone())).collect();
    let mut components = HashMap::default();
    for (place, deployment) in shape.layers.deployments.clone().into_iter().enumerate() {
        let Some(component) = component(shape, &deployment, &mut components) else { continue };
        let Some(machines) = machines((shape, &groups), &deployment, problems) else { continue };
        if let Some(earlier) = known.get(&deployment.name) {
            problems.push(twice(&deployment, *earlier));
            continue;
        }
        known.insert(deployment.name.clone(), deployment.span);
        add(shape, &deployment, component, machines);
        deployed.push(place);
    }
    let mut later = BTreeMap::new();
    for (index, place) in deployed.into_iter().enumerate() {
        let deployment = shape.layers.deployments[place].clone();
        version(shape, index, &deployment, problems);
        problems.extend(bounds(shape, AppId(index as u32), &mut later));
        options(shape, index, &deployment, problems);
        if deployment.component.param {
            let component = shape.component_of(AppId(index as u32)).ast;
            let (body, own) = (&deployment.ast.body, &*deployment.name);
            problems.extend(of_param(shape.program, component, body));
            problems.extend(set_of_param(shape.program, component, body, sets_of(own, &shape.layers)));
        }
        shape.settings.push(Settings::of(&shape.layers, &deployment));
        let given = Given::of(shape, AppId(index as u32), &deployment);
        shape.given.push(given);
    }
    problems.extend(later.iter().map(|(version, apps)| made_for_earlier(shape, *version, apps)));
}

/// What is behind the name of an application in the paths of `set`, and where their values are.
fn sets_of<'s>(app: &'s str, layers: &'s Layers<'_>) -> impl Iterator<Item = (&'s str, Span)> + Clone {
    let of = move |(path, value): (&'s String, &'s Written<'_>)| {
        Some((path.strip_prefix(app)?.strip_prefix('.')?, value.expr.span))
    };
    layers.sets.iter().filter_map(of)
}

/// Reads the version of Kubernetes that an application runs: `kubernetes` of its `deploy`, else the cluster's.
fn version<'p>(shape: &mut Shape<'p>, index: usize, deployment: &Deployment<'p>, problems: &mut Vec<Diagnostic>) {
    let name = shape.apps[index].name.clone();
    let component = &shape.components[shape.apps[index].component.index()];
    // A component may have an option of that name for something of its own.
    if component.options.iter().any(|option| &*option.name.name == VERSION) {
        return;
    }
    let mut fields =
        Fields { sight: shape.sight(), owner: &name, module: deployment.module, body: &deployment.ast.body, problems };
    let (version, span) = (fields.version(VERSION), fields.span(VERSION));
    if let Some(version) = version {
        (shape.apps[index].kubernetes, shape.apps[index].kubernetes_span) = (version, span);
    }
}

/// The field that every `deploy` takes.
const VERSION: &str = "kubernetes";

fn twice(deployment: &Deployment<'_>, earlier: Span) -> Diagnostic {
    let message = format!("an application named `{}` is already deployed", deployment.name);
    Diagnostic::new(Code::DuplicateName, deployment.span, message)
        .label(earlier, "here")
        .help("name the second one with `as`, or list all machines in one `deploy`")
}

fn component(
    shape: &mut Shape<'_>,
    deployment: &Deployment<'_>,
    known: &mut HashMap<Symbol, ComponentId>,
) -> Option<ComponentId> {
    let symbol = symbol(shape, deployment)?;
    if let Some(component) = known.get(&symbol) {
        return Some(*component);
    }
    let component = Component::new(shape.program, symbol)?;
    let id = ComponentId(shape.components.len() as u32);
    shape.components.push(component);
    known.insert(symbol, id);
    Some(id)
}

fn symbol(shape: &Shape<'_>, deployment: &Deployment<'_>) -> Option<Symbol> {
    let wanted = if deployment.component.param { SymbolKind::Param } else { SymbolKind::Component };
    let symbol = shape.program.lookup(deployment.module, &deployment.component.name.name, wanted)?;
    match (symbol.kind, shape.params.get(&symbol)) {
        (SymbolKind::Component, _) => Some(symbol),
        (SymbolKind::Param, Some(Param::Component(component))) => Some(*component),
        _ => None,
    }
}

/// Applications of the library whose components were made before the version of Kubernetes that they run.
type Later = BTreeMap<Version, Vec<AppId>>;

/// Whether the component is for the version of Kubernetes that the application runs. A component of the library that was made
/// before that version is not refused: what is known of the version is examined by the tables.
fn bounds(shape: &Shape<'_>, id: AppId, later: &mut Later) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let (component, app) = (shape.component_of(id), shape.app(id));
    for bound in component.versions.iter().filter(|v| &*v.subject.name == "kubernetes") {
        for (op, expr) in &bound.bounds {
            if holds(shape, id, (*op, expr)) {
                continue;
            }
            if matches!(op, BinaryOp::Less | BinaryOp::LessEqual) && shape.program.is_library(component.module) {
                later.entry(app.kubernetes).or_default().push(id);
                continue;
            }
            let name = &component.ast.name.name;
            let message = format!("`{name}` does not support Kubernetes {}", app.kubernetes);
            let problem = Diagnostic::new(Code::VersionUnsupported, app.span, message);
            let problem = problem.label(expr.span, "the supported versions");
            problems.push(problem.label(app.kubernetes_span, "the version that it runs"));
        }
    }
    problems
}

/// Whether a bound of a component's versions holds, or cannot be computed.
fn holds(shape: &Shape<'_>, id: AppId, (op, expr): (BinaryOp, &Expr)) -> bool {
    let limit = match &expr.kind {
        ExprKind::Literal(Literal::Decimal(text)) => short_version(text).map(Value::Version),
        _ => shape.sight().eval(&mut Scope::file(shape.component_of(id).module), expr).ok(),
    };
    let version = Value::Version(shape.app(id).kubernetes);
    let holds = limit.map(|limit| binary(op, &version, &limit));
    !matches!(holds, Some(Ok(Value::Bool(false))))
}

/// Says once which components of the library were made before a version.
fn made_for_earlier(shape: &Shape<'_>, version: Version, apps: &[AppId]) -> Diagnostic {
    let names = List::ticked(apps.iter().map(|app| &shape.app(*app).name)).most(6);
    let message = format!("the library is not known to run Kubernetes {version}: {names}");
    let problem = Diagnostic::new(Code::VersionUnknown, shape.app(apps[0]).kubernetes_span, message);
    problem.help(
        "use a newer kmodel if one knows it; otherwise compare with the release notes and `allow version-unknown` with the reason",
    )
}

/// The machines of a placement, in order and each once; `None` when a selector is wrong.
fn machines(
    (shape, groups): (&Shape<'_>, &Groups),
    deployment: &Deployment<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<MachineId>> {
    let mut list = Vec::new();
    let mut seen: HashMap<MachineId, Span> = HashMap::default();
    for selector in &deployment.ast.on {
        let machines = select((shape, groups), deployment, selector).map_err(|p| problems.push(*p)).ok()?;
        let again = machines.iter().find_map(|machine| Some((*machine, *seen.get(machine)?)));
        problems.extend(again.map(|(machine, first)| placed_twice(shape, deployment, machine, (first, selector.span))));
        seen.extend(machines.iter().map(|machine| (*machine, selector.span)));
        list.extend(machines);
    }
    list.sort_unstable();
    list.dedup();
    if let Some(condition) = &deployment.ast.condition {
        list = filter(shape, deployment, condition, list).map_err(|p| problems.push(*p)).ok()?;
    }
    if list.is_empty() && !deployment.ast.on.is_empty() {
        problems.push(nowhere(shape, deployment));
    }
    Some(list)
}

fn nowhere(shape: &Shape<'_>, deployment: &Deployment<'_>) -> Diagnostic {
    let message = format!("`{}` is not placed on any machine", deployment.name);
    let first = deployment.ast.on.first().map_or(deployment.span, |selector| selector.span);
    let span = deployment.ast.on.last().map_or(first, |last| first.to(last.span));
    let gone = deployment.ast.on.iter().find_map(|selector| match &selector.kind {
        SelectorKind::Group(name) | SelectorKind::Index(name, _) | SelectorKind::Range(name, ..) => {
            dropped(shape, name).then_some(&name.name)
        }
        SelectorKind::All => None,
    });
    let mut problem = Diagnostic::new(Code::EmptyPlacement, span, message);
    problem = match &deployment.ast.condition {
        Some(condition) => problem.label(condition.span, "no machine matches this condition"),
        None => problem,
    };
    let name = &deployment.name;
    if let Some(zones) = deployment.ast.condition.as_ref().and_then(|condition| zones(shape, condition)) {
        return problem.help(zones);
    }
    problem.help(match gone {
        Some(group) => format!("it has no units; `drop {name}` in the overlay that drops `{group}`"),
        None => format!("it has no units; write `allow empty-placement \"reason\"` if `{name}` may be absent"),
    })
}

/// The zones that there are, when a condition asks for one.
fn zones(shape: &Shape<'_>, condition: &Expr) -> Option<String> {
    let mut asked = false;
    in_expr(condition, &mut |name, _, _| asked |= name == "zone");
    let mut zones: Vec<&str> = shape.machines.iter().filter_map(|machine| machine.zone.as_deref()).collect();
    zones.sort_unstable();
    zones.dedup();
    asked.then(|| match zones.is_empty() {
        true => "no machine has a zone: set `zone = \"a\"` on the group, or `spread = \"zone\"` and `zones`".to_owned(),
        false => format!("the zones of the machines are {}", List::ticked(zones)),
    })
}

fn placed_twice(
    shape: &Shape<'_>,
    deployment: &Deployment<'_>,
    machine: MachineId,
    (first, second): (Span, Span),
) -> Diagnostic {
    let message = format!("`{}` is placed on `{}` twice", deployment.name, shape.machine(machine).name);
    Diagnostic::new(Code::PlacedTwice, second, message)
        .here("again here")
        .label(first, "first here")
        .help("select each machine once; the range `m[0..2]` is `m[0]` and `m[1]`")
}

fn filter(
    shape: &Shape<'_>,
    deployment: &Deployment<'_>,
    condition: &Expr,
    list: Vec<MachineId>,
) -> Result<Vec<MachineId>, crate::model::EvalError> {
    let mut scope = Scope::file(deployment.module);
    scope.bare_machine = true;
    let mut kept = Vec::with_capacity(list.len());
    for machine in list {
        scope.machine = Some(machine);
        if shape.sight().eval_bool(&mut scope, condition)? {
            kept.push(machine);
        }
    }
    Ok(kept)
}

fn select(
    (shape, groups): (&Shape<'_>, &Groups),
    deployment: &Deployment<'_>,
    selector: &Selector,
) -> Result<Vec<MachineId>, crate::model::EvalError> {
    let all = |range: std::ops::Range<u32>| range.map(MachineId).collect();
    match &selector.kind {
        SelectorKind::All => Ok(all(0..shape.machines.len() as u32)),
        SelectorKind::Group(name) => Ok(all(group((shape, groups), name)?)),
        SelectorKind::Index(name, index) => {
            let machines = group((shape, groups), name)?;
            let at = shape.sight().eval(&mut Scope::file(deployment.module), index)?;
            if dropped(shape, name) {
                return Ok(Vec::new());
            }
            match (&at, at.scalar_text()) {
                (Value::Int(at), _) => bounded(name, &machines, *at..at.saturating_add(1), index.span).map(all),
                (_, Some(text)) => named(shape, (name, machines), (&text, index.span)).map(|machine| vec![machine]),
                _ => Err(crate::model::eval::mismatch(index.span, "`int` or `string`", &at)),
            }
        }
        SelectorKind::Range(name, from, to) => {
            let machines = group((shape, groups), name)?;
            let from = from.as_ref().map_or(Ok(0), |e| number(shape, deployment, e))?;
            let to =
                to.as_ref().map_or(Ok(i64::from(machines.end - machines.start)), |e| number(shape, deployment, e))?;
            if dropped(shape, name) {
                return Ok(Vec::new());
            }
            bounded(name, &machines, from..to, selector.span).map(all)
        }
    }
}

/// The machine of a group that has this name.
fn named(
    shape: &Shape<'_>,
    (group, machines): (&Ident, std::ops::Range<u32>),
    (name, span): (&str, Span),
) -> Result<MachineId, crate::model::EvalError> {
    let of_group = || machines.clone().map(MachineId);
    of_group().find(|id| *shape.machine(*id).name == *name).ok_or_else(|| {
        let known = || of_group().map(|id| &*shape.machine(id).name);
        let fallback = format!("its machines are {}", List::ticked(known()).most(20));
        let help = crate::diag::did_you_mean(name, known(), &fallback);
        let message = format!("`{}` has no machine `{name}`", group.name);
        Box::new(Diagnostic::new(Code::NoSuchMachine, span, message).help(help))
    })
}

fn dropped(shape: &Shape<'_>, name: &Ident) -> bool {
    shape.layers.dropped.contains(&name.name)
}

fn group(
    (shape, groups): (&Shape<'_>, &Groups),
    name: &Ident,
) -> Result<std::ops::Range<u32>, crate::model::EvalError> {
    if dropped(shape, name) {
        return Ok(0..0);
    }
    groups.get(&name.name).cloned().ok_or_else(|| {
        let help = crate::diag::did_you_mean(
            &name.name,
            shape.groups.iter().map(|group| &*group.name),
            "declare it with `machines`",
        );
        let message = format!("no machine group is named `{}`", name.name);
        Box::new(Diagnostic::new(Code::UnknownName, name.span, message).help(help))
    })
}

fn number(shape: &Shape<'_>, deployment: &Deployment<'_>, expr: &Expr) -> Result<i64, crate::model::EvalError> {
    match shape.sight().eval(&mut Scope::file(deployment.module), expr)? {
        Value::Int(value) => Ok(value),
        other => Err(crate::model::eval::mismatch(expr.span, "`int`", &other)),
    }
}

/// The part `wanted` of a group's machines.
fn bounded(
    name: &Ident,
    machines: &std::ops::Range<u32>,
    wanted: std::ops::Range<i64>,
    span: Span,
) -> Result<std::ops::Range<u32>, crate::model::EvalError> {
    let count = i64::from(machines.end - machines.start);
    if wanted.start > wanted.end {
        let message = format!("`{}` ends before it begins", text_of(name, &wanted));
        let help = format!("write `{}[{}..{}]`; a range is half-open", name.name, wanted.end, wanted.start);
        let turned = format!("{}[{}..{}]", name.name, wanted.end, wanted.start);
        let problem = Diagnostic::new(Code::NoSuchMachine, span, message).help(help);
        return Err(Box::new(problem.fix(span, turned, "reverse it")));
    }
    if wanted.start < 0 || wanted.end > count {
        let have = Count(machines.len(), "machine");
        let message = format!("`{}` has {have}, so there is no `{}`", name.name, text_of(name, &wanted));
        let help = match count {
            0 => format!("increase the count of `{}`", name.name),
            1 => format!("use `{0}[0]`, or simply `{0}`", name.name),
            _ => format!(
                "the machines are `{0}[0]` to `{0}[{1}]`; the whole range is `{0}[0..{count}]`",
                name.name,
                count - 1
            ),
        };
        return Err(Box::new(Diagnostic::new(Code::NoSuchMachine, span, message).help(help)));
    }
    Ok(machines.start + wanted.start as u32..machines.start + wanted.end as u32)
}

fn text_of(name: &Ident, wanted: &std::ops::Range<i64>) -> String {
    match wanted.end.saturating_sub(wanted.start) {
        0 | 1 => format!("{}[{}]", name.name, wanted.start),
        _ => format!("{}[{}..{}]", name.name, wanted.start, wanted.end),
    }
}

fn add(shape: &mut Shape<'_>, deployment: &Deployment<'_>, component: ComponentId, machines: Vec<MachineId>) {
    let app = AppId(shape.apps.len() as u32);
    let start = shape.units.len() as u32;
    let placed = !deployment.ast.on.is_empty();
    if placed {
        let units = machines.into_iter().enumerate();
        shape.units.extend(units.map(|(i, machine)| Unit { app, machine: Some(machine), index: i as u32 }));
    } else {
        shape.units.push(Unit { app, machine: None, index: 0 });
    }
    shape.apps.push(App {
        name: deployment.name.clone(),
        span: deployment.span,
        component,
        kubernetes: shape.cluster.kubernetes,
        kubernetes_span: shape.cluster.spans["kubernetes"],
        options: Vec::new(),
        option_spans: Vec::new(),
        units: start..shape.units.len() as u32,
        placed,
        addresses: Vec::new(),
        runs: OnceLock::new(),
    });
}

/// Evaluates the options of an application: what an overlay set, else what was written, else the default.
fn options<'p>(shape: &mut Shape<'p>, index: usize, deployment: &Deployment<'p>, problems: &mut Vec<Diagnostic>) {
    let app = AppId(index as u32);
    let name = shape.apps[index].name.clone();
    for place in 0..shape.component_of(app).options.len() {
        let option = shape.component_of(app).options[place];
        let written = shape.layers.field(&name, deployment.module, &deployment.ast.body, &option.name.name);
        let (value, span) = match (&written, &option.default) {
            (Some(written), _) => {
                let value = shape.sight().eval_as(&mut Scope::file(written.module), written.expr, Some(&option.ty));
                (value, written.expr.span)
            }
            // A default may refer to the options before it.
            (None, Some(default)) => {
                let value = shape.sight().eval_as(&mut Scope::app(shape, app), default, Some(&option.ty));
                let of_cluster = program_of(default).and_then(|program| shape.cluster.version_spans.get(program));
                (value, of_cluster.copied().unwrap_or(default.span))
            }
            (None, None) => (Ok(Value::None), option.name.span),
        };
        match value {
            Ok(value) => shape.apps[index].options.push(value),
            // The options after it may need it, and would only repeat the problem.
            Err(problem) => return problems.push(*problem),
        }
        shape.apps[index].option_spans.push(span);
    }
}

/// Gives out the addresses that applications ask for. Returns those that are pinned and were given to another.
pub(super) fn addresses(
    shape: &mut Shape<'_>,
    allocators: &mut Allocators,
    problems: &mut Vec<Diagnostic>,
) -> Vec<IpAddr> {
    let mut in_vain = Vec::new();
    for index in 0..shape.apps.len() {
        let app = AppId(index as u32);
        if shape.component_of(app).addresses.is_empty() {
            continue;
        }
        let own = own_ranges(shape, app);
        for place in 0..shape.component_of(app).addresses.len() {
            let item = shape.component_of(app).addresses[place];
            let key = format!("{}/{}", shape.apps[index].name, item.name.name);
            let pin = match item.body.field("pin").map(|f| shape.sight().eval(&mut Scope::app(shape, app), &f.value)) {
                Some(Ok(value)) => crate::model::endpoint::ip(&value),
                Some(Err(problem)) => {
                    problems.push(*problem);
                    break;
                }
                None => None,
            };
            let nodes = &shape.cluster.nodes;
            let is_near = |address: &IpAddr| nodes.place_of(*address).is_some_and(|range| own.contains(&range));
            let known = shape.lock.addresses.get(&key).copied().filter(|known| pin.is_some() || is_near(known));
            let address = match (pin, known) {
                (Some(pin), Some(known)) if pin == known => Some(pin),
                (Some(pin), _) if is_usable(nodes, pin) && allocators.take(pin) => Some(pin),
                (Some(pin), _) => {
                    in_vain.push(pin);
                    problems.push(cannot_pin(shape, &key, pin, shape.apps[index].span));
                    None
                }
                (None, Some(known)) => Some(known),
                (None, None) => {
                    let address = allocators.of(own[0]).next_from_end();
                    let range = nodes.at(own[0]);
                    problems.extend(address.is_none().then(|| no_address(shape, range, (index, item.name.span), &key)));
                    address
                }
            };
            // INVARIANT: the addresses are in the order of the items, so one that is missing ends them; there is an error.
            let Some(address) = address else { break };
            shape.lock.addresses.insert(key, address);
            shape.apps[index].addresses.push(address);
        }
    }
    in_vain
}

/// The ranges in which an application may have an address: those of its machines, so that the first one decides; all, if it has none.
fn own_ranges(shape: &Shape<'_>, app: AppId) -> Vec<u32> {
    let own = shape.ranges_of(app);
    if own.is_empty() { (0..).zip(shape.cluster.nodes.iter()).map(|(place, _)| place).collect() } else { own }
}

fn is_usable(nodes: &Nodes, address: IpAddr) -> bool {
    nodes.holding(address).is_some_and(|range| range.is_usable(address))
}

fn cannot_pin(shape: &Shape<'_>, key: &str, pin: IpAddr, span: Span) -> Diagnostic {
    let nodes = &shape.cluster.nodes;
    let range = nodes.holding(pin);
    let code = if range.is_some() { Code::AddressTaken } else { Code::AddressOutsideRange };
    let holder = shape.machines.iter().find(|machine| machine.address == pin);
    let why = match (holder, range) {
        (_, None) => format!("it is outside {}", nodes.listed()),
        (Some(machine), _) => format!("it is the address of `{}`", machine.name),
        (None, Some(range)) if pin == range.gateway => "it is the address of the gateway".to_owned(),
        (None, Some(range)) if !range.is_usable(pin) => {
            format!("it is the network or broadcast address of {range}")
        }
        (None, _) => match departed(shape, pin) {
            Some(name) => format!("it is the address of `{name}`, which may still be running"),
            None => "it belongs to another application".to_owned(),
        },
    };
    let problem = Diagnostic::new(code, span, format!("`{key}` cannot have {pin}: {why}")).here("deployed here");
    let problem = match holder.and_then(|machine| shape.groups.get(machine.group as usize)) {
        Some(group) => problem.label(group.span, "its machines"),
        None => {
            problem.label(range.map_or(shape.cluster.spans["nodes"], |range| range.span), "the range of the machines")
        }
    };
    problem.help("pin another address of the range, or remove `pin` to get one from its end")
}

fn no_address(shape: &Shape<'_>, range: &NodeRange, (app, item): (usize, Span), key: &str) -> Diagnostic {
    let message = format!("{range} has no address left for `{key}`");
    Diagnostic::new(Code::RangeTooSmall, range.span, message)
        .label(item, "needs an address")
        .label(shape.apps[app].span, "deployed here")
        .help("use a larger range")
}
