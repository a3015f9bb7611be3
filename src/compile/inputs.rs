//! What machines are evaluated from, each in one number: if it is the same, so is all that comes of it, and it need not be
//! evaluated to know that.
//!
//! That is what all machines share, what decides what each application puts on its machines (`model::inputs`, once for all its
//! units), the machine itself with its packet filter, and what is issued for its units.

use std::sync::OnceLock;

use crate::model::{AppId, MachineId, UnitId};
use crate::pki::issued::Issued;
use crate::plan::{Plan, firewall};
use crate::render;
use crate::render::bundle::Bundle;
use crate::render::issued_material::IssuedMaterial;
use crate::stdlib;
use crate::target::TargetMachine;

use super::fingerprint::{Fingerprint, Print};

/// The inputs of all machines of a plan.
pub(super) struct Inputs<'a, 'p> {
    plan: &'a Plan<'p>,
    issued: &'a Issued,
    material: &'a IssuedMaterial<'a, 'p>,
    /// Of what all machines share.
    shared: Print<'a>,
    /// Of what decides of each application, once it is asked for; nothing where that is not known.
    apps: Vec<OnceLock<Option<Fingerprint>>>,
}

impl<'a, 'p> Inputs<'a, 'p> {
    pub(super) fn new(
        plan: &'a Plan<'p>,
        (issued, material): (&'a Issued, &'a IssuedMaterial<'a, 'p>),
        site: &Print<'a>,
    ) -> Self {
        let mut shared = site.clone();
        shared.text("inputs");
        // Tables in the place of embedded ones are a part of no build.
        for (path, text) in stdlib::replaced() {
            shared.shown(path);
            shared.text(text);
        }
        let model = &plan.model;
        shared.shown(&model.lock.pins);
        shared.shown(model.targets.iter().map(|target| (&target.name, &target.hashes)).collect::<Vec<_>>());
        Self { plan, issued, material, shared, apps: model.apps.iter().map(|_| OnceLock::new()).collect() }
    }

    /// Those of a machine with these units; nothing if it is not known what decides. What else decides is given, as for its
    /// fingerprint.
    pub(super) fn machine(&self, machine: MachineId, units: &[UnitId], looked_into: bool) -> Option<Fingerprint> {
        let model = &self.plan.model;
        let mut print = self.shared.clone();
        print.of_machine(&TargetMachine::new(model, machine, Bundle::default()), looked_into);
        print.value(&model.machine_record(machine));
        print.number(units.len() as u64);
        for unit in units {
            let own = model.unit(*unit);
            print.bytes(&self.app(own.app)?.0);
            print.number(own.index.into());
            self.certificates(&mut print, *unit)?;
            self.packet_filters(&mut print, (own.app, machine));
        }
        Some(print.end())
    }

    fn certificates(&self, print: &mut Print<'_>, unit: UnitId) -> Option<()> {
        let model = &self.plan.model;
        let certs = model.component_of(model.unit(unit).app).certs.iter().enumerate();
        for (cert, _) in certs.filter(|(_, info)| !info.external) {
            let place = self.plan.pki.certificate(model, unit, cert as u32);
            print.bytes(&self.issued.row(place).ok()?.texts);
        }
        Some(())
    }

    /// They follow from the relations of the whole model, so they are written to know them.
    fn packet_filters(&self, print: &mut Print<'_>, (app, machine): (AppId, MachineId)) {
        let model = &self.plan.model;
        for item in &model.component_of(app).firewalls {
            if let Some(settings) = firewall::setting::read(model, app, item, &mut Vec::new()) {
                let rules = firewall::ruleset(model, &settings, machine);
                print.text(&render::firewall::text(model, &settings, &rules));
            }
        }
    }

    fn app(&self, app: AppId) -> Option<Fingerprint> {
        *self.apps[app.index()].get_or_init(|| {
            let mut print = self.shared.clone();
            let told = self.plan.model.inputs(app, &self.material.of_machine(), &mut |value| print.value(value));
            told.ok().map(|()| print.end())
        })
    }
}
