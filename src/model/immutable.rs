//! What a running cluster cannot change, as its components say, and what `kmodel.lock` says of it.
//!
//! A value is recorded as text when it is rendered. Components see earlier values that are still in use, to go on with them.

use ipnet::IpNet;

use crate::diag::Code;
use crate::syntax::ast::{Definition, Name};

use super::eval::eval_error;
use super::scope::Scope;
use super::work::ValueId;
use super::{AppId, EvalError, Lock, Model, Sight, Value};

/// What `--change` calls the name of a cluster.
pub const CLUSTER: &str = "cluster";

/// An `immutable` item of an application.
#[derive(Debug)]
pub struct Immutable<'p> {
    pub app: AppId,
    pub item: &'p Definition,
    /// In the lock: its name, or `application/name`.
    pub key: String,
    /// Now.
    pub value: String,
    /// Whether ranges may grow.
    pub grows: bool,
    /// Whether more may be added at the end of a list.
    pub extends: bool,
    /// Whether it may change, since earlier values stay in use.
    pub migrates: bool,
    pub because: Name,
    pub help: Option<Name>,
}

impl Immutable<'_> {
    /// Whether a recorded value is still good with this one.
    pub fn keeps(&self, recorded: &str) -> bool {
        let (new, old): (Vec<_>, Vec<_>) = (self.value.split(BETWEEN).collect(), recorded.split(BETWEEN).collect());
        let more = new.len() == old.len() || self.extends && new.len() > old.len();
        more && new.iter().zip(&old).all(|(new, old)| new == old || self.grows && contains(new, old))
    }
}

/// What is between the elements of a list.
const BETWEEN: &str = ", ";

/// Whether both are ranges, and the old one is inside the new one.
fn contains(new: &str, old: &str) -> bool {
    let range = |text: &str| text.parse::<IpNet>().ok();
    range(new).zip(range(old)).is_some_and(|(new, old)| new.contains(&old))
}

/// Values of earlier renders that may still be in use where this is the value now.
pub fn earlier(lock: &Lock, key: &str, value: &str) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for one in lock.immutable.get(key).into_iter().chain(lock.earlier.get(key)).flatten() {
        if *one != value && !list.contains(one) {
            list.push(one.clone());
        }
    }
    list
}

/// As it is recorded, and as messages show it.
fn text(value: &Value) -> String {
    match value {
        Value::List(list) => list.iter().map(text).collect::<Vec<_>>().join(BETWEEN),
        Value::Record(record) => {
            record.iter().map(|(key, value)| format!("{key}={}", text(value))).collect::<Vec<_>>().join(BETWEEN)
        }
        other => other.scalar_text().unwrap_or_else(|| "none".to_owned()),
    }
}

impl Sight<'_, '_> {
    /// `NAME` in expressions: `NAME.earlier` is what it was before and may still be in use.
    pub(super) fn immutable_record(&self, scope: &mut Scope<'_>, index: u32) -> Result<Value, EvalError> {
        let (key, value) = self.immutable_value(scope, index)?;
        let earlier = earlier(&self.placed().lock, &key, &value);
        Ok(Value::record([("earlier", Value::list(earlier.into_iter().map(Value::text)))]))
    }

    /// Where it is recorded, and its value.
    fn immutable_value(&self, scope: &mut Scope<'_>, index: u32) -> Result<(String, String), EvalError> {
        let app = scope.app.expect("a component's names are seen only inside an application");
        let item = self.placed().component_of(app).immutables[index as usize];
        let name = &item.name;
        let Some(field) = item.body.field("value") else { return Ok((name.name.to_string(), String::new())) };
        scope.work.open(ValueId::Immutable(app, index), || &name.name, name.span)?;
        let (value, own) = scope.without_locals(|scope| {
            let value = self.eval(scope, &field.value);
            (value, item.body.field("scope").map(|field| self.eval(scope, &field.value)).transpose())
        });
        scope.work.close();
        let (value, own) = (value?, own?);
        if value.is_secret() {
            let problem = eval_error(
                Code::SecretExposed,
                field.value.span,
                "an immutable value is recorded in kmodel.lock, which is not secret",
            );
            return Err(problem);
        }
        let of_app = own.and_then(|own| own.scalar_text()).is_some_and(|scope| scope == "application");
        let key = if of_app { format!("{}/{}", self.placed().app(app).name, name.name) } else { name.name.to_string() };
        Ok((key, text(&value)))
    }
}

impl<'p> Model<'p> {
    /// What its applications say cannot change; what cannot be computed is among the problems. The same on every unit, so the
    /// first one stands for all.
    pub fn immutables(&self, problems: &mut Vec<EvalError>) -> Vec<Immutable<'p>> {
        let mut list = Vec::new();
        for (app, _) in self.apps() {
            let Some(unit) = self.units_of(app).next() else { continue };
            for place in 0..self.component_of(app).immutables.len() as u32 {
                match self.immutable(&mut Scope::unit(self, unit), app, place) {
                    Ok(one) => list.push(one),
                    Err(problem) => problems.push(problem),
                }
            }
        }
        list
    }

    fn immutable(&self, scope: &mut Scope<'_>, app: AppId, place: u32) -> Result<Immutable<'p>, EvalError> {
        let item = self.component_of(app).immutables[place as usize];
        let (key, value) = self.sight().immutable_value(scope, place)?;
        let mut field = |name: &str| item.body.field(name).map(|field| self.eval(scope, &field.value)).transpose();
        let is = |value: Option<Value>| value == Some(Value::Bool(true));
        let words =
            |value: Option<Value>| value.filter(|value| !value.is_secret()).and_then(|value| value.scalar_text());
        Ok(Immutable {
            app,
            item,
            key,
            value,
            grows: is(field("grows")?),
            extends: is(field("extends")?),
            migrates: is(field("migrates")?),
            because: words(field("because")?).unwrap_or_default().into(),
            help: words(field("help")?).map(Name::from),
        })
    }
}

/// The lock with the values of now, and those before that are still in use.
pub fn recorded(model: &Model<'_>, mut lock: Lock) -> Lock {
    let before = lock.clone();
    let all = model.immutables(&mut Vec::new());
    for one in &all {
        lock.immutable.remove(&one.key);
        lock.earlier.remove(&one.key);
    }
    for one in &all {
        let values = lock.immutable.entry(one.key.clone()).or_default();
        if !values.contains(&one.value) {
            values.push(one.value.clone());
        }
    }
    for one in all.iter().filter(|one| one.migrates) {
        let now = &lock.immutable[&one.key];
        let earlier: Vec<_> =
            earlier(&before, &one.key, &one.value).into_iter().filter(|value| !now.contains(value)).collect();
        if !earlier.is_empty() {
            lock.earlier.insert(one.key.clone(), earlier);
        }
    }
    lock
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_grow_around_what_they_were() {
        for (new, old, grown) in [
            ("10.244.0.0/15", "10.244.0.0/16", true),
            ("10.244.0.0/17", "10.244.0.0/16", false),
            ("10.200.0.0/16", "10.244.0.0/16", false),
            ("fd00::/48", "10.244.0.0/16", false),
            ("secretbox", "none", false),
        ] {
            assert_eq!(contains(new, old), grown, "{new} and {old}");
        }
    }
}
