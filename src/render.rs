//! From a plan to bundles: the files, units and artifacts of every machine, for no target in particular.
//!
//! In: a plan and what was issued for it. Out: one bundle a machine, and one for what belongs to the cluster.

use std::collections::{HashMap, HashSet};

use crate::diag::Diagnostic;
use crate::model::material::Material;
use crate::model::{AppId, MachineId, Model, UnitId};

pub mod artifact;
pub mod boot;
pub mod branch;
pub mod bundle;
pub mod placeholder_sizes;
pub mod evidence;
pub mod firewall;
pub mod flag;
pub mod format;
pub mod item;
pub mod issued_material;
pub mod kubeconfig;
pub mod placeholder;
pub mod origin;
mod image;
mod reading;
pub mod problem;
#[cfg(test)]
mod snapshot;
pub mod unit_file;

use bundle::Bundle;
use evidence::{Entry, Sample};
use item::{Filler, Places};
pub use origin::Origin;
pub use problem::Problem;
use reading::Reading;

/// Which units are where. A group has a list of applications and a machine none, so it does not grow with the machines.
pub struct Placement {
    /// Those with a unit on some machine of each group.
    apps: Vec<Vec<AppId>>,
    /// The units on no machine.
    on_none: Vec<UnitId>,
}

impl Placement {
    pub fn new(model: &Model<'_>) -> Self {
        let mut place = Self { apps: vec![Vec::new(); model.groups.len()], on_none: Vec::new() };
        for (id, unit) in model.units.iter().enumerate() {
            match unit.machine.map(|machine| &mut place.apps[model.machine(machine).group as usize]) {
                Some(apps) if apps.last() != Some(&unit.app) => apps.push(unit.app),
                Some(_) => {}
                None => place.on_none.push(UnitId(id as u32)),
            }
        }
        place
    }

    /// The units on a machine, in the order of their applications.
    pub fn on(&self, model: &Model<'_>, machine: MachineId) -> Vec<UnitId> {
        let apps = &self.apps[model.machine(machine).group as usize];
        apps.iter().filter_map(|app| model.unit_on(*app, machine)).collect()
    }

    /// The units on no machine.
    pub fn on_none(&self) -> &[UnitId] {
        &self.on_none
    }

    /// The units of each machine; last, those on none.
    pub fn iter<'m>(
        &self,
        model: &'m Model<'_>,
    ) -> impl Iterator<Item = (Option<MachineId>, Vec<UnitId>)> + use<'_, 'm> {
        let machines = (0..model.machines.len() as u32).map(MachineId);
        let none = std::iter::once_with(|| (None, self.on_none.clone()));
        machines.map(|machine| (Some(machine), self.on(model, machine))).chain(none)
    }
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

/// As [`machine`], with what the rules look at.
///
/// # Errors
/// As [`machine`].
pub fn sample_machine<'p>(
    model: &Model<'p>,
    machine: MachineId,
    units: &[UnitId],
    material: &dyn Material,
) -> Result<Sample<'p>, Vec<Diagnostic>> {
    let (mut sample, problems) = sample_of(model, Some(machine), units.to_vec(), material);
    image::pin(&mut sample.bundle, &model.lock.pins.images);
    if problems.iter().any(Diagnostic::is_error) { Err(problems) } else { Ok(sample) }
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
        places: Places::default(),
        touched: Vec::new(),
        entries: None,
    };
    units.iter().for_each(|unit| filler.unit(*unit));
    image::pin(&mut bundle, &model.lock.pins.images);
    if problems.iter().any(Diagnostic::is_error) { Err(problems) } else { Ok(bundle) }
}

/// Renders one machine of each kind, and what is on none, and keeps what the rules look at.
///
/// Machines that carry the same applications differ only in names and addresses, so one of each kind is enough. What stands
/// in the way of a value is among the problems, at each place once.
pub fn sample<'p>(model: &Model<'p>, material: &dyn Material, problems: &mut Vec<Diagnostic>) -> Vec<Sample<'p>> {
    let mut kinds: HashMap<_, (usize, bool)> = HashMap::new();
    let mut samples: Vec<Sample<'p>> = Vec::new();
    for (machine, units) in Placement::new(model).iter(model) {
        let apps: Vec<_> = units.iter().map(|unit| model.unit(*unit).app).collect();
        let group = machine.map(|machine| (model.machine(machine).group, model.machine(machine).os.map(|os| &os.name)));
        if units.is_empty() {
            continue;
        }
        let kind = (group, apps);
        if let Some((place, has_second)) = kinds.get_mut(&kind) {
            if !std::mem::replace(has_second, true) {
                samples[*place].second = second(model, machine, &units, material);
            }
        } else {
            kinds.insert(kind, (samples.len(), false));
            let (sample, found) = sample_of(model, machine, units, material);
            let known: HashSet<_> = problems.iter().map(|p| (p.code, p.labels[0].span)).collect();
            problems.extend(found.into_iter().filter(|p| !known.contains(&(p.code, p.labels[0].span))));
            samples.push(sample);
        }
    }
    samples
}

/// What a second machine of a kind has of components outside the library, and of those of which a deployment sets flags or
/// fields: it may be what the first one has.
fn second<'p>(
    model: &Model<'p>,
    machine: Option<MachineId>,
    units: &[UnitId],
    material: &dyn Material,
) -> Vec<Entry<'p>> {
    let is_own = |unit: &&UnitId| {
        let app = model.unit(**unit).app;
        !model.program.is_library(model.module_of(app)) || !model.settings[app.index()].is_empty()
    };
    let own: Vec<UnitId> = units.iter().filter(is_own).copied().collect();
    if own.is_empty() { Vec::new() } else { sample_of(model, machine, own, material).0.entries }
}

/// What one unit puts on its machine, with what the rules look at, and what stands in the way of a value.
pub fn sample_unit<'p>(model: &Model<'p>, unit: UnitId, material: &dyn Material) -> (Sample<'p>, Vec<Diagnostic>) {
    sample_of(model, model.unit(unit).machine, vec![unit], material)
}

fn sample_of<'p>(
    model: &Model<'p>,
    machine: Option<MachineId>,
    units: Vec<UnitId>,
    material: &dyn Material,
) -> (Sample<'p>, Vec<Diagnostic>) {
    let name = machine.map_or_else(|| "-".into(), |machine| model.machine(machine).name.clone());
    let mut bundle = Bundle { machine: name, ..Bundle::default() };
    let mut problems = Vec::new();
    let mut filler = Filler {
        model,
        material,
        arch: machine.map_or_else(|| "amd64".into(), |machine| model.group_of(machine).arch.clone()),
        bundle: &mut bundle,
        problems: &mut problems,
        spans: Vec::new(),
        places: Places::default(),
        touched: Vec::new(),
        entries: Some(Vec::new()),
    };
    units.iter().for_each(|unit| filler.unit(*unit));
    let entries = filler.entries.unwrap_or_default();
    let first = units.first().map(|unit| model.unit(*unit).app);
    let Reading { entries, services, static_pods } = reading::read(model, machine.zip(first), entries);
    let whole = !problems.iter().any(Diagnostic::is_error);
    (Sample { machine, units, bundle, entries, services, static_pods, whole, second: Vec::new() }, problems)
}
