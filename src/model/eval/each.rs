//! Loops: comprehensions, and items made once for each element.

use std::sync::Arc;

use crate::syntax::ast::{Each, EndpointKind, Expr, ExprKind, Ident, Key};

use super::{mismatch, part_of};
use crate::model::component::Local;
use crate::model::mention::in_expr;
use crate::model::scope::{Element, Scope};
use crate::model::value::Record;
use crate::model::work;
use crate::model::{EvalError, MachineId, Sight, Value};

/// What a loop goes through.
type Elements<'a> = Box<dyn Iterator<Item = Element> + 'a>;

impl Sight<'_, '_> {
    /// The rounds of a loop: for each, the key (or index) and the value.
    ///
    /// # Errors
    /// As [`Sight::eval`], and when it is not a list or map.
    pub fn rounds(&self, scope: &mut Scope<'_>, each: &Each) -> Result<Vec<(Value, Value)>, EvalError> {
        let list = self.eval(scope, &each.list)?;
        // What is taken out of a secret is one.
        let part = |value: &Value| part_of(&list, value);
        match list.reveal() {
            Value::List(list) => {
                Ok(list.iter().enumerate().map(|(i, value)| (Value::Int(i as i64), part(value))).collect())
            }
            Value::Record(record) => {
                Ok(record.iter().map(|(key, value)| (Value::Text(key.clone()), part(value))).collect())
            }
            other => Err(mismatch(each.list.span, "a list or a map", other)),
        }
    }

    /// Runs `body` for each round of a loop with its variables in scope.
    ///
    /// # Errors
    /// As [`Sight::rounds`], and what `body` returns.
    pub fn for_each<'s>(
        &self,
        scope: &mut Scope<'s>,
        each: &Each,
        mut body: impl FnMut(&mut Scope<'s>) -> Result<(), EvalError>,
    ) -> Result<(), EvalError> {
        for (key, value) in self.rounds(scope, each)? {
            let before = scope.locals.len();
            if let Some(name) = &each.key {
                scope.locals.push((name.name.clone(), key));
            }
            scope.locals.push((each.name.name.clone(), value));
            let result = body(scope);
            scope.locals.truncate(before);
            result?;
        }
        Ok(())
    }

    pub(super) fn eval_list_for(
        &self,
        scope: &mut Scope<'_>,
        value: &Expr,
        each: &Each,
        condition: Option<&Expr>,
    ) -> Result<Value, EvalError> {
        let mut list = Vec::new();
        self.for_each_of(scope, each, &[Some(value), condition], |scope| {
            if self.holds(scope, condition)? {
                list.push(self.eval(scope, value)?);
            }
            Ok(())
        })?;
        work::bounded(Value::List(list.into()), value.span)
    }

    pub(super) fn eval_map_for(
        &self,
        scope: &mut Scope<'_>,
        (key, value): (&Key, &Expr),
        each: &Each,
        condition: Option<&Expr>,
    ) -> Result<Value, EvalError> {
        let mut record = Record::default();
        self.for_each(scope, each, |scope| {
            if self.holds(scope, condition)? {
                record.insert(self.eval_key(scope, key)?, self.eval(scope, value)?);
            }
            Ok(())
        })?;
        work::bounded(Value::Record(Arc::new(record)), value.span)
    }

    /// As [`Sight::for_each`]. Of machines, and of the units at the other end of an endpoint, nothing is made but the fields
    /// that these expressions ask for.
    fn for_each_of<'s>(
        &self,
        scope: &mut Scope<'s>,
        each: &Each,
        parts: &[Option<&Expr>],
        mut body: impl FnMut(&mut Scope<'s>) -> Result<(), EvalError>,
    ) -> Result<(), EvalError> {
        let Some(elements) = self.elements_of(scope, each, parts) else { return self.for_each(scope, each, body) };
        elements.into_iter().try_for_each(|element| {
            let before = scope.elements.len();
            scope.elements.push((each.name.name.clone(), element));
            let result = body(scope);
            scope.elements.truncate(before);
            result
        })
    }

    /// The elements of a list, so many at a time, if what they are made of need not be built: whether there were any such.
    ///
    /// # Errors
    /// As [`Sight::eval`], and what `body` returns.
    pub(in crate::model) fn in_parts(
        &self,
        scope: &mut Scope<'_>,
        list: &Expr,
        at_once: usize,
        mut body: impl FnMut(&mut Scope<'_>, Vec<Value>) -> Result<(), EvalError>,
    ) -> Result<bool, EvalError> {
        let ExprKind::ListFor { value, each, condition } = &list.kind else { return Ok(false) };
        let condition = condition.as_deref();
        if self.elements_of(scope, each, &[Some(value), condition]).is_none() {
            return Ok(false);
        }
        let mut part = Vec::with_capacity(at_once);
        self.for_each_of(scope, each, &[Some(value), condition], |scope| {
            if self.holds(scope, condition)? {
                part.push(self.eval(scope, value)?);
            }
            if part.len() == at_once { body(scope, std::mem::take(&mut part)) } else { Ok(()) }
        })?;
        body(scope, part).map(|()| true)
    }

    /// What a loop goes through, if it need not be built.
    fn elements_of(&self, scope: &Scope<'_>, each: &Each, parts: &[Option<&Expr>]) -> Option<Elements<'_>> {
        let variable = &each.name.name;
        if each.key.is_some()
            || scope.local(variable).is_some()
            || !parts.iter().flatten().all(|part| is_lazy(part, variable))
        {
            return None;
        }
        match &each.list.kind {
            ExprKind::Name(name) if &*name.name == "machines" => Some(Box::new(self.machines_of(scope)?)),
            ExprKind::Field { value, field, .. } => self.links_of(scope, value, field),
            _ => None,
        }
    }

    /// How long a list is, if it need not be built for that.
    pub(in crate::model) fn length(&self, scope: &Scope<'_>, list: &Expr) -> Option<usize> {
        match &list.kind {
            ExprKind::Name(name) if &*name.name == "machines" && scope.local("machines").is_none() => {
                self.machines_of(scope).map(|all| all.len())
            }
            ExprKind::Field { value, field, .. } => self.links_of(scope, value, field).map(Iterator::count),
            _ => None,
        }
    }

    /// What `machines` lists, if nothing else has that name here.
    fn machines_of(&self, scope: &Scope<'_>) -> Option<impl ExactSizeIterator<Item = Element> + use<>> {
        let is_own = |app| self.placed().component_of(app).local("machines").is_some();
        if scope.is_variable("machines") || scope.app.is_some_and(is_own) {
            return None;
        }
        let count = self.model()?.machines.len() as u32;
        Some((0..count).map(|id| Element::Machine(MachineId(id))))
    }

    /// What `ENDPOINT.units` or `ENDPOINT.others` lists.
    fn links_of(&self, scope: &Scope<'_>, value: &Expr, field: &Ident) -> Option<Elements<'_>> {
        let (ExprKind::Name(root), Some(app), Some(unit)) = (&value.kind, scope.app, scope.unit) else { return None };
        let model = self.model()?;
        if scope.is_variable(&root.name) {
            return None;
        }
        let Local::Endpoint(endpoint) = model.component_of(app).local(&root.name)? else { return None };
        let kind = model.component_of(app).endpoints[endpoint as usize].ast.kind;
        let own = matches!(&*field.name, "others").then_some(unit);
        let is_list = kind != EndpointKind::Provides && matches!(&*field.name, "units" | "others");
        let links = model.links(unit, endpoint).filter(move |(other, _)| Some(*other) != own);
        is_list.then(|| Box::new(links.map(Element::Link)) as Elements<'_>)
    }

    /// Whether an optional condition holds.
    ///
    /// # Errors
    /// As [`Sight::eval_bool`].
    pub fn holds(&self, scope: &mut Scope<'_>, condition: Option<&Expr>) -> Result<bool, EvalError> {
        condition.map_or(Ok(true), |condition| self.eval_bool(scope, condition))
    }
}

/// Whether an expression takes nothing but fields of a variable, or is the variable: then it is built at most once a round.
fn is_lazy(expr: &Expr, variable: &str) -> bool {
    if matches!(&expr.kind, ExprKind::Name(name) if &*name.name == variable) {
        return true;
    }
    let mut only_fields = true;
    in_expr(expr, &mut |name, field, _| only_fields &= name != variable || field.is_some());
    only_fields
}
