//! Files beside a module: what `read` and `template` take.

use std::path::{Component, Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};

use crate::check::load::unreadable;
use crate::check::{ModuleId, ModulePlace};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::text::List;

use super::eval::{eval_error, mismatch};
use super::scope::Scope;
use super::{EvalError, Premise, Value, private_key};
use super::{template_kind, template_sum};

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
    template_kind::guard(&mut environment, &name);
    template_sum::limit(&mut environment);
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("these settings go together"));
    let context = minijinja::Value::from(minijinja::value::Serde(super::function::to_json(vars)));
    let text = environment.render_named_str(&name, &template_sum::counted(&source), context).map_err(|error| {
        let line = error.line().map_or(String::new(), |line| format!(" at line {line}"));
        let detail = match error.kind() {
            ErrorKind::OutOfFuel => "it takes too many steps".to_owned(),
            kind => error.detail().map_or_else(|| kind.to_string(), str::to_owned),
        };
        let shown = expression(&source, &error).map_or(String::new(), |shown| format!(" in `{shown}`"));
        let message = format!("the template `{name}` fails{line}: {detail}{shown}");
        Box::new(Diagnostic::new(Code::TemplateFailed, span, message).help(advice(&error, vars)))
    })?;
    let text = Value::text(text);
    Ok(if vars.is_secret() { Value::Secret(text.into()) } else { private_key::guarded(text) })
}

/// The tag of a template that an error is about, if its line has one tag only.
fn expression(source: &str, error: &minijinja::Error) -> Option<String> {
    let line = source.lines().nth(error.line()?.checked_sub(1)?)?;
    let starts = |open: &str| line.match_indices(open).map(|(at, _)| at).collect::<Vec<_>>();
    let [at] = [starts("{{"), starts("{%")].concat()[..] else { return None };
    let end = line[at..].find(["}}", "%}"].iter().find(|end| line[at..].contains(**end))?)? + 2;
    Some(line[at..at + end].to_owned()).filter(|tag| tag.len() <= 80 && !tag.contains('`'))
}

/// What to do about a template, by what is wrong with it.
fn advice(error: &minijinja::Error, vars: &Value) -> String {
    let known = match vars.reveal() {
        Value::Record(record) if !record.is_empty() => format!(": {}", List::ticked(record.keys()).most(12)),
        _ => ", which is empty".to_owned(),
    };
    match error.kind() {
        ErrorKind::UndefinedError => format!("a template can only use the variables in `vars`{known}"),
        ErrorKind::OutOfFuel => {
            "the limit is 20 million steps and bytes: use shorter loops, or compute lists in the model".into()
        }
        ErrorKind::SyntaxError => {
            "templates are written in Jinja: `{{ value }}`, `{% for x in list %} ... {% endfor %}`, `{# comment #}`".into()
        }
        ErrorKind::UnknownFilter | ErrorKind::UnknownFunction | ErrorKind::UnknownTest | ErrorKind::UnknownMethod => {
            "templates have the filters, functions and tests of MiniJinja; compute the rest in the model and pass it in \
             `vars`"
                .into()
        }
        ErrorKind::InvalidOperation if error.detail().is_some_and(|detail| detail.contains("has the character")) => {
            "docs/language.md, *Templates*, lists what a value may have in each kind of file".into()
        }
        ErrorKind::TemplateNotFound => "a template cannot include another one: use `read` and pass the text in `vars`".into(),
        _ => "check the types of the values in `vars`, or compute the value in the model".into(),
    }
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
