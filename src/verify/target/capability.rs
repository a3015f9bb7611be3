//! What a component asks of its machines that the target's machines cannot do.

use crate::diag::{Code, Diagnostic};
use crate::facts::target::{TargetRule, owns_sysctl, rules};
use crate::model::value::Record;
use crate::model::{Model, Value};
use crate::render::evidence::Document;
use crate::source::Span;
use crate::syntax::ast::Ident;

use crate::verify::locate::{self, Step};

/// Checks the content of a file by the rules of the target that is planned for.
pub fn of_content(model: &Model<'_>, document: &Document<'_>, content: &Value) -> Vec<Diagnostic> {
    let Some(target) = model.targets.first().filter(|_| document.owner.machine.is_some()) else { return Vec::new() };
    let given = |rule: &&TargetRule| {
        let holds = |(name, wanted): (&String, &String)| {
            target.options.get(name.as_str()).and_then(Value::scalar_text).as_ref() == Some(wanted)
        };
        rule.options.iter().all(holds)
    };
    let broken = |rule: &TargetRule| {
        let span = broken(model, document, content, rule)?;
        let message = format!("`target {}` does not support this: {}", target.name, rule.what);
        let problem = Diagnostic::new(Code::TargetLacks, span, message).label(target.span, "the target");
        Some(problem.help(format!("{} ({})", rule.remedy, rule.source)))
    };
    rules(&target.name).filter(given).filter_map(broken).collect()
}

/// Where a rule is broken.
fn broken(model: &Model<'_>, document: &Document<'_>, content: &Value, rule: &TargetRule) -> Option<Span> {
    let (owner, expr) = (document.owner, document.written);
    let Value::Record(record) = content.reveal() else { return None };
    if let Some(kind) = &rule.kind {
        if record.get("kind").and_then(Value::scalar_text).as_ref() != Some(kind) {
            return None;
        }
        let missing = rule.wants.iter().find(|(path, wanted)| !has(record, path, wanted))?;
        // The nearest thing that is written: the field, the record that it would stand in, or the whole.
        let path: Vec<Step> = missing.0.split('.').map(Step::from).collect();
        return Some(locate::key(model, owner, expr, &path));
    }
    let (key, value) = (rule.key.as_ref()?, rule.not.as_ref()?);
    let path = find(content, key, value)?;
    Some(locate::value(model, owner, expr, &path.into_iter().map(Step::Key).collect::<Vec<_>>()))
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

/// Checks a kernel setting that a component needs.
pub fn of_sysctl(model: &Model<'_>, Ident { name, span }: &Ident) -> Option<Diagnostic> {
    let target = model.targets.first().filter(|target| !owns_sysctl(&target.name, name))?;
    let message = format!(
        "`target {}` does not support this: `{name}` is a host setting, which a container cannot change",
        target.name
    );
    let help = format!(
        "set it on the host, and require it on other targets only: `needs sysctl {name} = ... if target.name != \"{}\"`",
        target.name
    );
    Some(Diagnostic::new(Code::TargetLacks, *span, message).label(target.span, "the target").help(help))
}
