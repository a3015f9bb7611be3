//! What an expression can see: the stage of the model that is there when it is evaluated.

use std::ops::Deref;
use std::sync::Arc;

use crate::check::Symbol;
use crate::syntax::ast::{Each, Expr, Key, Name, Text, Type};

use super::scope::Scope;
use super::{EvalError, Group, MachineId, Model, Premise, Shape, Value};

/// A stage of the model, for evaluation.
#[derive(Clone, Copy)]
pub enum Sight<'a, 'p> {
    /// Parameters and targets.
    Premise(&'a Premise<'p>),
    /// The cluster too, and the groups and applications that come before.
    Shape(&'a Shape<'p>),
    /// Everything.
    Model(&'a Model<'p>),
}

impl<'p> Deref for Sight<'_, 'p> {
    type Target = Premise<'p>;

    fn deref(&self) -> &Premise<'p> {
        match self {
            Sight::Premise(premise) => premise,
            Sight::Shape(shape) => shape,
            Sight::Model(model) => model,
        }
    }
}

impl<'a, 'p> Sight<'a, 'p> {
    /// The shape, if it is there.
    pub(super) fn shape(self) -> Option<&'a Shape<'p>> {
        match self {
            Sight::Premise(_) => None,
            Sight::Shape(shape) => Some(shape),
            Sight::Model(model) => Some(model),
        }
    }

    /// The shape that the application or machine of a scope is part of.
    pub(super) fn placed(self) -> &'a Shape<'p> {
        self.shape().expect("only a shape has applications and machines")
    }

    /// The model, if it is there.
    pub(super) fn model(self) -> Option<&'a Model<'p>> {
        match self {
            Sight::Model(model) => Some(model),
            Sight::Premise(_) | Sight::Shape(_) => None,
        }
    }

    /// The groups of machines that are there.
    pub(super) fn groups(self) -> &'a [Group] {
        self.shape().map_or(&[], |shape| &shape.groups)
    }
}

impl<'p> Premise<'p> {
    /// For expressions that see no more than this.
    pub(super) fn sight(&self) -> Sight<'_, 'p> {
        Sight::Premise(self)
    }
}

impl<'p> Shape<'p> {
    /// For expressions that see no more than this.
    pub(super) fn sight(&self) -> Sight<'_, 'p> {
        Sight::Shape(self)
    }
}

/// Evaluation with everything there, as [`Sight`] does it.
#[expect(clippy::missing_errors_doc, reason = "each method says the same as the one of `Sight`")]
impl<'p> Model<'p> {
    /// For expressions that see everything.
    pub(super) fn sight(&self) -> Sight<'_, 'p> {
        Sight::Model(self)
    }

    /// A machine as expressions see it.
    pub fn machine_record(&self, machine: MachineId) -> Value {
        self.sight().machine_record(machine)
    }

    /// The same with one more field.
    pub fn machine_with(&self, machine: MachineId, (name, value): (&str, Value)) -> Value {
        match self.sight().machine_record(machine) {
            Value::Record(mut record) => {
                Arc::make_mut(&mut record).insert(name.into(), value);
                Value::Record(record)
            }
            other => other,
        }
    }

    /// [`Sight::eval`].
    pub fn eval(&self, scope: &mut Scope<'_>, expr: &Expr) -> Result<Value, EvalError> {
        self.sight().eval(scope, expr)
    }

    /// [`Sight::eval_as`].
    pub fn eval_as(&self, scope: &mut Scope<'_>, expr: &Expr, ty: Option<&Type>) -> Result<Value, EvalError> {
        self.sight().eval_as(scope, expr, ty)
    }

    /// [`Sight::eval_bool`].
    pub fn eval_bool(&self, scope: &mut Scope<'_>, expr: &Expr) -> Result<bool, EvalError> {
        self.sight().eval_bool(scope, expr)
    }

    /// [`Sight::eval_text`].
    pub fn eval_text(&self, scope: &mut Scope<'_>, text: &Text) -> Result<Value, EvalError> {
        self.sight().eval_text(scope, text)
    }

    /// [`Sight::eval_key`].
    pub fn eval_key(&self, scope: &mut Scope<'_>, key: &Key) -> Result<Name, EvalError> {
        self.sight().eval_key(scope, key)
    }

    /// [`Sight::rounds`].
    pub fn rounds(&self, scope: &mut Scope<'_>, each: &Each) -> Result<Vec<(Value, Value)>, EvalError> {
        self.sight().rounds(scope, each)
    }

    /// [`Sight::for_each`].
    pub fn for_each<'s>(
        &self,
        scope: &mut Scope<'s>,
        each: &Each,
        body: impl FnMut(&mut Scope<'s>) -> Result<(), EvalError>,
    ) -> Result<(), EvalError> {
        self.sight().for_each(scope, each, body)
    }

    /// [`Sight::holds`].
    pub fn holds(&self, scope: &mut Scope<'_>, condition: Option<&Expr>) -> Result<bool, EvalError> {
        self.sight().holds(scope, condition)
    }

    /// [`Sight::cert_file`].
    pub fn cert_file(&self, scope: &mut Scope<'_>, cert: u32) -> Result<Value, EvalError> {
        self.sight().cert_file(scope, cert)
    }

    /// [`Sight::cert_key_file`].
    pub fn cert_key_file(&self, scope: &mut Scope<'_>, cert: u32) -> Result<Value, EvalError> {
        self.sight().cert_key_file(scope, cert)
    }

    /// [`Sight::authority_file`].
    pub fn authority_file(&self, scope: &Scope<'_>, symbol: Symbol) -> Result<Value, EvalError> {
        self.sight().authority_file(scope, symbol)
    }

    /// [`Sight::keypair_files`].
    pub fn keypair_files(&self, scope: &mut Scope<'_>, symbol: Symbol) -> Result<(Value, Value), EvalError> {
        self.sight().keypair_files(scope, symbol)
    }
}
