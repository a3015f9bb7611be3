//! From a plan to bundles: the files, units and artifacts of every machine, for no target in particular.
//!
//! In: a plan and what was issued for it. Out: one bundle a machine, and one for what belongs to the cluster.

use std::collections::HashSet;

use crate::diag::Diagnostic;
use crate::model::material::Material;
use crate::model::{MachineId, Model, UnitId};
use crate::plan::Pki;

pub mod artifact;
pub mod boot;
pub mod bundle;
pub mod capability;
pub mod estimate;
pub mod config;
pub mod filter;
pub mod firewall;
pub mod flag;
pub mod format;
pub mod item;
pub mod keys;
pub mod kubeconfig;
pub mod locate;
pub mod named;
pub mod origin;
pub mod problem;
pub mod setting;
pub mod strict;
#[cfg(test)]
mod snapshot;
pub mod unit_check;
pub mod unit_file;
pub mod webhook;

use bundle::Bundle;
use filter::Filter;
use item::{Care, Filler};
use named::Named;
pub use origin::Origin;
pub use problem::Problem;
use setting::Settings;

/// What rendering meets that can only be judged together.
#[derive(Debug, Default)]
pub struct Seen {
    pub settings: Settings,
    pub filters: Vec<Filter>,
    pub commands: Vec<filter::Command>,
}

/// The units on each machine, in the order of their applications; last, those on none.
pub fn placement(model: &Model<'_>) -> Vec<Vec<UnitId>> {
    let mut list = vec![Vec::new(); model.machines.len() + 1];
    for (id, unit) in model.units.iter().enumerate() {
        let place = unit.machine.map_or(model.machines.len(), MachineId::index);
        list[place].push(UnitId(id as u32));
    }
    list
}

/// What one machine receives.
///
/// # Errors
/// What stands in the way of a value; [`sample`] finds most of it beforehand.
pub fn machine(
    model: &Model<'_>,
    machine: MachineId,
    units: &[UnitId],
    material: &dyn Material,
) -> Result<Bundle, Vec<Diagnostic>> {
    let name = model.machine(machine).name.clone();
    fill(model, Bundle { machine: name, ..Bundle::default() }, (&model.group_of(machine).arch, units), material)
}

/// What one unit puts on its machine, or into the output.
///
/// # Errors
/// As [`machine`].
pub fn unit(model: &Model<'_>, unit: UnitId, material: &dyn Material) -> Result<Bundle, Vec<Diagnostic>> {
    let machine = model.unit(unit).machine;
    let name = machine.map_or_else(|| "-".into(), |machine| model.machine(machine).name.clone());
    let arch = machine.map_or_else(|| "amd64".into(), |machine| model.group_of(machine).arch.clone());
    fill(model, Bundle { machine: name, ..Bundle::default() }, (&arch, &[unit]), material)
}

/// What belongs to no machine: kubeconfigs for people.
///
/// # Errors
/// As [`machine`].
pub fn cluster(model: &Model<'_>, units: &[UnitId], material: &dyn Material) -> Result<Bundle, Vec<Diagnostic>> {
    fill(model, Bundle { machine: "-".into(), ..Bundle::default() }, (&"amd64".into(), units), material)
}

fn fill(
    model: &Model<'_>,
    mut bundle: Bundle,
    (arch, units): (&crate::syntax::ast::Name, &[UnitId]),
    material: &dyn Material,
) -> Result<Bundle, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut filler = Filler {
        model,
        material,
        arch: arch.clone(),
        bundle: &mut bundle,
        problems: &mut problems,
        spans: Vec::new(),
        touched: Vec::new(),
        care: Care::Trusting,
        seen: None,
    };
    units.iter().for_each(|unit| filler.unit(*unit));
    if problems.iter().any(Diagnostic::is_error) { Err(problems) } else { Ok(bundle) }
}

/// Renders a few machines with nothing issued, so that a problem in a file or a flag is found while planning.
///
/// Machines that carry the same applications differ only in names and addresses, so one of each kind is enough: these are
/// returned, with their units.
pub fn sample(model: &Model<'_>, pki: &Pki, problems: &mut Vec<Diagnostic>) -> Vec<(MachineId, Vec<UnitId>)> {
    let mut seen = Seen::default();
    let named = Named::new(model);
    let known = strict::Known { pki, named: &named };
    let placement = placement(model);
    let mut kinds = HashSet::new();
    let mut sampled = Vec::new();
    for (place, units) in placement.iter().enumerate() {
        let apps: Vec<_> = units.iter().map(|unit| model.unit(*unit).app).collect();
        let group = model.machines.get(place).map(|machine| machine.group);
        if units.is_empty() || !kinds.insert((group, apps)) {
            continue;
        }
        let arch = group.map_or_else(|| "amd64".into(), |group| model.groups[group as usize].arch.clone());
        if group.is_some() {
            sampled.push((MachineId(place as u32), units.clone()));
        }
        let mut bundle = Bundle::default();
        let name = model.machines.get(place).map_or_else(|| "-".into(), |machine| machine.name.clone());
        bundle.machine = name;
        let mut found = Vec::new();
        let mut filler = Filler {
            model,
            material: &named,
            arch,
            bundle: &mut bundle,
            problems: &mut found,
            spans: Vec::new(),
            touched: Vec::new(),
            care: Care::Strict(known),
            seen: Some(&mut seen),
        };
        units.iter().for_each(|unit| filler.unit(*unit));
        let known: HashSet<_> = problems.iter().map(|p| (p.code, p.labels[0].span)).collect();
        problems.extend(found.into_iter().filter(|p| !known.contains(&(p.code, p.labels[0].span))));
    }
    setting::prove(model, &seen.settings, problems);
    filter::prove(model, &seen.filters, &seen.commands, problems);
    sampled
}
