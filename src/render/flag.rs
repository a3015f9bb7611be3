//! Command-line flags: their written form, and whether the version that runs has them.

use crate::check::flag_rule::{self, Given};
use crate::diag::{Code, Diagnostic};
use crate::facts::flag::{self as flags, Kind, Table};
use crate::model::eval::{fault, mismatch};
use crate::model::scope::Scope;
use crate::model::{AppId, Fault, Model, Value};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Version};

use super::locate;

/// The flags of a unit as `--name=value`, and what the version that runs makes of them; then each with where its value is
/// written.
pub fn flags(
    model: &Model<'_>,
    scope: &mut Scope<'_>,
    expr: &Expr,
    problems: &mut Vec<Diagnostic>,
) -> Result<(Vec<String>, Vec<Given>), Fault> {
    let ExprKind::Record { table: Some(program), fields } = &expr.kind else {
        let Value::Record(record) = model.eval(scope, expr)? else { return Ok(Default::default()) };
        return record
            .iter()
            .map(|(name, value)| written(name, value, None, expr.span))
            .collect::<Result<Vec<_>, _>>()
            .map(|list| (list.concat(), Vec::new()));
    };
    let table = flags::table(&program.name);
    let version = table.and_then(|table| version(model, scope, table));
    if let Some(version) = version {
        problems.extend(flags::judge_version(&program.name, version, program.span));
    }
    let mut list = Vec::with_capacity(fields.len());
    let mut given = Vec::with_capacity(fields.len());
    for field in fields {
        let value = model.eval(scope, &field.value)?;
        if value == Value::None {
            continue;
        }
        let name = model.eval_key(scope, &field.key)?;
        if let Some(version) = version {
            problems.extend(flags::judge(&program.name, &name, version, field.key.span()));
            let elements = elements(&value);
            let place = |element: &str| locate::element(model, scope, &field.value, element);
            problems.extend(flags::judge_values((&program.name, &name), &elements, version, place));
        }
        list.extend(written(&name, &value, table, field.value.span)?);
        let span = locate::origin(model, scope, &field.value);
        given.push((name.to_string(), text(&value).unwrap_or_default(), span));
    }
    problems.extend(flag_rule::judge(&program.name, &given));
    Ok((list, given))
}

/// The version that a table's flags are judged by.
fn version(model: &Model<'_>, scope: &Scope<'_>, table: &Table) -> Option<Version> {
    match table.range.versions_of.as_str() {
        "kubernetes" => Some(scope.app.map_or(model.cluster.kubernetes, |app| model.app(app).kubernetes)),
        _ => option_version(model, scope.app?),
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

/// The elements of a flag's value; those of a map with what they are set to, if that is true or false.
fn elements(value: &Value) -> Vec<(String, Option<bool>)> {
    let split = |text: &str| -> Vec<(String, Option<bool>)> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let one = |part: &str| match part.split_once('=') {
            Some((name, on)) => (name.to_owned(), on.parse().ok()),
            None => (part.to_owned(), None),
        };
        parts.map(one).collect()
    };
    match value {
        Value::List(list) => list.iter().flat_map(elements).collect(),
        Value::Record(record) => record.iter().map(|(name, on)| (name.to_string(), truth(on))).collect(),
        other => other.scalar_text().map_or_else(Vec::new, |text| split(&text)),
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(on) => Some(*on),
        other => other.scalar_text()?.parse().ok(),
    }
}

/// One flag, or several where it is repeated for each element.
fn written(name: &str, value: &Value, table: Option<&Table>, span: Span) -> Result<Vec<String>, Fault> {
    if value.is_secret() {
        let message = format!("`--{name}` would show a secret in the list of processes");
        let problem = Diagnostic::new(Code::SecretExposed, span, message);
        return Err(Box::new(problem.help("put it into a private file, and give the program the file's path")));
    }
    let flag = table.and_then(|table| table.flags.get(name));
    let one = |value: &Value| text(value).ok_or_else(|| mismatch(span, "a value for a flag", value));
    match value {
        Value::List(list) if flag.is_some_and(|flag| flag.repeat) => {
            list.iter().map(|value| Ok(format!("--{name}={}", one(value)?))).collect()
        }
        Value::Record(record) if flag.is_none_or(|flag| flag.kind == Kind::Map) => {
            let pairs = record.iter().map(|(key, value)| Ok(format!("{key}={}", one(value)?)));
            Ok(vec![format!("--{name}={}", pairs.collect::<Result<Vec<_>, Fault>>()?.join(","))])
        }
        Value::Record(_) => Err(fault(Code::TypeMismatch, span, format!("`--{name}` does not take a map"))),
        value => Ok(vec![format!("--{name}={}", one(value)?)]),
    }
}

/// The text of a value: elements of a list joined by commas.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::List(list) => Some(list.iter().map(text).collect::<Option<Vec<_>>>()?.join(",")),
        other => other.scalar_text(),
    }
}
