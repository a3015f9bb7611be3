//! What an expression sees.

use crate::check::ModuleId;
use crate::syntax::ast::Name;

use super::material::{Absent, Material};
use super::work::Work;
use super::{AppId, MachineId, Model, Shape, Unit, UnitId, Value};

/// A unit, and its endpoint.
pub(super) type Link = (UnitId, u32);

/// What a loop variable stands for whose record is not built.
#[derive(Clone, Copy, Debug)]
pub(super) enum Element {
    /// A unit at the other end of an endpoint.
    Link(Link),
    Machine(MachineId),
}

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
    /// Loop variables of which only the fields that are asked for are computed.
    pub(super) elements: Vec<(Name, Element)>,
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
            elements: Vec::new(),
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
        self.elements.clear();
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
        let (locals, elements) = (std::mem::take(&mut self.locals), std::mem::take(&mut self.elements));
        let result = body(self);
        (self.locals, self.elements) = (locals, elements);
        result
    }

    pub(super) fn element(&self, name: &str) -> Option<Element> {
        self.elements.iter().rev().find(|(known, _)| &**known == name).map(|(_, element)| *element)
    }

    /// Whether a name is a loop variable.
    pub(super) fn is_variable(&self, name: &str) -> bool {
        self.local(name).is_some() || self.element(name).is_some()
    }

    pub(super) fn local(&self, name: &str) -> Option<&Value> {
        self.locals.iter().rev().find(|(known, _)| &**known == name).map(|(_, value)| value)
    }
}
