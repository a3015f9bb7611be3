//! Loops: comprehensions, and items made once for each element.

use std::sync::Arc;

use crate::syntax::ast::{Each, EndpointKind, Expr, ExprKind, Key};

use super::{mismatch, part_of};
use crate::model::component::Local;
use crate::model::mention::in_expr;
use crate::model::scope::{Link, Scope};
use crate::model::value::Record;
use crate::model::work;
use crate::model::{EvalError, Sight, Value};

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

    /// As [`Sight::for_each`]. Of the units at the other end of an endpoint nothing is made but the fields that these expressions
    /// ask for.
    fn for_each_of<'s>(
        &self,
        scope: &mut Scope<'s>,
        each: &Each,
        parts: &[Option<&Expr>],
        mut body: impl FnMut(&mut Scope<'s>) -> Result<(), EvalError>,
    ) -> Result<(), EvalError> {
        let Some(links) = self.links_of(scope, each, parts) else { return self.for_each(scope, each, body) };
        links.into_iter().try_for_each(|link| {
            let before = scope.links.len();
            scope.links.push((each.name.name.clone(), link));
            let result = body(scope);
            scope.links.truncate(before);
            result
        })
    }

    /// What `ENDPOINT.units` or `ENDPOINT.others` lists, if nothing else than fields is taken of its elements.
    fn links_of(&self, scope: &Scope<'_>, each: &Each, parts: &[Option<&Expr>]) -> Option<Vec<Link>> {
        let ExprKind::Field { value, field, .. } = &each.list.kind else { return None };
        let (ExprKind::Name(root), Some(app), Some(unit)) = (&value.kind, scope.app, scope.unit) else { return None };
        let (model, variable) = (self.model()?, &each.name.name);
        let is_new = |name| scope.local(name).is_none();
        let Local::Endpoint(endpoint) = model.component_of(app).local(&root.name)? else { return None };
        if each.key.is_some() || !is_new(&root.name) || scope.link(&root.name).is_some() || !is_new(variable) {
            return None;
        }
        let mut only_fields = true;
        parts.iter().flatten().for_each(|part| {
            in_expr(part, &mut |name, field, _| only_fields &= *name != **variable || field.is_some());
        });
        let kind = model.component_of(app).endpoints[endpoint as usize].ast.kind;
        let own = matches!(&*field.name, "others").then_some(unit);
        let is_list = kind != EndpointKind::Provides && matches!(&*field.name, "units" | "others");
        let links = || model.links(unit, endpoint).filter(|(other, _)| Some(*other) != own).collect();
        (only_fields && is_list).then(links)
    }

    /// Whether an optional condition holds.
    ///
    /// # Errors
    /// As [`Sight::eval_bool`].
    pub fn holds(&self, scope: &mut Scope<'_>, condition: Option<&Expr>) -> Result<bool, EvalError> {
        condition.map_or(Ok(true), |condition| self.eval_bool(scope, condition))
    }
}
