//! What a `deploy` sets beside the options of its component, and what overlays add to it.
//!
//! In: the fields `flags`, `config` and `unit` of a deployment, and each `set APP.flags.NAME` of an overlay. Out: expressions
//! with their paths, the last ones winning. They are evaluated when what they go into is rendered.

use crate::check::ModuleId;
use crate::model::material::Material;
use crate::model::scope::Scope;
use crate::model::value::Record;
use crate::model::{EvalError, Model, Value};
use crate::source::Span;
use crate::syntax::ast::{ExprKind, Field, Name};

use super::layer::{Deployment, Layers, Written};

/// The settings of one application.
#[derive(Debug, Default)]
pub struct Settings<'p> {
    pub flags: Vec<SetFlag<'p>>,
    /// Parts of the file that takes `config`.
    pub config: Vec<SetPart<'p>>,
    /// Fields of the first unit.
    pub unit: Vec<SetPart<'p>>,
}

impl Settings<'_> {
    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.flags.is_empty() && self.config.is_empty() && self.unit.is_empty()
    }
}

/// A flag that is set.
#[derive(Clone, Debug)]
pub struct SetFlag<'p> {
    pub name: Name,
    /// Its program, where it is said.
    pub program: Option<Name>,
    pub key: Span,
    pub value: Written<'p>,
}

/// A value, and where it goes.
#[derive(Clone, Debug)]
pub struct SetPart<'p> {
    /// From the top of what it is merged into.
    pub path: Vec<Name>,
    pub value: Written<'p>,
}

impl<'p> Settings<'p> {
    /// The settings of a deployment.
    pub(super) fn of(layers: &Layers<'p>, deployment: &Deployment<'p>) -> Self {
        let mut settings = Self::default();
        let given = |field: &str| layers.field(&deployment.name, deployment.module, &deployment.ast.body, field);
        settings.flags = given("flags").map(flags).unwrap_or_default();
        settings.config = given("config").map(whole).into_iter().collect();
        settings.unit = given("unit").map(whole).into_iter().collect();
        for (path, value) in &layers.sets {
            let Some(path) = path.strip_prefix(&*deployment.name).and_then(|path| path.strip_prefix('.')) else {
                continue;
            };
            settings.add(&path.split('.').map(Name::from).collect::<Vec<_>>(), *value);
        }
        settings
    }

    fn add(&mut self, path: &[Name], value: Written<'p>) {
        let Some((first, rest)) = path.split_first().filter(|(_, rest)| !rest.is_empty()) else { return };
        match &**first {
            "flags" => {
                let name = rest.join(".").into();
                self.flags.retain(|flag| flag.name != name);
                self.flags.push(SetFlag { name, program: None, key: value.expr.span, value });
            }
            "config" => self.config.push(SetPart { path: rest.to_vec(), value }),
            "unit" => self.unit.push(SetPart { path: rest.to_vec(), value }),
            _ => {}
        }
    }

    /// The flags of a program.
    pub fn flags_of<'a>(&'a self, program: &'a str) -> impl Iterator<Item = &'a SetFlag<'p>> {
        self.flags.iter().filter(move |flag| flag.program.as_deref().is_none_or(|named| named == program))
    }
}

fn flags(written: Written<'_>) -> Vec<SetFlag<'_>> {
    let ExprKind::Record { table, fields } = &written.expr.kind else { return Vec::new() };
    let program = table.as_ref().map(|program| program.name.clone());
    let one = |field| set_flag(program.clone(), written.module, field);
    fields.iter().filter_map(one).collect()
}

fn set_flag(program: Option<Name>, module: ModuleId, field: &Field) -> Option<SetFlag<'_>> {
    let value = Written { module, expr: &field.value };
    Some(SetFlag { name: field.key.plain()?, program, key: field.key.span(), value })
}

fn whole(value: Written<'_>) -> SetPart<'_> {
    SetPart { path: Vec::new(), value }
}

impl Model<'_> {
    /// A value with the parts that are set in it; records are merged, and other values replaced.
    ///
    /// # Errors
    /// A part that cannot be computed.
    pub fn with_parts(
        &self,
        mut value: Value,
        parts: &[SetPart<'_>],
        material: &dyn Material,
    ) -> Result<Value, EvalError> {
        for part in parts {
            let set = self.eval(&mut Scope::file(part.value.module).with_material(material), part.value.expr)?;
            let inside = |inner: Value, key: &Name| Value::record([(key.clone(), inner)]);
            value = merged(value, part.path.iter().rev().fold(set, inside));
        }
        Ok(value)
    }
}

/// Two values in one: the fields of both, where both are records, else the second.
fn merged(below: Value, above: Value) -> Value {
    match (below, above) {
        (Value::Record(below), Value::Record(above)) => {
            let mut record: Record = (*below).clone();
            for (key, value) in above.iter() {
                let value = match record.get(key) {
                    Some(known) => merged(known.clone(), value.clone()),
                    None => value.clone(),
                };
                record.insert(key.clone(), value);
            }
            Value::Record(record.into())
        }
        (_, above) => above,
    }
}
