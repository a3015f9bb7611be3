//! Groups of machines, and the machines in them with their addresses.

use std::net::IpAddr;
use std::ops::Range;

use crate::check::ModuleId;
use crate::diag::{Code, Diagnostic};
use crate::model::address::{Allocator, nth};
use crate::model::layer::Written;
use crate::model::scope::Scope;
use crate::model::{Group, Machine, Model, Value};
use crate::source::Span;
use crate::syntax::ast::{Machines, Name};

use super::Fields;

/// The most machines a group may have: a slip of a few zeros must not take the memory of the machine.
const MAX_COUNT: i64 = 1_000_000;

/// Makes all groups and machines.
pub fn machines(model: &mut Model<'_>, addresses: &mut Allocator, problems: &mut Vec<Diagnostic>) {
    let mut wanted: Vec<Wanted> = Vec::new();
    for (module, ast) in model.layers.machines.clone() {
        if let Some((group, plan)) = group(model, module, ast, problems) {
            model.groups.push(group);
            wanted.push(plan);
        }
    }
    reserve(model, &wanted, addresses, problems);
    for (index, wanted) in wanted.iter().enumerate() {
        if !fill(model, index, wanted, addresses, problems) {
            return;
        }
    }
}

/// What is needed to make the machines of a group.
struct Wanted {
    count: u32,
    zones: Vec<Name>,
    zone: Option<Name>,
    pinned: Vec<IpAddr>,
    pinned_span: Span,
}

fn group(
    model: &Model<'_>,
    module: ModuleId,
    ast: &Machines,
    problems: &mut Vec<Diagnostic>,
) -> Option<(Group, Wanted)> {
    let count = count(model, module, ast, problems)?;
    let start = model.groups.last().map_or(0, |group| group.machines.end);
    let mut fields = Fields { model, owner: &ast.name.name, module, body: &ast.body, problems };
    let group = Group {
        name: ast.name.name.clone(),
        span: ast.name.span,
        machines: start..start + count,
        cores: fields.number("cores").unwrap_or(2.0),
        memory: fields.size("memory").unwrap_or(4 << 30),
        disk: fields.size("disk").unwrap_or(20 << 30),
        arch: fields.text("arch").unwrap_or_else(|| "amd64".into()),
        labels: fields.value("labels").unwrap_or_else(|| Value::record::<&str>([])),
        taints: fields.value("taints").unwrap_or_else(|| Value::list([])),
    };
    let wanted = wanted(&mut fields, count);
    Some((group, wanted))
}

fn wanted(fields: &mut Fields<'_, '_>, count: u32) -> Wanted {
    let mut pinned = fields.addresses("addresses");
    let mut pinned_span = fields.span("addresses");
    if let Some(first) = fields.address("first-address") {
        pinned_span = fields.span("first-address");
        let nodes = fields.model.cluster.nodes;
        let offset = crate::model::address::bits(first).checked_sub(crate::model::address::bits(nodes.network()));
        pinned =
            (0..u128::from(count)).map(|i| offset.and_then(|offset| nth(nodes, offset + i)).unwrap_or(first)).collect();
    }
    Wanted { count, zones: fields.texts("zones"), zone: fields.text("zone"), pinned, pinned_span }
}

fn count(model: &Model<'_>, module: ModuleId, ast: &Machines, problems: &mut Vec<Diagnostic>) -> Option<u32> {
    let set = model.layers.set(&format!("{}.count", ast.name.name));
    let written = set.or_else(|| ast.count.as_ref().map(|expr| Written { module, expr }));
    let Some(written) = written else { return Some(1) };
    match model.eval(&mut Scope::file(written.module), written.expr) {
        Ok(Value::Int(count @ 0..=MAX_COUNT)) => u32::try_from(count).ok(),
        Ok(Value::Int(count)) => {
            let message = format!("`{}` cannot have {count} machines", ast.name.name);
            let problem = Diagnostic::new(Code::BadCount, written.expr.span, message);
            problems.push(problem.help(format!("a count is from 0 to {MAX_COUNT}")));
            None
        }
        Ok(other) => {
            problems.push(*crate::model::eval::mismatch(written.expr.span, "`int`", &other));
            None
        }
        Err(problem) => {
            problems.push(*problem);
            None
        }
    }
}

/// Takes the addresses that are fixed already, by the model and by the lock, before any is given out.
fn reserve(model: &mut Model<'_>, wanted: &[Wanted], addresses: &mut Allocator, problems: &mut Vec<Diagnostic>) {
    for (group, wanted) in model.groups.iter().zip(wanted) {
        for (index, address) in wanted.pinned.iter().enumerate().take(wanted.count as usize) {
            let name = format!("{}-{index}", group.name);
            if !addresses.take(*address) {
                problems.push(cannot_pin(model, &name, *address, addresses, wanted.pinned_span));
            }
            model.lock.addresses.insert(name, *address);
        }
    }
    let known = |name: &str| {
        let group = name.rsplit_once('-').map(|(group, _)| group);
        group
            .is_some_and(|group| model.groups.iter().zip(wanted).any(|(g, w)| &*g.name == group && w.pinned.is_empty()))
            || name.contains('/')
    };
    let kept: Vec<_> =
        model.lock.addresses.iter().filter(|(name, _)| known(name)).map(|(n, a)| (n.clone(), *a)).collect();
    for (name, address) in kept {
        // An address of an earlier range, or one that was pinned for another machine since, is given out anew.
        if !addresses.take(address) {
            model.lock.addresses.remove(&name);
        }
    }
}

fn cannot_pin(model: &Model<'_>, name: &str, address: IpAddr, addresses: &Allocator, span: Span) -> Diagnostic {
    let nodes = model.cluster.nodes;
    if !nodes.contains(&address) {
        return Diagnostic::new(Code::AddressOutsideRange, span, format!("`{name}` is at {address}, outside {nodes}"))
            .label(model.cluster.spans["nodes"], "the range of the machines");
    }
    let holder = if address == model.cluster.gateway { "the gateway" } else { "another machine" };
    debug_assert!(addresses.is_taken(address));
    Diagnostic::new(Code::AddressTaken, span, format!("`{name}` cannot have {address}, which is {holder}'s"))
        .help("give each machine an address of its own")
}

fn fill(
    model: &mut Model<'_>,
    group: usize,
    wanted: &Wanted,
    addresses: &mut Allocator,
    problems: &mut Vec<Diagnostic>,
) -> bool {
    let Range { start, .. } = model.groups[group].machines;
    debug_assert_eq!(model.machines.len(), start as usize);
    model.machines.reserve(wanted.count as usize);
    for index in 0..wanted.count {
        let name: Name = format!("{}-{index}", model.groups[group].name).into();
        let address = model.lock.addresses.get(&*name).copied().or_else(|| addresses.next());
        let Some(address) = address else {
            problems.push(too_small(model, addresses));
            return false;
        };
        model.lock.addresses.insert(name.to_string(), address);
        let zone = match wanted.zones.len() {
            0 => wanted.zone.clone(),
            n => wanted.zones.get(index as usize % n).cloned(),
        };
        model.machines.push(Machine { name, group: group as u32, index, address, zone });
    }
    true
}

fn too_small(model: &Model<'_>, addresses: &Allocator) -> Diagnostic {
    let wanted = model.groups.last().map_or(0, |group| group.machines.end);
    let nodes = model.cluster.nodes;
    let message = format!("{nodes} has room for {} machines, and {wanted} are wanted", addresses.capacity());
    let bits = u8::try_from(u32::BITS - (wanted + 12).leading_zeros()).unwrap_or(32);
    let prefix = nodes.max_prefix_len().saturating_sub(bits);
    Diagnostic::new(Code::RangeTooSmall, model.cluster.spans["nodes"], message)
        .help(format!("a range with prefix /{prefix} is large enough"))
}
