//! Loops: comprehensions, and items made once for each element.

use std::sync::Arc;

use crate::syntax::ast::{Each, Expr, Key};

use super::{mismatch, part_of};
use crate::model::scope::Scope;
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
        self.for_each(scope, each, |scope| {
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
        let mut record = Record::new();
        self.for_each(scope, each, |scope| {
            if self.holds(scope, condition)? {
                record.insert(self.eval_key(scope, key)?, self.eval(scope, value)?);
            }
            Ok(())
        })?;
        work::bounded(Value::Record(Arc::new(record)), value.span)
    }

    /// Whether an optional condition holds.
    ///
    /// # Errors
    /// As [`Sight::eval_bool`].
    pub fn holds(&self, scope: &mut Scope<'_>, condition: Option<&Expr>) -> Result<bool, EvalError> {
        condition.map_or(Ok(true), |condition| self.eval_bool(scope, condition))
    }
}
