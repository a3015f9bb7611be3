//! Files beside a module: what `read` and `template` take.

use std::path::{Component, Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};

use crate::check::load::unreadable;
use crate::check::{ModuleId, ModulePlace};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;

use super::eval::{eval_error, mismatch};
use super::scope::Scope;
use super::{EvalError, Premise, Value, private_key};

/// How many steps a template may take; bytes that it makes count as one each, so that it can take no more memory either.
const FUEL: u64 = 20_000_000;

/// The text of a file beside the module of the scope.
pub(super) fn read(premise: &Premise<'_>, scope: &Scope<'_>, path: &Value, span: Span) -> Result<String, EvalError> {
    let name = path.scalar_text().ok_or_else(|| mismatch(span, "string", path))?;
    text_beside(premise, scope.module, &name, span)
}

/// The text that a template gives for some variables; every name in it must be among them.
///
/// # Errors
/// When the file is missing, or the template is wrong: then with its line.
pub fn template(
    premise: &Premise<'_>,
    scope: &Scope<'_>,
    path: &Value,
    vars: &Value,
    span: Span,
) -> Result<Value, EvalError> {
    let name = path.scalar_text().ok_or_else(|| mismatch(span, "string", path))?;
    let source = text_beside(premise, scope.module, &name, span)?;
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("these settings go together"));
    let context = minijinja::Value::from(minijinja::value::Serde(super::function::to_json(vars)));
    let text = environment.render_named_str(&name, &source, context).map_err(|error| {
        let line = error.line().map_or(String::new(), |line| format!(" at line {line}"));
        let (detail, help) = match error.kind() {
            ErrorKind::OutOfFuel => {
                let help = "the limit is 20 million steps and bytes: use shorter loops, or compute lists in the model";
                ("it takes too many steps".to_owned(), help)
            }
            kind => {
                let help = "a template can only use the variables in `vars`";
                (error.detail().map_or_else(|| kind.to_string(), str::to_owned), help)
            }
        };
        let message = format!("the template `{name}` fails{line}: {detail}");
        Box::new(Diagnostic::new(Code::TemplateFailed, span, message).help(help))
    })?;
    let text = Value::text(text);
    Ok(if vars.is_secret() { Value::Secret(text.into()) } else { private_key::guarded(text) })
}

/// The text of a file beside a module, of the standard library or of the world.
fn text_beside(premise: &Premise<'_>, module: ModuleId, name: &str, span: Span) -> Result<String, EvalError> {
    match &premise.program.module(module).place {
        ModulePlace::Standard(place) => {
            let path = beside(place, name);
            let text = crate::stdlib::read(&path).map(str::to_owned);
            text.ok_or_else(|| missing(&format!("std/{}", path.display()), "it is not in the standard library", span))
        }
        ModulePlace::File(place) => {
            let path = beside(place, name);
            let unread = |error| Box::new(unreadable("read", &path.display().to_string(), span, &error));
            premise.world.read(&path).map_err(unread)
        }
    }
}

/// The name and the text of a file that `read` brings, if it can be read.
pub fn beside_module(premise: &Premise<'_>, module: ModuleId, name: &str) -> Option<(String, String)> {
    let path = match &premise.program.module(module).place {
        ModulePlace::Standard(place) => Path::new("std").join(beside(place, name)),
        ModulePlace::File(place) => beside(place, name),
    };
    let text = text_beside(premise, module, name, Span::default()).ok()?;
    Some((path.display().to_string(), text))
}

fn missing(path: &str, why: &str, span: Span) -> EvalError {
    eval_error(Code::FileNotFound, span, format!("cannot read `{path}`: {why}"))
}

/// `./x` beside a file, without dots left in it.
fn beside(file: &Path, name: &str) -> PathBuf {
    let mut path = file.parent().map(Path::to_path_buf).unwrap_or_default();
    for part in Path::new(name).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if path.file_name().is_some() => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    path
}
