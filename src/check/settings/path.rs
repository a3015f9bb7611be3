//! What an overlay sets of an application beside its options: `set kubelet.config.maxPods = 50`.

use super::owned::Owned;
use super::{Settable, Setting, override_reasons};
use crate::check::ModuleId;
use crate::check::app::Apps;
use crate::check::checker::Checker;
use crate::check::component::Info;
use crate::check::ty::Ty;
use crate::diag::{Code, Diagnostic};
use crate::facts::flag as flags;
use crate::syntax::ast::{ChangeKind, Expr, ExprKind, Field, Ident, Name, StatementKind};

impl<'p> Checker<'p> {
    /// Checks `set APP.SETTING.PATH = VALUE`.
    pub(in crate::check) fn set_setting(
        &mut self,
        module: ModuleId,
        apps: &Apps<'p>,
        (app, setting, path): (&'p Ident, Setting, &'p [Ident]),
        value: &'p Expr,
    ) {
        let Some(info) = self.changed_app(module, apps, app) else {
            self.file(module).infer(value);
            return;
        };
        let reasons = self.reasons_for(apps, &app.name);
        let (Some(first), Some(last)) = (path.first(), path.last()) else { return };
        let (name, span) = (dotted(path), first.span.to(last.span));
        match setting {
            Setting::Flags => self.set_flag(module, &info, (&name, span), value),
            Setting::Unit if path.len() == 1 => {
                let ty = self.file(module).unit_field(&name.as_str().into(), span);
                self.file(module).check(value, &ty.unwrap_or(Ty::Any));
            }
            Setting::Override => {
                self.file(module).check(value, &Ty::String);
                if !info.settable.sets(&name) {
                    let message = format!("`{}` does not set `{name}`, so there is nothing to override", info.name());
                    self.report(Diagnostic::new(Code::UnknownField, span, message).help("remove it"));
                }
                return;
            }
            Setting::Unit | Setting::Config => {
                self.file(module).infer(value);
            }
        }
        let names: Vec<Name> = path.iter().map(|part| part.name.clone()).collect();
        if let Some(by) = info.settable.set_at(setting, &names) {
            let is_allowed = reasons.iter().any(|reason| **reason == *name);
            let problem = info.settable.owned(&self.program.sources, Owned { name, at: span, by });
            if !is_allowed {
                self.report(problem);
            }
        }
    }

    fn set_flag(
        &mut self,
        module: ModuleId,
        info: &Info<'p>,
        (name, span): (&str, crate::source::Span),
        value: &'p Expr,
    ) {
        let tables: Vec<_> = info.settable.flags.iter().map(|(program, _)| &*program.name).collect();
        let table = match tables.as_slice() {
            [only] => flags::table(only),
            _ => None,
        };
        let Some(table) = table else {
            self.file(module).infer(value);
            let message = format!("`{}` has no one program whose flags are known", info.name());
            let diagnostic = Diagnostic::new(Code::WrongKind, span, message);
            return self.report(diagnostic.help("set `flags` in its `deploy`"));
        };
        self.file(module).set_flag_value(table, (name, span), value);
    }

    /// What the `override` of an application names, in its `deploy` and in overlays.
    fn reasons_for(&self, apps: &Apps<'p>, app: &Name) -> Vec<Name> {
        let own = apps.by_name.get(app).map(|app| override_reasons(&app.deploy.body)).unwrap_or_default();
        let overlays = self.groups.parts.iter().filter_map(|part| match &part.statement.kind {
            StatementKind::Overlay(overlay) => Some(&overlay.changes),
            _ => None,
        });
        let set = overlays.flatten().filter_map(|change| match &change.kind {
            ChangeKind::Set { path, .. } => match path.as_slice() {
                [name, word, rest @ ..] if name.name == *app && &*word.name == "override" => Some(dotted(rest).into()),
                _ => None,
            },
            _ => None,
        });
        own.into_iter().chain(set).collect()
    }
}

fn dotted(path: &[Ident]) -> String {
    path.iter().map(|part| &*part.name).collect::<Vec<_>>().join(".")
}

impl<'p> Settable<'p> {
    /// The field of the component at a path of one of its settings.
    pub(super) fn set_at(&self, setting: Setting, path: &[Name]) -> Option<&'p Field> {
        let mut records: Vec<&'p [Field]> = match setting {
            Setting::Flags => self.flags.iter().map(|(_, fields)| *fields).collect(),
            Setting::Config => self.config.map(|content| self.written_out(content)).unwrap_or_default(),
            Setting::Unit => self.unit.into_iter().collect(),
            Setting::Override => return None,
        };
        let mut found = None;
        for part in path {
            let field = records
                .iter()
                .find_map(|fields| fields.iter().find(|field| field.key.plain().as_ref() == Some(part)))?;
            records = self.written_out(&field.value);
            found = Some(field);
            if records.is_empty() {
                break;
            }
        }
        // Records are merged.
        found.filter(|field| records.is_empty() || !matches!(field.value.kind, ExprKind::Record { .. }))
    }
}
