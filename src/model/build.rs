//! Building a model, step by step; each step sees what the ones before it made.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::OnceLock;

use crate::check::{Program, SymbolKind};
use crate::diag::{Code, Diagnostic, any_error};
use crate::source::Span;
use crate::syntax::ast::{StatementKind, Version};
use crate::world::World;

use super::{AppId, Cluster, Input, Model, UnitId, address, layer, wire};

mod app;
mod cluster;
mod field;
mod machine;
mod param;

pub use field::{Fields, ranges};

/// Builds the model of a program that has no errors.
///
/// # Errors
/// Every problem found, sorted as they were met; what could not be built is not judged.
pub fn build<'p>(program: &'p Program, world: &'p dyn World, input: &Input) -> Built<'p> {
    let (layers, mut problems) = layer::layers(program, &input.overlays);
    let mut model = empty(program, world, layers, input);
    model.lets = lets(program);
    param::bind(&mut model, input, &mut problems);
    if any_error(&problems) {
        return Built { model: None, problems };
    }
    cluster::targets(&mut model, input, &mut problems);
    if !cluster::cluster(&mut model, input, &mut problems) {
        return Built { model: None, problems };
    }
    let mut addresses = address::Allocator::new(model.cluster.nodes, model.cluster.gateway);
    machine::machines(&mut model, &mut addresses, &mut problems);
    app::apps(&mut model, &mut problems);
    if any_error(&problems) {
        return Built { model: None, problems };
    }
    app::addresses(&mut model, &mut addresses, &mut problems);
    wire::wire(&mut model, &mut problems);
    if any_error(&problems) {
        return Built { model: None, problems };
    }
    make_endpoints(&mut model, &mut problems);
    let model = (!any_error(&problems)).then_some(model);
    Built { model, problems }
}

/// A model if there is a valid one, and every problem found.
pub struct Built<'p> {
    pub model: Option<Model<'p>>,
    pub problems: Vec<Diagnostic>,
}

fn empty<'p>(program: &'p Program, world: &'p dyn World, layers: layer::Layers<'p>, input: &Input) -> Model<'p> {
    Model {
        program,
        world,
        layers,
        params: HashMap::new(),
        cluster: no_cluster(),
        groups: Vec::new(),
        machines: Vec::new(),
        components: Vec::new(),
        apps: Vec::new(),
        units: Vec::new(),
        relations: Vec::new(),
        targets: Vec::new(),
        lock: input.lock.clone(),
        lets: HashMap::new(),
        endpoints: Vec::new(),
        shaped: false,
    }
}

/// What stands in for the cluster until its fields are known.
fn no_cluster() -> Cluster {
    let nothing = ipnet::IpNet::from(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    Cluster {
        name: "".into(),
        span: Span::default(),
        kubernetes: Version { major: 0, minor: 0, patch: 0 },
        pods: Vec::new(),
        services: Vec::new(),
        nodes: nothing,
        domain: "cluster.local".into(),
        gateway: nothing.addr(),
        dns: Vec::new(),
        extra_names: Vec::new(),
        reserve: Vec::new(),
        renew: None,
        spans: HashMap::new(),
    }
}

/// A place for the value of each `let` of each file.
fn lets(program: &Program) -> HashMap<crate::check::Symbol, OnceLock<super::Value>> {
    let symbols = program.modules.iter().flat_map(|module| module.scope.values());
    symbols
        .filter(|symbol| symbol.kind == SymbolKind::Let)
        .filter(|symbol| matches!(program.statement(**symbol).kind, StatementKind::Let(_)))
        .map(|symbol| (*symbol, OnceLock::new()))
        .collect()
}

/// Whether one problem says what another one says: a cycle is the same wherever it is entered.
fn is_same(a: &Diagnostic, b: &Diagnostic) -> bool {
    let cycle = a.code == Code::ValueCycle && b.code == Code::ValueCycle;
    a == b || cycle && a.labels.iter().any(|label| label.span == b.labels[0].span)
}

/// Computes where every endpoint can be reached.
fn make_endpoints(model: &mut Model<'_>, problems: &mut Vec<Diagnostic>) {
    let mut base = 0;
    for index in 0..model.apps.len() {
        let count = model.component_of(AppId(index as u32)).endpoints.len();
        let app = &mut model.apps[index];
        app.endpoint_base = base;
        base += (app.units.len() * count) as u32;
    }
    model.endpoints = (0..base).map(|_| OnceLock::new()).collect();
    model.shaped = true;
    for (id, app) in model.apps() {
        for unit in app.units.clone().map(UnitId) {
            for endpoint in model.component_of(id).endpoints.iter().enumerate() {
                let (place, info) = endpoint;
                if info.ast.kind == crate::syntax::ast::EndpointKind::Requires {
                    continue;
                }
                if let Err(problem) = model.endpoint_value(unit, place as u32)
                    && !problems.iter().any(|known| is_same(known, &problem))
                {
                    problems.push(*problem);
                }
            }
        }
    }
}
