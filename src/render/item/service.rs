//! systemd units of a unit, and what must be up before them.

use crate::diag::{Code, Diagnostic};
use crate::model::scope::Scope;
use crate::model::value::Record;
use crate::model::{Fault, Model, UnitId, Value};
use crate::render::bundle::Unit;
use crate::render::{Problem, flag, unit_file};
use crate::source::Span;
use crate::syntax::ast::{ExprKind, Field, ItemKind, Name, PathItem};

use super::{Care, Filler, push};

impl Filler<'_, '_> {
    pub(super) fn systemd_unit(
        &mut self,
        scope: &mut Scope<'_>,
        item: &PathItem,
        span: Span,
        after: &[Name],
    ) -> Result<(), Fault> {
        let name: Name = self.text(scope, &item.path)?.into();
        let mut fields = Record::new();
        let mut flags = Vec::new();
        for field in &item.body.fields {
            let Some(key) = field.key.plain() else { continue };
            if &*key == "flags" {
                let (list, given) = flag::flags(self.model, scope, &field.value, self.problems)?;
                if let (ExprKind::Record { table: Some(program), .. }, Some(seen)) = (&field.value.kind, &mut self.seen)
                {
                    seen.settings.flags(scope, &program.name, given, program.span);
                }
                flags = list;
                continue;
            }
            let value = self.model.eval(scope, &field.value)?;
            if value.is_secret() {
                let message = format!("`{key}` of `{name}` holds a secret, and everyone may read units");
                let problem = Diagnostic::new(Code::SecretExposed, field.value.span, message);
                return Err(Box::new(problem.help("put it into a private file that the program reads")));
            }
            if value != Value::None {
                fields.insert(key, value);
            }
        }
        if let (Some(seen), Some(args)) = (&mut self.seen, item.body.field("args")) {
            let exec = fields.get("exec").and_then(Value::scalar_text).unwrap_or_default();
            seen.settings.arguments(scope, &exec, fields.get("args").unwrap_or(&Value::None), args.value.span);
        }
        let after = after.iter().filter(|other| **other != name).cloned().collect();
        let origin = self.origin(span, scope);
        let unit = Unit { name, fields, flags, after, watches: Vec::new(), origin };
        if matches!(self.care, Care::Strict(_))
            && let Err(problem) = unit_file::unit_text(&unit, &self.model.program.sources)
        {
            self.problems.push(invalid(item, &problem));
        }
        self.bundle.units.push(unit);
        Ok(())
    }

    /// The services on the same machine that must be up before those of a unit.
    pub(super) fn after(&self, unit: UnitId) -> Vec<Name> {
        let own = self.model.unit(unit);
        let mut list = Vec::new();
        for (place, info) in self.model.component_of(own.app).endpoints.iter().enumerate() {
            if info.soft || info.ast.kind != crate::syntax::ast::EndpointKind::Requires {
                continue;
            }
            let Some(machine) = own.machine else { continue };
            for provider in &self.model.ends(own.app).providers[place] {
                if self.model.unit_on(provider.app, machine).is_some()
                    && let Some(service) = first_service(self.model, provider.app)
                {
                    push(&mut list, service);
                }
            }
        }
        list
    }
}

/// A unit that systemd would not take as it is meant, at the field that makes it so.
fn invalid(item: &PathItem, problem: &Problem) -> Diagnostic {
    let named = |field: &&Field| field.key.plain().is_some_and(|key| problem.message.contains(&format!("`{key}`")));
    let field = item.body.fields.iter().find(named).or_else(|| item.body.field("extra"));
    let span = field.map_or(item.path.span, |field| in_extra(field, problem).unwrap_or(field.value.span));
    Diagnostic::new(Code::InvalidUnit, span, problem.message.clone()).help(problem.help.clone())
}

/// The key of `extra` that a problem names.
fn in_extra(field: &Field, problem: &Problem) -> Option<Span> {
    let ExprKind::Record { fields, .. } = &field.value.kind else { return None };
    let named = |field: &&Field| {
        let key = field.key.plain().unwrap_or_default();
        ["`", "=", " "].iter().any(|end| problem.message.contains(&format!("`{key}{end}")))
    };
    fields.iter().find_map(|section| match &section.value.kind {
        ExprKind::Record { fields, .. } => fields.iter().find(named).map(|field| field.key.span()),
        _ => None,
    })
}

/// The service that stands for a component when others wait for it: its first.
fn first_service(model: &Model<'_>, app: crate::model::AppId) -> Option<Name> {
    model.component_of(app).ast.items.iter().find_map(|item| match &item.kind {
        ItemKind::Unit(unit) => match &unit.path.kind {
            ExprKind::Text(text) => text.plain().filter(|name| name.ends_with(".service")),
            _ => None,
        },
        _ => None,
    })
}
