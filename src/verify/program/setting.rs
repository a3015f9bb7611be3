//! The settings of all programs, as far as a rule is about them, and what the rules say.
//!
//! In: flags and the contents of configuration files as they are rendered, of one machine of each kind. Out: problems.

use std::path::Path;

use crate::diag::{Code, Diagnostic};
use crate::facts::setting::{self, fields, is_known};
use crate::model::value::Record;
use crate::model::{AppId, MachineId, Model, Value};
use crate::render::evidence::{Content, Document, Entry, Flags, Owner, UnitEntry};
use crate::source::Span;

use super::flag;
use crate::verify::locate::{self, Step};
use crate::verify::{Evidence, document};

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
    fn of(evidence: &Evidence<'_, '_>) -> Self {
        let mut settings = Self::default();
        for entry in evidence.samples.iter().flat_map(|sample| &sample.entries) {
            match entry {
                Entry::Flags(flags) => settings.flags(evidence.model, flags),
                Entry::Unit(unit) => settings.arguments(unit),
                Entry::Document(document) if !document.derived => settings.content(evidence.model, document),
                _ => {}
            }
        }
        settings
    }

    /// Takes the flags of a program.
    fn flags(&mut self, model: &Model<'_>, flags: &Flags<'_>) {
        let (program, owner) = (&*flags.program.name, flags.owner);
        if !self.programs.iter().any(|(known, of, _)| known == program && *of == owner.app) {
            self.programs.push((program.to_owned(), owner.app, flags.program.span));
        }
        for one in &flags.given {
            let (flag, text, span) = flag::given(model, flags, one);
            self.push(owner, format!("{program} --{flag}"), (text, false), span);
        }
    }

    /// Takes arguments that are written as they are, of a program that is known by the end of its path.
    fn arguments(&mut self, entry: &UnitEntry<'_>) {
        let field = |name: &str| entry.unit.fields.get(name);
        let (Some(Value::List(list)), Some(args)) = (field("args"), entry.item.body.field("args")) else { return };
        let exec = field("exec").and_then(Value::scalar_text).unwrap_or_default();
        let program = Path::new(&exec).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        for text in list.iter().filter_map(Value::scalar_text) {
            let Some((flag, value)) = text.strip_prefix("--").and_then(|rest| rest.split_once('=')) else { continue };
            self.push(entry.owner, format!("{program} --{flag}"), (value.to_owned(), false), args.value.span);
        }
    }

    /// Takes the fields of a configuration file.
    fn content(&mut self, model: &Model<'_>, document: &Document<'_>) {
        let Content::Value(content) = &document.content else { return };
        let Value::Record(record) = content.reveal() else { return };
        let Some(kind) = record.get("kind").and_then(Value::scalar_text) else { return };
        let (expr, owner) = (document.written, document.owner);
        for field in fields(&kind) {
            let Some((path, value)) = find(record, field) else { continue };
            let path: Vec<Step> = path.into_iter().map(Step::from).collect();
            let found = locate::found(model, owner, expr, &path);
            let span = found
                .map_or_else(|| locate::value(model, owner, expr, &path), |found| locate::origin(model, owner, found));
            let text = value.scalar_text().unwrap_or_else(|| document::plain(value));
            self.push(owner, format!("{kind}.{field}"), (text, value.is_secret()), span);
        }
    }

    fn push(&mut self, owner: Owner, name: String, (text, secret): (String, bool), span: Span) {
        if is_known(&name) {
            self.list.push(Setting { name, text, secret, span, app: owner.app, machine: owner.machine });
        }
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
pub fn verify(evidence: &Evidence<'_, '_>) -> Vec<Diagnostic> {
    let (model, settings, rules) = (evidence.model, &Settings::of(evidence), setting::rules());
    let mut problems = Vec::new();
    problems.extend(rules.same.iter().filter_map(|rule| differ::judge(model, settings, rule)));
    for (list, code) in [(&rules.never, Code::UnsafeSetting), (&rules.unwise, Code::UnwiseSetting)] {
        problems.extend(list.iter().flat_map(|rule| forbidden::judge(model, settings, rule, code)));
    }
    problems.extend(rules.listed.iter().flat_map(|rule| forbidden::listed(model, settings, rule)));
    problems.extend(rules.inside.iter().flat_map(|rule| address::inside(model, settings, rule)));
    problems.extend(rules.covers.iter().flat_map(|rule| address::covers(model, settings, rule)));
    problems.extend(rules.times.iter().flat_map(|rule| amount::times(model, settings, rule)));
    problems.extend(rules.within.iter().flat_map(|rule| amount::within(model, settings, rule)));
    problems.extend(rules.fits.iter().flat_map(|rule| amount::fits(model, settings, rule)));
    problems
}

/// A problem of a setting, with the place where its application is deployed.
fn problem(model: &Model<'_>, code: Code, setting: &Setting, message: String) -> Diagnostic {
    let app = model.app(setting.app);
    Diagnostic::new(code, setting.span, message).label(app.span, format!("`{}` is deployed here", app.name))
}
