//! Functions of a list that is made while they go through it, so that it is never there as a whole.

use crate::model::scope::Scope;
use crate::model::{EvalError, Sight, Value};
use crate::syntax::ast::{Expr, Ident};

/// So many elements are there at once.
const AT_ONCE: usize = 256;

/// What is known after the first elements, and with these.
type Step = fn(Value, &[Value]) -> Option<Value>;

/// The functions: name, what they say of an empty list, and a step. A step that is none is left to the whole list: it has a secret, or
/// an element of another type.
const FOLDS: &[(&str, Value, Step)] = &[
    ("len", Value::Int(0), |known, part| match known {
        Value::Int(count) if !part.iter().any(Value::is_secret) => Some(Value::Int(count + part.len() as i64)),
        _ => None,
    }),
    ("all", Value::Bool(true), |known, part| Some(Value::Bool(known == Value::Bool(true) && !has(part, false)?))),
    ("any-of", Value::Bool(false), |known, part| Some(Value::Bool(known == Value::Bool(true) || has(part, true)?))),
];

/// Whether one of these is so; none if not all are `true` or `false`.
fn has(part: &[Value], wanted: bool) -> Option<bool> {
    part.iter().try_fold(false, |found, value| match value {
        Value::Bool(value) => Some(found || *value == wanted),
        _ => None,
    })
}

/// Calls a function with a list that need not be built; none if it is another function, or another list.
pub(super) fn call(
    sight: Sight<'_, '_>,
    scope: &mut Scope<'_>,
    function: &Ident,
    arguments: &[Expr],
) -> Result<Option<Value>, EvalError> {
    let fold = FOLDS.iter().find(|(name, ..)| *name == &*function.name);
    let (Some((_, empty, step)), [list]) = (fold, arguments) else { return Ok(None) };
    let mut known = Some(empty.clone());
    let in_parts = sight.in_parts(scope, list, AT_ONCE, |_, part| {
        known = known.take().and_then(|known| step(known, &part));
        Ok(())
    })?;
    Ok(known.filter(|_| in_parts))
}
