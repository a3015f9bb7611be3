//! What can be said of a `deploy` without types: whether its component has a place for what is set. Of a component that comes
//! through a parameter it is said once the parameter has its value.

use super::owned::Owned;
use super::{Settable, Setting, override_reasons};
use crate::check::Program;
use crate::check::deploy::{VERSION, no_option};
use crate::check::schema::item;
use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind, Name};
use crate::text::List;

impl Settable<'_> {
    /// Says that a component has no place for a setting.
    pub(super) fn takes_no(&self, setting: Setting, span: Span) -> Option<Diagnostic> {
        let what = match setting {
            Setting::Flags if self.flags.is_empty() => "runs no program whose flags are known",
            Setting::Config if self.config.is_none() => "has no file that takes `config`",
            Setting::Unit if self.unit.is_none() => "has no systemd unit",
            _ => return None,
        };
        let message = format!("`{}` {what}", self.component.name.name);
        let diagnostic = Diagnostic::new(Code::WrongKind, span, message);
        let options: Vec<_> = self.options().collect();
        Some(diagnostic.label(self.component.name.span, "the component").help(match options.as_slice() {
            [] => "remove it".to_owned(),
            options if setting == Setting::Config && !self.flags.is_empty() => {
                format!("set `flags`, or use its options: {}", List::ticked(options))
            }
            options => format!("use its options: {}", List::ticked(options)),
        }))
    }
}

/// Says that a unit has no such field.
pub(super) fn no_unit_field(name: &str, span: Span) -> Diagnostic {
    let names = || item::UNIT.names().filter(|name| *name != "flags");
    let fallback = format!(
        "write other keys of systemd as `extra = {{ Service = {{ KEY = \"VALUE\" }} }}`; its fields are {}",
        List::ticked(names()).most(20)
    );
    let help = match name {
        "flags" => "write `flags` beside `unit`".into(),
        name => did_you_mean(name, names(), &fallback),
    };
    // The component may set the one that was meant, so no fix is proposed.
    Diagnostic::new(Code::UnknownField, span, format!("a `unit` has no field `{name}`")).help(help)
}

/// What is wrong with the body of a `deploy $PARAM`, once it is known which component that is. Values are verified where they
/// are used.
pub(crate) fn of_param(program: &Program, component: &ast::Component, body: &ast::Body) -> Vec<Diagnostic> {
    let settable = Settable::of(component);
    let mut problems = Vec::new();
    for field in &body.fields {
        let (Some(name), span) = (field.key.plain(), field.key.span()) else { continue };
        if settable.has_option(&name) || &*name == VERSION {
            continue;
        }
        let Some(setting) = Setting::named(&name) else {
            problems.push(no_option(component, &name, span));
            continue;
        };
        problems.extend(settable.takes_no(setting, span));
        if let (Setting::Unit, ExprKind::Record { fields, .. }) = (setting, &field.value.kind) {
            let keys = fields.iter().filter_map(|field| Some((field.key.plain()?, field.key.span())));
            let unknown = keys.filter(|(key, _)| !item::UNIT.fields.contains_key(&**key) || &**key == "flags");
            problems.extend(unknown.map(|(key, span)| no_unit_field(&key, span)));
        }
    }
    let sources = &program.sources;
    problems.extend(settable.conflicts(body).into_iter().map(|owned| settable.owned(sources, owned)));
    problems
}

/// What overlays set of an application beside its options, once it is known which component that is: a path behind the name of the
/// application, and where its value is written.
pub(crate) fn set_of_param<'s>(
    program: &Program,
    component: &ast::Component,
    body: &ast::Body,
    sets: impl Iterator<Item = (&'s str, Span)> + Clone,
) -> Vec<Diagnostic> {
    let settable = Settable::of(component);
    let mut reasons = override_reasons(body);
    reasons.extend(sets.clone().filter_map(|(path, _)| path.strip_prefix("override.").map(Name::from)));
    let mut problems = Vec::new();
    for (path, span) in sets {
        let Some((word, name)) = path.split_once('.') else { continue };
        let Some(setting) = Setting::named(word).filter(|_| !settable.has_option(word)) else { continue };
        problems.extend(settable.takes_no(setting, span));
        let first = name.split('.').next().unwrap_or_default();
        if setting == Setting::Unit && (first == "flags" || !item::UNIT.fields.contains_key(first)) {
            problems.push(no_unit_field(first, span));
        }
        let parts: Vec<Name> = match setting {
            Setting::Flags => vec![name.into()],
            _ => name.split('.').map(Name::from).collect(),
        };
        let by = settable.set_at(setting, &parts).filter(|_| !reasons.iter().any(|reason| **reason == *name));
        problems.extend(by.map(|by| settable.owned(&program.sources, Owned { name: name.to_owned(), at: span, by })));
    }
    problems
}
