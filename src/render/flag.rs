//! Command-line flags in their written form.

use crate::diag::{Code, Diagnostic};
use crate::facts::flag::{self as flags, FlagKind, Table};
use crate::model::eval::{eval_error, mismatch};
use crate::model::scope::Scope;
use crate::model::settings::SetFlag;
use crate::model::{AppId, EvalError, Model, Value};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Version};

use super::evidence::{Flag, Written};

/// The flags of a unit as `--name=value`; then each with where it is written, if its program has a table.
///
/// # Errors
/// A value that cannot be computed, or is none of a flag.
pub fn flags<'p>(
    model: &Model<'p>,
    scope: &mut Scope<'_>,
    expr: &'p Expr,
) -> Result<(Vec<String>, Vec<Flag<'p>>), EvalError> {
    let ExprKind::Record { table: Some(program), fields } = &expr.kind else {
        return Ok((untabled(model, scope, expr)?, Vec::new()));
    };
    let table = flags::table(&program.name);
    let settings = scope.app.map(|app| &model.settings[app.index()]);
    let set: Vec<&SetFlag<'p>> = settings.into_iter().flat_map(|all| all.flags_of(&program.name)).collect();
    let mut list = Vec::with_capacity(fields.len());
    let mut given = Vec::with_capacity(fields.len());
    for field in fields {
        // A reason was given for it.
        if field.key.plain().is_some_and(|key| set.iter().any(|flag| flag.name == key)) {
            continue;
        }
        let value = model.eval(scope, &field.value)?;
        if value == Value::None {
            continue;
        }
        let name = model.eval_key(scope, &field.key)?;
        list.extend(written(&name, &value, table, field.value.span)?);
        let written = Written::Field(field.key.span(), &field.value);
        given.push(Flag { name: name.to_string(), value, written });
    }
    for flag in set {
        let value = model.eval(&mut Scope::file(flag.value.module).with_material(scope.material), flag.value.expr)?;
        if value == Value::None {
            continue;
        }
        list.extend(written(&flag.name, &value, table, flag.value.expr.span)?);
        given.push(Flag { name: flag.name.to_string(), value, written: Written::Field(flag.key, flag.value.expr) });
    }
    Ok((list, given))
}

fn untabled(model: &Model<'_>, scope: &mut Scope<'_>, expr: &Expr) -> Result<Vec<String>, EvalError> {
    let Value::Record(record) = model.eval(scope, expr)? else { return Ok(Vec::new()) };
    let lists = record.iter().map(|(name, value)| written(name, value, None, expr.span));
    Ok(lists.collect::<Result<Vec<_>, _>>()?.concat())
}

/// The version of a program that an application runs, as far as it is known.
pub fn version(model: &Model<'_>, app: Option<AppId>, program: &str) -> Option<Version> {
    match flags::table(program)?.range.versions_of.as_str() {
        "kubernetes" => Some(app.map_or(model.cluster.kubernetes, |app| model.app(app).kubernetes)),
        _ => option_version(model, app?),
    }
}

/// The component's own `option version`.
fn option_version(model: &Model<'_>, app: AppId) -> Option<Version> {
    let options = &model.component_of(app).options;
    let place = options.iter().position(|option| &*option.name.name == "version")?;
    match model.app(app).options.get(place)? {
        Value::Version(version) => Some(*version),
        _ => None,
    }
}

/// One flag, or several where it is repeated for each element.
fn written(name: &str, value: &Value, table: Option<&Table>, span: Span) -> Result<Vec<String>, EvalError> {
    if value.is_secret() {
        let message = format!("`--{name}` would expose a secret in the process list");
        let problem = Diagnostic::new(Code::SecretExposed, span, message);
        return Err(Box::new(problem.help("write the secret to a private file, and pass its path")));
    }
    let flag = table.and_then(|table| table.flags.get(name));
    let one = |value: &Value| text(value).ok_or_else(|| mismatch(span, "a value for a flag", value));
    match value {
        Value::List(list) if flag.is_some_and(|flag| flag.repeat) => {
            list.iter().map(|value| Ok(format!("--{name}={}", one(value)?))).collect()
        }
        Value::Record(record) if flag.is_none_or(|flag| flag.kind == FlagKind::Map) => {
            let pairs = record.iter().map(|(key, value)| Ok(format!("{key}={}", one(value)?)));
            Ok(vec![format!("--{name}={}", pairs.collect::<Result<Vec<_>, EvalError>>()?.join(","))])
        }
        Value::Record(_) => Err(eval_error(Code::TypeMismatch, span, format!("`--{name}` does not accept a map"))),
        value => Ok(vec![format!("--{name}={}", one(value)?)]),
    }
}

/// The text of a value: elements of a list joined by commas.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::List(list) => Some(list.iter().map(text).collect::<Option<Vec<_>>>()?.join(",")),
        other => other.scalar_text(),
    }
}
