//! The settings of all programs, as far as a rule is about them, and what the rules say.
//!
//! In: flags and the contents of configuration files as they are rendered, of one machine of each kind. Out: problems.

use std::path::Path;

use crate::diag::{Code, Diagnostic};
use crate::facts::setting::{self, fields, is_known};
use crate::model::scope::Scope;
use crate::model::value::Record;
use crate::model::{AppId, MachineId, Model, Value};
use crate::source::Span;
use crate::syntax::ast::Expr;

use super::locate;

mod address;
mod amount;
mod differ;
mod forbidden;

/// A setting of a program on a machine.
#[derive(Clone, Debug)]
pub struct Setting {
    /// `kube-apiserver --authorization-mode`, `KubeletConfiguration.maxPods`.
    pub name: String,
    pub text: String,
    /// It must not be shown.
    pub secret: bool,
    pub span: Span,
    pub app: AppId,
    pub machine: Option<MachineId>,
}

/// Those of all that was rendered.
#[derive(Debug, Default)]
pub struct Settings {
    pub list: Vec<Setting>,
    /// The programs of each application that have flags, and where those stand.
    pub programs: Vec<(String, AppId, Span)>,
}

impl Settings {
    /// Takes the flags of a program.
    pub fn flags(&mut self, scope: &Scope<'_>, program: &str, given: Vec<(String, String, Span)>, span: Span) {
        let Some(app) = scope.app else { return };
        if !self.programs.iter().any(|(known, of, _)| known == program && *of == app) {
            self.programs.push((program.to_owned(), app, span));
        }
        for (flag, text, span) in given {
            self.push(scope, format!("{program} --{flag}"), (text, false), span);
        }
    }

    /// Takes arguments that are written as they are, of a program that is known by the end of its path.
    pub fn arguments(&mut self, scope: &Scope<'_>, exec: &str, arguments: &Value, span: Span) {
        let program = Path::new(exec).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Value::List(list) = arguments else { return };
        let texts = list.iter().filter_map(Value::scalar_text);
        let given = texts.filter_map(|text| {
            let (flag, value) = text.strip_prefix("--")?.split_once('=')?;
            Some((flag.to_owned(), value.to_owned(), span))
        });
        for (flag, text, span) in given {
            self.push(scope, format!("{program} --{flag}"), (text, false), span);
        }
    }

    /// Takes the fields of a configuration file; a list is several documents.
    pub fn content(&mut self, model: &Model<'_>, scope: &Scope<'_>, expr: &Expr, content: &Value) {
        let Value::Record(record) = content.reveal() else { return };
        let Some(kind) = record.get("kind").and_then(Value::scalar_text) else { return };
        for field in fields(&kind) {
            let Some((path, value)) = find(record, field) else { continue };
            let found = locate::found(model, scope, expr, &path);
            let span = found
                .map_or_else(|| locate::value(model, scope, expr, &path), |found| locate::origin(model, scope, found));
            let text = value.scalar_text().unwrap_or_else(|| super::strict::plain(value));
            self.push(scope, format!("{kind}.{field}"), (text, value.is_secret()), span);
        }
    }

    fn push(&mut self, scope: &Scope<'_>, name: String, (text, secret): (String, bool), span: Span) {
        let Some(app) = scope.app.filter(|_| is_known(&name)) else { return };
        self.list.push(Setting { name, text, secret, span, app, machine: scope.machine });
    }

    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Setting> {
        self.list.iter().filter(move |setting| setting.name == name)
    }

    /// The setting beside another one: of the same application on the same machine.
    fn beside<'a>(&'a self, other: &'a Setting, name: &'a str) -> Option<&'a Setting> {
        self.named(name).find(|setting| (setting.app, setting.machine) == (other.app, other.machine))
    }
}

/// The value at a path; keys may have dots in them.
fn find<'a, 'v>(record: &'v Record, path: &'a str) -> Option<(Vec<&'a str>, &'v Value)> {
    if let Some(value) = record.get(path) {
        return (*value != Value::None).then(|| (vec![path], value));
    }
    path.match_indices('.').find_map(|(at, _)| {
        let (first, rest) = (&path[..at], &path[at + 1..]);
        let Value::Record(inner) = record.get(first)?.reveal() else { return None };
        let (mut keys, value) = find(inner, rest)?;
        keys.insert(0, first);
        Some((keys, value))
    })
}

/// What the rules say.
pub fn prove(model: &Model<'_>, settings: &Settings, problems: &mut Vec<Diagnostic>) {
    let rules = setting::rules();
    problems.extend(rules.same.iter().filter_map(|rule| differ::judge(model, settings, rule)));
    for (list, code) in [(&rules.never, Code::UnsafeSetting), (&rules.unwise, Code::UnwiseSetting)] {
        problems.extend(list.iter().flat_map(|rule| forbidden::judge(model, settings, rule, code)));
    }
    problems.extend(rules.listed.iter().flat_map(|rule| forbidden::listed(model, settings, rule)));
    let outside: Vec<_> =
        rules.inside.iter().flat_map(|rule| address::inside(model, settings, rule, problems)).collect();
    problems.extend(outside);
    problems.extend(rules.covers.iter().flat_map(|rule| address::covers(model, settings, rule)));
    problems.extend(rules.times.iter().flat_map(|rule| amount::times(model, settings, rule)));
    problems.extend(rules.within.iter().flat_map(|rule| amount::within(model, settings, rule)));
    problems.extend(rules.fits.iter().flat_map(|rule| amount::fits(model, settings, rule)));
}

/// A problem of a setting, with the place where its application is deployed.
fn problem(model: &Model<'_>, code: Code, setting: &Setting, message: String) -> Diagnostic {
    let app = model.app(setting.app);
    Diagnostic::new(code, setting.span, message).label(app.span, format!("`{}` is deployed here", app.name))
}
