//! systemd units of a unit, and what must be up before them.

use crate::diag::{Code, Diagnostic};
use crate::model::scope::Scope;
use crate::model::value::Record;
use crate::model::{EvalError, Model, UnitId, Value, private_key};
use crate::render::bundle::Unit;
use crate::render::evidence::{Entry, Flags, UnitEntry, Written};
use crate::render::flag;
use crate::source::Span;
use crate::syntax::ast::{ExprKind, ItemKind, Name, PathItem};

use super::{Filler, name, push};

impl<'p> Filler<'_, 'p> {
    pub(super) fn systemd_unit(
        &mut self,
        scope: &mut Scope<'_>,
        item: &'p PathItem,
        span: Span,
        after: &[Name],
    ) -> Result<(), EvalError> {
        let name: Name = self.text(scope, &item.path)?.into();
        name::unit(&name, item.path.span)?;
        let mut fields = Record::default();
        let mut flags = Vec::new();
        for field in &item.body.fields {
            let Some(key) = field.key.plain() else { continue };
            if &*key == "flags" {
                let (list, given) = flag::flags(self.model, scope, &field.value)?;
                if let ExprKind::Record { table: Some(program), .. } = &field.value.kind {
                    let version = flag::version(self.model, scope.app, &program.name);
                    let (unit, named) = (Some(name.clone()), Written::Name(program.span));
                    let program = program.name.clone();
                    self.record(scope, |owner| {
                        Entry::Flags(Flags { version, given, unit, ..Flags::on_host(program, named, owner) })
                    });
                }
                flags = list;
                continue;
            }
            let value = self.model.eval(scope, &field.value)?;
            if value.is_secret() || holds_key(&value) {
                let message = format!("`{key}` of `{name}` contains a secret, but unit files are world-readable");
                let problem = Diagnostic::new(Code::SecretExposed, field.value.span, message);
                return Err(Box::new(problem.help("write the secret to a private file that the program reads")));
            }
            if matches!(&*key, "user" | "group")
                && let Some(text) = value.scalar_text()
            {
                name::user(&text, field.value.span)?;
            }
            if value != Value::None {
                fields.insert(key, value);
            }
        }
        self.unit_parts(scope, item, &mut fields)?;
        let after = after.iter().filter(|other| **other != name).cloned().collect();
        let origin = self.origin(span, scope);
        let unit = Unit { name, fields, flags, after, watches: Vec::new(), origin };
        self.record(scope, |owner| Entry::Unit(UnitEntry { unit: unit.clone(), item, owner }));
        self.bundle.units.push(unit);
        Ok(())
    }

    /// What a deployment sets in the component's first unit.
    fn unit_parts(&self, scope: &Scope<'_>, item: &PathItem, fields: &mut Record) -> Result<(), EvalError> {
        let Some(app) = scope.app else { return Ok(()) };
        let parts = &self.model.settings[app.index()].unit;
        if parts.is_empty() || !self.model.component_of(app).unit.is_some_and(|first| std::ptr::eq(first, item)) {
            return Ok(());
        }
        let value = self.model.with_parts(Value::Record(std::mem::take(fields).into()), parts, self.material)?;
        if let Value::Record(record) = value {
            *fields = record
                .iter()
                .filter(|(_, value)| **value != Value::None)
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect();
        }
        let Some((key, _)) = fields.iter().find(|(_, value)| value.is_secret() || holds_key(value)) else {
            return Ok(());
        };
        let at = parts.first().map_or(item.path.span, |part| part.value.expr.span);
        let message = format!("`{key}` contains a secret, but unit files are world-readable");
        let problem = Diagnostic::new(Code::SecretExposed, at, message);
        Err(Box::new(problem.help("write the secret to a private file that the program reads")))
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

/// Whether a private key is in a field that was put together of several texts.
fn holds_key(value: &Value) -> bool {
    match value {
        Value::List(list) => list.iter().any(holds_key),
        Value::Record(record) => record.values().any(holds_key),
        Value::Text(text) => private_key::is_in(text),
        _ => false,
    }
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
