//! What an expression sees.

use crate::check::ModuleId;
use crate::syntax::ast::Name;

use super::material::{Absent, Material};
use super::work::Work;
use super::{AppId, MachineId, Model, Shape, Unit, UnitId, Value};

/// A unit, and its endpoint.
pub(super) type Link = (UnitId, u32);

/// The surroundings of an expression while it is evaluated.
#[derive(Clone)]
pub struct Scope<'a> {
    pub module: ModuleId,
    pub app: Option<AppId>,
    pub unit: Option<UnitId>,
    pub machine: Option<MachineId>,
    /// The machine's fields are seen bare: the `where` of a placement.
    pub bare_machine: bool,
    pub material: &'a dyn Material,
    /// Loop variables, innermost last.
    pub locals: Vec<(Name, Value)>,
    /// Loop variables that stand for a unit at the other end of an endpoint, of which only fields are asked for.
    pub(super) links: Vec<(Name, Link)>,
    /// Values of the component's lets for this unit, once computed.
    pub(super) lets: Vec<Option<Value>>,
    pub(super) work: Work,
}

impl<'a> Scope<'a> {
    /// The scope of a statement of a file.
    pub fn file(module: ModuleId) -> Self {
        Self {
            module,
            app: None,
            unit: None,
            machine: None,
            bare_machine: false,
            material: &Absent,
            locals: Vec::new(),
            links: Vec::new(),
            lets: Vec::new(),
            work: Work::default(),
        }
    }

    /// The scope of an application's component, for what is the same on all its units.
    pub fn app(shape: &Shape<'_>, app: AppId) -> Self {
        let mut scope = Self::file(shape.module_of(app));
        scope.app = Some(app);
        scope.lets = vec![None; shape.component_of(app).lets.len()];
        scope
    }

    /// The scope of a unit, which sees its endpoints: only a model has their values.
    pub fn unit(model: &Model<'_>, unit: UnitId) -> Self {
        let Unit { app, machine, .. } = model.unit(unit);
        Self { unit: Some(unit), machine, ..Self::app(model, app) }
    }

    /// The same with keys and certificates that have been issued.
    pub fn with_material(mut self, material: &'a dyn Material) -> Self {
        self.material = material;
        self
    }

    /// Makes it the scope of another unit of the same application, keeping what it has allocated.
    pub fn move_to(&mut self, unit: UnitId, machine: Option<MachineId>) {
        self.unit = Some(unit);
        self.machine = machine;
        self.lets.iter_mut().for_each(|value| *value = None);
        self.locals.clear();
        self.links.clear();
    }

    /// Evaluates something elsewhere as a part of this evaluation.
    pub(super) fn within<T>(&mut self, mut inner: Scope<'_>, body: impl FnOnce(&mut Scope<'_>) -> T) -> T {
        inner.work = std::mem::take(&mut self.work);
        let result = body(&mut inner);
        self.work = inner.work;
        result
    }

    /// Evaluates something that does not see the loop variables of the place that uses it.
    pub(super) fn without_locals<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        let (locals, links) = (std::mem::take(&mut self.locals), std::mem::take(&mut self.links));
        let result = body(self);
        (self.locals, self.links) = (locals, links);
        result
    }

    pub(super) fn link(&self, name: &str) -> Option<Link> {
        self.links.iter().rev().find(|(known, _)| &**known == name).map(|(_, link)| *link)
    }

    pub(super) fn local(&self, name: &str) -> Option<&Value> {
        self.locals.iter().rev().find(|(known, _)| &**known == name).map(|(_, value)| value)
    }
}
