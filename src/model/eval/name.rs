//! What names mean, and their fields: of a component, of the model, of a file.

use std::sync::{Arc, OnceLock};

use crate::check::{Symbol, SymbolKind};
use crate::diag::Code;
use crate::syntax::ast::{Expr, ExprKind, Ident, Statement, StatementKind};

use super::{eval_error, field_of};
use crate::model::component::Local;
use crate::model::endpoint::no_unit;
use crate::model::given;
use crate::model::scope::{Element, Scope};
use crate::model::work::ValueId;
use crate::model::{EvalError, Param, Sight, Value};

impl Sight<'_, '_> {
    pub(super) fn eval_field(
        &self,
        scope: &mut Scope<'_>,
        expr: &Expr,
        field: &Ident,
        optional: bool,
    ) -> Result<Value, EvalError> {
        if let ExprKind::Name(root) = &expr.kind
            && scope.local(&root.name).is_none()
        {
            if let Some(element) = scope.element(&root.name) {
                return self.element_field(scope, element, field);
            }
            if let Some(value) = self.root_field(scope, root, field)? {
                return Ok(value);
            }
        }
        let value = self.eval(scope, expr)?;
        match &value {
            Value::None if optional => Ok(Value::None),
            Value::None => Err(eval_error(
                Code::MaybeNone,
                expr.span,
                format!("this value is `none`, which has no field `{}`", field.name),
            )),
            value => field_of(value, field),
        }
    }

    /// A field of what a loop variable stands for.
    fn element_field(&self, scope: &mut Scope<'_>, element: Element, field: &Ident) -> Result<Value, EvalError> {
        match (element, self.model()) {
            (Element::Link(link), Some(model)) => model.link_field(scope, link, field),
            (Element::Machine(machine), _) => self.field_of_machine(machine, field),
            (Element::Link(_), None) => Err(no_unit(field.span)),
        }
    }

    /// All of it.
    fn element_record(&self, scope: &mut Scope<'_>, element: Element) -> Result<Value, EvalError> {
        match (element, self.model()) {
            (Element::Link(link), Some(model)) => model.link_record(scope, link),
            (Element::Machine(machine), _) => Ok(self.machine_record(machine)),
            (Element::Link(_), None) => Ok(Value::None),
        }
    }

    /// A field of a name whose value is large, without building all of it.
    fn root_field(&self, scope: &mut Scope<'_>, root: &Ident, field: &Ident) -> Result<Option<Value>, EvalError> {
        let local = scope.app.and_then(|app| self.placed().component_of(app).local(&root.name));
        match (local, scope.app) {
            (Some(Local::Endpoint(endpoint)), Some(_)) => match self.model() {
                Some(model) => model.endpoint_field(scope, endpoint, field).map(Some),
                None => Err(no_unit(field.span)),
            },
            (Some(Local::Cert(cert)), Some(_)) => self.cert_field(scope, cert, field).map(Some),
            (Some(_), _) => Ok(None),
            (None, app) => match (&*root.name, app) {
                ("cluster", _) => self.cluster_field(scope, field).map(Some),
                ("option", Some(app)) => self.option_field(scope, app, field).map(Some),
                ("machine", _) if scope.machine.is_some() => self.machine_field(scope, field).map(Some),
                ("unit", Some(_)) if scope.unit.is_some() => self.unit_field(scope, field).map(Some),
                ("app", Some(app)) => self.app_field(app, field).map(Some),
                ("target", _) => Ok(Some(self.target_field(field))),
                _ => self.symbol_field(scope, root, field),
            },
        }
    }

    fn symbol_field(&self, scope: &mut Scope<'_>, root: &Ident, field: &Ident) -> Result<Option<Value>, EvalError> {
        let Some(symbol) = self.program.value(scope.module, &root.name) else {
            return if self.is_group(scope, &root.name) {
                self.group_field(&root.name, field).map(Some)
            } else {
                Ok(None)
            };
        };
        match symbol.kind {
            SymbolKind::Machines => self.group_field(&root.name, field).map(Some),
            SymbolKind::Authority => self.authority_field(scope, symbol, field).map(Some),
            SymbolKind::Keypair => self.keypair_field(scope, symbol, field).map(Some),
            SymbolKind::Secret => Ok(Some(Value::Secret(Arc::new(Value::text(scope.material.secret(symbol)))))),
            _ => Ok(None),
        }
    }

    pub(super) fn eval_name(&self, scope: &mut Scope<'_>, ident: &Ident) -> Result<Value, EvalError> {
        if let Some(value) = scope.local(&ident.name) {
            return Ok(value.clone());
        }
        if let Some(element) = scope.element(&ident.name) {
            return self.element_record(scope, element);
        }
        if let Some(app) = scope.app
            && let Some(local) = self.placed().component_of(app).local(&ident.name)
        {
            return self.eval_local(scope, ident, local);
        }
        if let Some(value) = self.eval_builtin_name(scope, ident)? {
            return Ok(value);
        }
        match self.program.value(scope.module, &ident.name) {
            Some(symbol) => self.eval_symbol(scope, ident, symbol),
            None if self.is_group(scope, &ident.name) => self.group_record(ident),
            None => Err(eval_error(Code::UnknownName, ident.span, format!("nothing is named `{}` here", ident.name))),
        }
    }

    /// Whether a name that a file neither declares nor imports is a machine group of the model.
    fn is_group(&self, scope: &Scope<'_>, name: &str) -> bool {
        scope.app.is_none() && self.groups().iter().any(|group| &*group.name == name)
    }

    fn eval_local(&self, scope: &mut Scope<'_>, ident: &Ident, local: Local) -> Result<Value, EvalError> {
        let app = scope.app.expect("a component's names are seen only inside an application");
        match local {
            Local::Let(index) => self.eval_component_let(scope, index),
            Local::Endpoint(index) => match self.model() {
                Some(model) => model.endpoint_record(scope, index),
                None => Ok(Value::None),
            },
            Local::Cert(index) => self.cert_record(scope, index),
            Local::Manifest(index) => self.manifest_record(scope, index),
            Local::Immutable(index) => self.immutable_record(scope, index),
            Local::Address(index) => match self.placed().app(app).addresses.get(index as usize) {
                Some(address) => Ok(Value::Ip(*address)),
                None => Err(eval_error(Code::EvaluationFailed, ident.span, "this address is not available here")),
            },
        }
    }

    /// Of a name of an endpoint, whether its value is something, without the records of all that it is related to.
    pub(super) fn is_wired(&self, scope: &Scope<'_>, expr: &Expr) -> Option<bool> {
        let (ExprKind::Name(ident), Some(app), Some(model)) = (&expr.kind, scope.app, self.model()) else {
            return None;
        };
        match model.component_of(app).local(&ident.name).filter(|_| !scope.is_variable(&ident.name))? {
            Local::Endpoint(endpoint) => Some(scope.unit.is_some_and(|unit| model.is_wired(unit, endpoint))),
            _ => None,
        }
    }

    fn eval_component_let(&self, scope: &mut Scope<'_>, index: u32) -> Result<Value, EvalError> {
        if let Some(Some(value)) = scope.lets.get(index as usize) {
            return Ok(value.clone());
        }
        let app = scope.app.expect("a component's lets are seen only inside an application");
        let binding = self.placed().component_of(app).lets[index as usize];
        let shared = self.model().and_then(|model| model.shared_let(app, index));
        if let Some((value, steps)) = shared.and_then(OnceLock::get) {
            scope.work.spend(*steps, binding.name.span)?;
            return Ok(keep_let(scope, index, value.clone()));
        }
        let before = scope.work.steps();
        scope.work.open(ValueId::ComponentLet(app, scope.unit, index), || &binding.name.name, binding.name.span)?;
        let value = scope.without_locals(|scope| self.eval_as(scope, &binding.value, binding.ty.as_ref()));
        scope.work.close();
        let value = value?;
        if let Some(shared) = shared {
            let _ = shared.set((value.clone(), scope.work.steps() - before));
        }
        Ok(keep_let(scope, index, value))
    }

    fn eval_builtin_name(&self, scope: &mut Scope<'_>, ident: &Ident) -> Result<Option<Value>, EvalError> {
        let name = &*ident.name;
        if scope.bare_machine
            && let Some(value) = self.bare_machine_field(scope, name)
        {
            return Ok(Some(value));
        }
        Ok(match name {
            "cluster" => Some(self.cluster_record(scope, ident.span)?),
            "machines" => Some(self.machines_list()),
            "target" => Some(self.target_record()),
            "machine" => scope.machine.map(|machine| self.machine_record(machine)),
            "unit" => scope.unit.map(|unit| self.placed().own_unit_record(unit)),
            "app" => scope.app.map(|app| self.app_record(app)),
            "option" => scope.app.map(|app| self.option_record(scope, app)).transpose()?,
            _ => None,
        })
    }

    fn eval_symbol(&self, scope: &mut Scope<'_>, ident: &Ident, symbol: Symbol) -> Result<Value, EvalError> {
        match symbol.kind {
            SymbolKind::Param => match self.params.get(&symbol) {
                Some(Param::Value(value)) => Ok(value.clone()),
                Some(Param::Component(component)) => {
                    Ok(Value::Text(self.program.component(*component).map_or("".into(), |c| c.name.name.clone())))
                }
                None => Err(eval_error(
                    Code::EvaluationFailed,
                    ident.span,
                    format!("the parameter `{}` is not available here", ident.name),
                )),
            },
            SymbolKind::Let => self.eval_file_let(scope, symbol),
            SymbolKind::Machines => self.group_record(ident),
            SymbolKind::Authority => self.authority_record(scope, symbol),
            SymbolKind::Keypair => self.keypair_record(scope, symbol),
            SymbolKind::Secret => {
                let value = Value::Secret(Arc::new(Value::text(scope.material.secret(symbol))));
                Ok(Value::record([("value", value)]))
            }
            SymbolKind::Component | SymbolKind::Interface => {
                Err(eval_error(Code::WrongKind, ident.span, format!("`{}` is not a value", ident.name)))
            }
        }
    }

    fn eval_file_let(&self, scope: &mut Scope<'_>, symbol: Symbol) -> Result<Value, EvalError> {
        let cell = self.model().and_then(|model| model.lets.get(&symbol));
        if let Some(value) = cell.and_then(OnceLock::get).or_else(|| scope.work.lets.get(&symbol)) {
            return Ok(value.clone());
        }
        let Statement { kind: StatementKind::Let(binding), .. } = self.program.statement(symbol) else {
            return Ok(Value::None);
        };
        scope.work.open(ValueId::Let(symbol), || &binding.name.name, binding.name.span)?;
        let inner = Scope::file(symbol.module).with_material(scope.material);
        let value = scope.within(inner, |scope| self.eval_as(scope, &binding.value, binding.ty.as_ref()));
        scope.work.close();
        let value = value?;
        // What is issued is another value before.
        let cell = cell.filter(|_| given::issued(self.program, symbol.module, &binding.value).is_empty());
        // Before the model is there a let may see less than it will in the end: then it holds for this evaluation only.
        match cell {
            Some(cell) => {
                let _ = cell.set(value.clone());
            }
            None => {
                scope.work.lets.insert(symbol, value.clone());
            }
        }
        Ok(value)
    }
}

/// The value of a let is computed once in a scope.
fn keep_let(scope: &mut Scope<'_>, index: u32, value: Value) -> Value {
    if let Some(place) = scope.lets.get_mut(index as usize) {
        *place = Some(value.clone());
    }
    value
}
