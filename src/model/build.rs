//! Building a model, step by step; each step sees what the ones before it made.

use std::net::IpAddr;
use std::sync::OnceLock;

use ipnet::IpNet;

use crate::check::{Program, SymbolKind};
use crate::diag::{Code, Diagnostic, any_error};
use crate::facts::network::network;
use crate::hash::HashMap;
use crate::syntax::ast::{EndpointKind, StatementKind};
use crate::world::World;

use super::allocators::Allocators;
use super::moved::Former;
use super::scope::Scope;
use super::stage::SharedValues;
use super::{Input, Model, Premise, Shape, UnitId, Wired, layer, wire};

mod app;
mod cluster;
mod domain;
mod field;
pub mod machine;
mod nodes;
pub(super) mod naming;
mod param;
mod part;
mod place;
mod versions;

pub use field::{Fields, ranges};

/// Builds the model of a program that has no errors.
///
/// # Errors
/// Every problem found, sorted as they were met; what could not be built is not checked.
pub fn build<'p>(program: &'p Program, world: &'p dyn World, input: &Input) -> Built<'p> {
    let mut pins = Vec::new();
    let built = attempt(program, world, (input, &mut pins));
    // What is pinned comes before what is given out, and an application's pin is known only once there are machines.
    if pins.is_empty() { built } else { attempt(program, world, (input, &mut pins)) }
}

/// Builds with these addresses held for who pins them; those that were pinned in vain are added.
fn attempt<'p>(program: &'p Program, world: &'p dyn World, given: Given<'_>) -> Built<'p> {
    let mut problems = Vec::new();
    let model = stages(program, world, given, &mut problems);
    Built { model, problems }
}

/// The input, and the addresses that applications pin.
type Given<'a> = (&'a Input, &'a mut Vec<IpAddr>);

/// A model if there is a valid one, and every problem found.
pub struct Built<'p> {
    pub model: Option<Model<'p>>,
    pub problems: Vec<Diagnostic>,
}

/// One stage after the other, as long as there are no errors.
fn stages<'p>(
    program: &'p Program,
    world: &'p dyn World,
    (input, pins): Given<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Model<'p>> {
    let premise = premise(program, world, input, problems)?;
    let shape = shape(premise, (input, pins), problems)?;
    let wired = wire::wire(shape, problems);
    sound(problems)?;
    let model = with_values(wired, problems);
    sound(problems)?;
    Some(model)
}

fn sound(problems: &[Diagnostic]) -> Option<()> {
    (!any_error(problems)).then_some(())
}

fn premise<'p>(
    program: &'p Program,
    world: &'p dyn World,
    input: &Input,
    problems: &mut Vec<Diagnostic>,
) -> Option<Premise<'p>> {
    let (mut layers, found) = layer::layers(program, &input.overlays);
    layers.arguments = input.arguments(&layers, program);
    problems.extend(found);
    let mut premise = Premise { program, world, layers, params: HashMap::default(), targets: Vec::new() };
    param::bind(&mut premise, input, problems);
    sound(problems)?;
    premise.targets = cluster::targets(&premise, input, problems);
    Some(premise)
}

fn shape<'p>(premise: Premise<'p>, (input, pins): Given<'_>, problems: &mut Vec<Diagnostic>) -> Option<Shape<'p>> {
    let cluster = cluster::cluster(&premise, input, problems)?;
    let mut addresses = Allocators::new(&cluster.nodes);
    addresses.reserve(|range| reserved(&premise, range).flatten().collect());
    let mut shape = Shape {
        premise,
        cluster,
        groups: Vec::new(),
        machines: Vec::new(),
        components: Vec::new(),
        apps: Vec::new(),
        settings: Vec::new(),
        given: Vec::new(),
        units: Vec::new(),
        lock: input.lock.clone(),
        former: Former::default(),
        new_machines: Vec::new(),
        readdressed: Vec::new(),
    };
    pins.iter().for_each(|pin| addresses.hold(*pin));
    addresses.leave(shape.cluster.reserve.iter().flat_map(|(_, ranges)| ranges).copied());
    machine::machines(&mut shape, &input.forget, &mut addresses, problems);
    // A selector of machines that are not there would select nothing that anybody can look at.
    if shape.machines.len() < shape.groups.iter().map(|group| group.machines.len()).sum() {
        return None;
    }
    app::apps(&mut shape, problems);
    sound(problems)?;
    pins.extend(app::addresses(&mut shape, &mut addresses, problems));
    Some(shape)
}

/// The addresses that the platforms of all targets keep for themselves: an address holds whatever the target.
fn reserved(premise: &Premise<'_>, nodes: IpNet) -> impl Iterator<Item = Vec<IpAddr>> {
    let declared = premise.layers.targets.iter().map(|(_, ast)| &*ast.name.name);
    let names = declared.chain(premise.targets.iter().map(|target| &*target.name));
    names.filter_map(network).map(move |network| network.reserved(nodes))
}

/// A place for the value of each `let` of each file.
fn lets(program: &Program) -> HashMap<crate::check::Symbol, OnceLock<super::Value>> {
    let symbols = program.modules.iter().flat_map(|module| module.scope.iter().map(|(_, symbol)| symbol));
    symbols
        .filter(|symbol| symbol.kind == SymbolKind::Let)
        .filter(|symbol| matches!(program.statement(**symbol).kind, StatementKind::Let(_)))
        .map(|symbol| (*symbol, OnceLock::new()))
        .collect()
}

/// Whether two problems are the same: a cycle is, wherever it is entered.
fn is_same(a: &Diagnostic, b: &Diagnostic) -> bool {
    let cycle = a.code == Code::ValueCycle && b.code == Code::ValueCycle;
    a == b || cycle && a.labels.iter().any(|label| label.span == b.labels[0].span)
}

fn shared(component: &super::Component<'_>) -> SharedValues {
    SharedValues { units: OnceLock::new(), lets: component.lets.iter().map(|_| OnceLock::new()).collect() }
}

/// Computes where every endpoint can be reached.
fn with_values<'p>(wired: Wired<'p>, problems: &mut Vec<Diagnostic>) -> Model<'p> {
    let mut count = 0;
    let mut endpoint_bases = Vec::with_capacity(wired.apps.len());
    for (id, app) in wired.apps() {
        endpoint_bases.push(count);
        count += (app.units.len() * wired.component_of(id).endpoints.len()) as u32;
    }
    let endpoints = (0..count).map(|_| OnceLock::new()).collect();
    let shared = wired.apps().map(|(id, _)| shared(wired.component_of(id))).collect();
    let (lets, machines_value) = (lets(wired.program), OnceLock::new());
    let model = Model { lets, shared, machines_value, roles: OnceLock::new(), endpoints, endpoint_bases, wired };
    for (id, app) in model.apps() {
        let Some(mut scope) = app.units.clone().next().map(|unit| Scope::unit(&model, UnitId(unit))) else { continue };
        for unit in app.units.clone().map(UnitId) {
            scope.move_to(unit, model.unit(unit).machine);
            for (place, info) in model.component_of(id).endpoints.iter().enumerate() {
                if info.ast.kind == EndpointKind::Requires {
                    continue;
                }
                if let Err(problem) = model.endpoint_value_at(&mut scope, unit, place as u32)
                    && !problems.iter().any(|known| is_same(known, &problem))
                {
                    problems.push(*problem);
                }
            }
        }
    }
    model
}
