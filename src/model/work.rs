//! What one evaluation has done so far, and what it is in the middle of.
//!
//! The language has no recursion, yet a few lines can ask for more than a machine holds: a list of lists of a million,
//! or sixty lets that each double the one before. [`Work`] is passed from scope to scope and ends such an evaluation with
//! a problem instead of taking the machine down.

use std::fmt::Display;

use crate::check::Symbol;
use crate::diag::{Code, Diagnostic};
use crate::hash::HashMap;
use crate::source::Span;
use crate::syntax::ast::Name;

use super::eval::eval_error;
use super::{AppId, EvalError, UnitId, Value};

/// How deep expressions may refer to each other.
const MAX_DEPTH: u32 = 250;

/// How many expressions one evaluation may compute, elements of large results counted too.
const MAX_STEPS: u64 = 8_000_000;

/// How many elements one value may hold, 64 bytes of text counting as one.
const MAX_BULK: u64 = 4_000_000;

/// The work of one evaluation.
#[derive(Clone, Debug, Default)]
pub struct Work {
    depth: u32,
    steps: u64,
    open: Vec<(ValueId, Span)>,
    /// Values of lets of files, computed during this evaluation.
    pub(super) lets: HashMap<Symbol, Value>,
}

/// Which value: one that must not be needed to compute itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ValueId {
    Let(Symbol),
    ComponentLet(AppId, Option<UnitId>, u32),
    Immutable(AppId, u32),
    Manifest(AppId, u32),
    Endpoint(UnitId, u32),
    Field(UnitId, u32, Name),
}

impl Work {
    /// Begins one more expression; the outermost one resets the count.
    pub fn enter(&mut self, span: Span) -> Result<(), EvalError> {
        if self.depth == 0 {
            self.steps = 0;
        }
        if self.depth >= MAX_DEPTH {
            let message = format!("this value depends on a chain of more than {MAX_DEPTH} others");
            return Err(eval_error(Code::EvaluationFailed, span, message));
        }
        self.spend(1, span)?;
        self.depth += 1;
        Ok(())
    }

    /// Ends the expression that was begun last.
    pub fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Counts steps.
    pub fn spend(&mut self, steps: u64, span: Span) -> Result<(), EvalError> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps <= MAX_STEPS {
            return Ok(());
        }
        let problem = Diagnostic::new(Code::EvaluationFailed, span, "this takes too many steps to compute");
        Err(Box::new(problem.help("the limit is 8 million steps per value: use shorter lists and strings")))
    }

    /// The steps so far.
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// Begins to compute something that must not need itself.
    pub fn open<N: Display>(&mut self, value: ValueId, name: impl FnOnce() -> N, span: Span) -> Result<(), EvalError> {
        let Some(first) = self.open.iter().position(|(known, _)| *known == value) else {
            self.open.push((value, span));
            return Ok(());
        };
        let mut problem =
            Diagnostic::new(Code::ValueCycle, span, format!("the value of `{}` depends on itself", name()));
        for (_, step) in &self.open[first + 1..] {
            problem = problem.label(*step, "through this value");
        }
        Err(Box::new(problem.help("change one of them to a value that does not depend on the others")))
    }

    /// Ends what was begun last.
    pub fn close(&mut self) {
        self.open.pop();
    }
}

/// Refuses a value that is too large to go on with.
pub fn bounded(value: Value, span: Span) -> Result<Value, EvalError> {
    match fits(&value) {
        true => Ok(value),
        false => {
            let message = "this value is too large: the limit is 4 million elements or 256 MB of text";
            Err(eval_error(Code::EvaluationFailed, span, message))
        }
    }
}

/// Whether a value is small enough to be copied and walked through.
pub fn fits(value: &Value) -> bool {
    let mut left = MAX_BULK;
    take(value, &mut left)
}

/// Takes the size of a value from what is left; a value that shares its parts counts them each time.
fn take(value: &Value, left: &mut u64) -> bool {
    let own = match value {
        Value::Text(text) | Value::Path(text) => 1 + text.len() as u64 / 64,
        _ => 1,
    };
    if own > *left {
        return false;
    }
    *left -= own;
    match value {
        Value::List(list) => list.iter().all(|value| take(value, left)),
        Value::Record(record) => record.values().all(|value| take(value, left)),
        Value::Secret(inner) => take(inner, left),
        _ => true,
    }
}
