//! What a component asks of its machines that the target's machines cannot do.

use crate::diag::{Code, Diagnostic};
use crate::facts::target::{Rule, owns_sysctl, rules};
use crate::model::scope::Scope;
use crate::model::value::Record;
use crate::model::{Model, Value};
use crate::source::Span;
use crate::syntax::ast::Expr;

use super::locate;

/// Judges the content of a file by the rules of the target that is planned for.
pub fn of_content(
    model: &Model<'_>,
    scope: &Scope<'_>,
    (expr, content): (&Expr, &Value),
    problems: &mut Vec<Diagnostic>,
) {
    let Some(target) = model.targets.first().filter(|_| scope.machine.is_some()) else { return };
    let given = |rule: &&Rule| {
        let holds = |(name, wanted): (&String, &String)| {
            target.options.get(name.as_str()).and_then(Value::scalar_text).as_ref() == Some(wanted)
        };
        rule.options.iter().all(holds)
    };
    for rule in rules(&target.name).filter(given) {
        if let Some(span) = broken(model, scope, (expr, content), rule) {
            let message = format!("`target {}` cannot do this: {}", target.name, rule.what);
            let problem = Diagnostic::new(Code::TargetLacks, span, message).label(target.span, "the target");
            problems.push(problem.help(format!("{} ({})", rule.remedy, rule.source)));
        }
    }
}

/// Where a rule is broken.
fn broken(model: &Model<'_>, scope: &Scope<'_>, (expr, content): (&Expr, &Value), rule: &Rule) -> Option<Span> {
    let Value::Record(record) = content.reveal() else { return None };
    if let Some(kind) = &rule.kind {
        if record.get("kind").and_then(Value::scalar_text).as_ref() != Some(kind) {
            return None;
        }
        let missing = rule.wants.iter().find(|(path, wanted)| !has(record, path, wanted))?;
        // The nearest thing that is written: the field, the record that it would stand in, or the whole.
        let path: Vec<_> = missing.0.split('.').collect();
        return Some(locate::key(model, scope, expr, &path));
    }
    let (key, value) = (rule.key.as_ref()?, rule.not.as_ref()?);
    let path = find(content, key, value)?;
    Some(locate::value(model, scope, expr, &path.iter().map(String::as_str).collect::<Vec<_>>()))
}

fn has(record: &Record, path: &str, wanted: &toml::Value) -> bool {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    match (record.get(first).map(Value::reveal), rest) {
        (Some(Value::Record(inner)), Some(rest)) => has(inner, rest, wanted),
        (Some(Value::Int(number)), None) => wanted.as_integer() == Some(*number),
        (Some(Value::Bool(value)), None) => wanted.as_bool() == Some(*value),
        _ => false,
    }
}

/// The path of a key with a value, anywhere in a content.
fn find(content: &Value, key: &str, value: &str) -> Option<Vec<String>> {
    match content.reveal() {
        Value::Record(record) => record.iter().find_map(|(name, inner)| {
            if &**name == key && inner.scalar_text().as_deref() == Some(value) {
                return Some(vec![name.to_string()]);
            }
            let mut path = find(inner, key, value)?;
            path.insert(0, name.to_string());
            Some(path)
        }),
        _ => None,
    }
}

/// Judges a kernel setting that a component needs.
pub fn of_sysctl(model: &Model<'_>, name: &str, span: Span) -> Option<Diagnostic> {
    let target = model.targets.first().filter(|target| !owns_sysctl(&target.name, name))?;
    let message = format!(
        "`target {}` cannot do this: `{name}` is a setting of the host, which a container cannot change",
        target.name
    );
    let help = format!(
        "set it on the host, and ask for it only elsewhere: `needs sysctl {name} = ... if target.name != \"{}\"`",
        target.name
    );
    Some(Diagnostic::new(Code::TargetLacks, span, message).label(target.span, "the target").help(help))
}
