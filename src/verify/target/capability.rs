//! What a component asks of its machines that the target's machines cannot do.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic};
use crate::facts::target::{TargetRule, has_own_sysctls, owns_sysctl, rules};
use crate::model::value::Record;
use crate::model::{Model, Target, Value};
use crate::plan::Proof;
use crate::render::evidence::{Document, Entry};
use crate::source::Span;
use crate::syntax::ast::Ident;
use crate::verify::locate::{self, Step};
use crate::verify::{Evidence, counted};

/// Checks the content of a file by the rules of the target that is planned for.
pub(super) fn of_content(model: &Model<'_>, document: &Document<'_>, content: &Value) -> Vec<Diagnostic> {
    let Some(target) = model.targets.first().filter(|_| document.owner.machine.is_some()) else { return Vec::new() };
    let broken = |rule: &TargetRule| {
        let span = broken(model, document, content, rule)?;
        let message = format!("`target {}` does not support this: {}", target.name, rule.what);
        let problem = Diagnostic::new(Code::TargetLacks, span, message).label(target.span, "the target");
        Some(problem.help(format!("{} ({})", rule.remedy, rule.source)))
    };
    rules(&target.name).filter(|rule| is_given(target, rule)).filter_map(broken).collect()
}

/// That the target's machines can do what those components ask for that it has rules about.
pub(super) fn proof(evidence: &Evidence<'_, '_>) -> Proof {
    let target = evidence.model.targets.first();
    let (mut sysctls, mut files) = (BTreeSet::new(), BTreeSet::new());
    for entry in evidence.samples.iter().flat_map(|sample| &sample.entries) {
        match (entry, target) {
            (Entry::Sysctl(_, name), Some(target)) if has_own_sysctls(&target.name) => {
                sysctls.insert(&name.name);
            }
            (Entry::Document(document), Some(target)) if is_looked_at(target, document) => {
                files.insert((document.owner.app, &document.path));
            }
            _ => {}
        }
    }
    let said = counted(&[(sysctls.len(), "kernel setting"), (files.len(), "file")]);
    let statement = match target.filter(|_| !said.is_empty()) {
        Some(target) => format!("{}: `{}` supports what they ask for", said, target.name),
        None => String::new(),
    };
    Proof { name: "target", statement, count: sysctls.len() + files.len() }
}

/// Whether a rule of the target is about a file.
fn is_looked_at(target: &Target, document: &Document<'_>) -> bool {
    let Some(content) = document.value() else { return false };
    let Value::Record(record) = content.reveal() else { return false };
    let kind = record.get("kind").and_then(Value::scalar_text);
    let is_about = |rule: &TargetRule| rule.kind.is_none() || rule.kind == kind;
    let is_placed = document.owner.machine.is_some() && !document.derived;
    is_placed && rules(&target.name).filter(|rule| is_given(target, rule)).any(is_about)
}

/// Whether a target has the options for which a rule holds.
fn is_given(target: &Target, rule: &TargetRule) -> bool {
    let holds = |(name, wanted): (&String, &String)| {
        target.options.get(name.as_str()).and_then(Value::scalar_text).as_ref() == Some(wanted)
    };
    rule.options.iter().all(holds)
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
        return Some(locate::key(model, owner, expr, &document.way(&path)));
    }
    let (key, value) = (rule.key.as_ref()?, rule.not.as_ref()?);
    let path = find(content, key, value)?;
    let path: Vec<Step> = path.into_iter().map(Step::Key).collect();
    Some(locate::value(model, owner, expr, &document.way(&path)))
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
pub(super) fn of_sysctl(model: &Model<'_>, Ident { name, span }: &Ident) -> Option<Diagnostic> {
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
