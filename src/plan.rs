//! From a model to a plan: certificates, listeners, openings and order.
//!
//! In: a model. Out: a [`Plan`], which says all that rendering needs to know. Verdicts are left to `verify`.
//! Nothing is issued and nothing is written.

use serde::Serialize;

use crate::check::Symbol;
use crate::diag::Diagnostic;
use crate::hash::HashMap;
use crate::model::component::CertInfo;
use crate::model::{AppId, Model, UnitId};
use crate::pki::spec::{CertificateSpec, Request};
use crate::syntax::ast::Name;

pub mod reachability;
pub mod budget;
pub mod certificate;
pub mod dialled_names;
pub mod firewall;
pub mod graph;
pub mod json;
pub mod listener;
pub mod lifetime;
pub mod machine_changes;
pub mod majority;
pub mod name;
pub mod order;
pub mod role;
pub mod impact;
pub mod inventory;
pub mod issue_status;
pub mod version;

/// A plan.
pub struct Plan<'p> {
    pub model: Model<'p>,
    pub pki: Pki,
    pub steps: Vec<Step>,
    pub proofs: Vec<Proof>,
    /// What no rule looked at.
    pub gaps: Vec<Gap>,
    /// What user-data takes of the limit of the target that is planned for; empty when it has none.
    pub user_data: Vec<budget::Budget>,
}

/// What is to be issued, and where it belongs.
#[derive(Debug, Default)]
pub struct Pki {
    pub request: Request,
    /// In the order of `request.authorities`, and so on.
    pub authorities: Vec<Symbol>,
    pub keypairs: Vec<Symbol>,
    pub secrets: Vec<Symbol>,
    /// The unit and its component's certificate, in the order of `request.certificates`.
    pub certificates: Vec<(UnitId, u32)>,
    /// Whether each differs from the one before it of its kind only in the name and the address of the machine.
    pub alike: Vec<bool>,
    /// Certificates that somebody else issues: known for the proofs, and not asked for.
    pub(crate) external: HashMap<(UnitId, u32), CertificateSpec>,
    /// Where the certificates of each application's first unit start in `request.certificates`; beyond the end if there
    /// are none because of a problem.
    pub(crate) bases: Vec<u32>,
    pub(crate) places: HashMap<Symbol, u32>,
}

impl Pki {
    /// The place of a unit's certificate in the request; beyond its end if it is not to be issued.
    pub fn certificate(&self, model: &Model<'_>, unit: UnitId, cert: u32) -> usize {
        let app = model.unit(unit).app;
        let certs = &model.component_of(app).certs;
        if certs[cert as usize].external {
            return usize::MAX;
        }
        let all = certs.last().map_or(0, CertInfo::issued) as usize;
        let offset = (unit.0 - model.app(app).units.start) as usize * all;
        self.bases[app.index()] as usize + offset + certs[cert as usize].before as usize
    }

    /// What a unit's certificate says, whoever issues it.
    pub fn spec(&self, model: &Model<'_>, unit: UnitId, cert: u32) -> Option<&CertificateSpec> {
        let own = self.request.certificates.get(self.certificate(model, unit, cert));
        own.or_else(|| self.external.get(&(unit, cert)))
    }

    /// The place of an authority, key pair or secret among those of its kind in the request.
    pub fn place(&self, symbol: Symbol) -> Option<usize> {
        self.places.get(&symbol).map(|place| *place as usize)
    }
}

/// One step of bringing the cluster up; the steps are in order, and what is in one may run at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// From 1.
    pub number: u32,
    /// `create`, `boot`, `start` or `migrate`.
    pub kind: StepKind,
    /// The applications whose units start, for `start`.
    pub applications: Vec<Name>,
    /// How many machines or units it concerns.
    pub count: u32,
    /// Numbers of the steps that must be done before.
    pub after: Vec<u32>,
    /// What a person does in it, for `migrate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(skip)]
    pub apps: Vec<AppId>,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// Machines are made.
    Create,
    /// Machines install what they need.
    Boot,
    /// Units start.
    Start,
    /// Earlier values go out of use.
    Migrate,
}

/// Something that was proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// `connections`, `addresses`, `ports` ...
    pub name: &'static str,
    /// What holds, in one line for people.
    pub statement: String,
    /// How many things were looked at.
    pub count: usize,
}

/// Something that was not examined: no rule says anything about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// `flags`, `files`, `programs` ...
    pub name: &'static str,
    /// What it is and why, in one line for people.
    pub statement: String,
    /// Each of them by its name, sorted.
    pub items: Vec<String>,
}

/// Plans a model: what is to be issued, and the order of steps. What stands in the way of a value is among the problems.
pub fn plan<'p>(model: Model<'p>, problems: &mut Vec<Diagnostic>) -> Plan<'p> {
    let pki = certificate::certificates(&model, problems);
    let mut steps = order::steps(&model, problems);
    order::migrations(&model, &mut steps);
    if role::is_asked_for(&model) {
        model.know_roles(role::value(&model));
    }
    Plan { model, pki, steps, proofs: Vec::new(), gaps: Vec::new(), user_data: Vec::new() }
}

/// Keeps a value, or the problem that stands in its way.
pub(crate) fn keep<T>(result: Result<T, crate::model::EvalError>, problems: &mut Vec<Diagnostic>) -> Option<T> {
    result
        .map_err(|problem| {
            if !problems.contains(&problem) {
                problems.push(*problem)
            }
        })
        .ok()
}
