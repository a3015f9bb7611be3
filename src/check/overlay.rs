//! Overlays: what they set must be there, and what they drop too.

use super::app::Apps;
use super::checker::Checker;
use super::deploy::VERSION;
use super::index::{NameKind, Target};
use super::schema::{Schema, Takes, statement as schemas, target};
use super::settings::Setting;
use super::ty::Ty;
use super::{ModuleId, SymbolKind};
use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::syntax::ast::{Change, ChangeKind, Expr, Ident, Name, Overlay, Relate, StatementKind};
use crate::text::List;

impl<'p> Checker<'p> {
    /// Checks an overlay; its `add` statements are checked with those of the model.
    pub fn overlay(&mut self, module: ModuleId, apps: &Apps<'p>, overlay: &'p Overlay) {
        if !overlay.is_of_command_line() {
            self.kebab(&overlay.name);
        }
        overlay.changes.iter().for_each(|change| self.change(module, apps, change));
    }

    fn change(&mut self, module: ModuleId, apps: &Apps<'p>, change: &'p Change) {
        match &change.kind {
            ChangeKind::Set { path, value } => self.set(module, apps, path, value),
            ChangeKind::Add(_) => {}
            ChangeKind::Drop(path) => self.drop(module, apps, path),
            ChangeKind::DropRelation(relate) => self.drop_relation(module, apps, relate),
        }
    }

    fn set(&mut self, module: ModuleId, apps: &Apps<'p>, path: &'p [Ident], value: &'p Expr) {
        match path {
            [param] => self.set_param(module, param, value),
            [cluster, field] if &*cluster.name == "cluster" => {
                self.set_field(module, &schemas::CLUSTER, field, value);
            }
            [cluster, field, program] if &*cluster.name == "cluster" && &*field.name == "versions" => {
                self.set_version(module, program, value);
            }
            [target, field] if &*target.name == "target" => self.set_target(module, None, field, value),
            [word, target, field] if &*word.name == "target" => self.set_target(module, Some(target), field, value),
            [group, field] if self.is_of_group(apps, group, field) => self.set_group(module, group, field, value),
            [app, option] => self.set_option(module, apps, app, option, value),
            [app, word, rest @ ..] => match Setting::named(&word.name) {
                Some(setting) => self.set_setting(module, apps, (app, setting, rest), value),
                None => self.set_nothing(module, path, value),
            },
            [] => self.set_nothing(module, path, value),
        }
    }

    /// Whether a field is one of a group, where an application may have the same name.
    fn is_of_group(&self, apps: &Apps<'p>, name: &Ident, field: &Ident) -> bool {
        let known = &*field.name == "count" || schemas::MACHINES.fields.contains_key(&*field.name);
        self.groups.by_name.contains_key(&name.name) && (known || !apps.by_name.contains_key(&name.name))
    }

    fn set_nothing(&mut self, module: ModuleId, path: &[Ident], value: &'p Expr) {
        self.file(module).infer(value);
        self.cannot_set(path);
    }

    fn cannot_set(&mut self, path: &[Ident]) {
        let (Some(first), Some(last)) = (path.first(), path.last()) else { return };
        let diagnostic = Diagnostic::new(Code::WrongKind, first.span.to(last.span), "an overlay cannot set this");
        let help = "an overlay can set `PARAM`, `GROUP.count`, `GROUP.FIELD`, `cluster.FIELD`, `cluster.versions.PROGRAM`, `target.FIELD`, `APP.OPTION`, \
            `APP.flags.FLAG`, `APP.config.FIELD` or `APP.unit.FIELD`";
        self.report(diagnostic.help(help));
    }

    fn set_param(&mut self, module: ModuleId, param: &'p Ident, value: &'p Expr) {
        match self.reference(module, param, SymbolKind::Param) {
            Some(symbol) => {
                let ty = self.param(symbol);
                self.param_value(module, &ty, value, symbol.span);
            }
            None => {
                self.file(module).infer(value);
            }
        }
    }

    fn set_group(&mut self, module: ModuleId, group: &'p Ident, field: &'p Ident, value: &'p Expr) {
        if let Some(span) = self.groups.by_name.get(&group.name).copied() {
            self.refer(group.span, Target::Declared(NameKind::Machines, span));
        }
        match &*field.name {
            "count" => {
                self.refer(field.span, Target::Given("machine group", field.name.clone()));
                self.file(module).check(value, &Ty::Int);
            }
            _ => self.set_field(module, &schemas::MACHINES, field, value),
        }
    }

    fn set_field(&mut self, module: ModuleId, schema: &Schema, field: &'p Ident, value: &'p Expr) {
        match schema.fields.get(&*field.name).map(|spec| &spec.takes) {
            Some(Takes::Value(ty)) => {
                self.refer_row(schema, field.span, &field.name);
                self.file(module).check(value, ty);
            }
            _ => {
                self.file(module).infer(value);
                let message = format!("`{}` has no field `{}`", schema.name, field.name);
                let list = List::ticked(schema.names());
                let help = did_you_mean(&field.name, schema.names(), &format!("its fields are {list}"));
                self.report(Diagnostic::new(Code::UnknownField, field.span, message).help(help));
            }
        }
    }

    /// One program of the field `versions` of the cluster.
    fn set_version(&mut self, module: ModuleId, program: &'p Ident, value: &'p Expr) {
        let programs = schemas::CLUSTER.fields.get("versions").and_then(|spec| match &spec.takes {
            Takes::Value(Ty::Record(record)) => Some(&record.fields),
            _ => None,
        });
        let Some(programs) = programs else { return };
        match programs.get(&program.name) {
            Some(member) => {
                self.file(module).check(value, &member.ty);
            }
            None => {
                self.file(module).infer(value);
                let names: Vec<_> = programs.keys().cloned().collect();
                self.unknown_name(module, program, "a program of `versions`", &names);
            }
        }
    }

    fn set_target(&mut self, module: ModuleId, name: Option<&'p Ident>, field: &'p Ident, value: &'p Expr) {
        let targets = self.targets();
        if let Some(name) = name.filter(|name| !targets.contains(&name.name)) {
            self.file(module).infer(value);
            return self.unknown_name(module, name, "a target", &targets);
        }
        if let Some(name) = name {
            self.refer_target(name);
        }
        let schema = match (name, targets.as_slice()) {
            (Some(name), _) => target::of(&name.name),
            (None, [only]) => target::of(only),
            (None, _) => None,
        };
        match schema {
            Some(schema) => self.set_field(module, schema, field, value),
            None => {
                self.file(module).infer(value);
            }
        }
    }

    fn set_option(&mut self, module: ModuleId, apps: &Apps<'p>, app: &'p Ident, option: &'p Ident, value: &'p Expr) {
        let Some(info) = self.changed_app(module, apps, app) else {
            self.file(module).infer(value);
            return;
        };
        match info.options.get(&option.name) {
            Some(known) => {
                self.refer(option.span, Target::Declared(NameKind::Option, known.span));
                self.file(module).option_expr(&option.name, value, &known.ty, known);
            }
            None if &*option.name == VERSION => {
                self.file(module).check(value, &Ty::Version);
            }
            None => {
                self.file(module).infer(value);
                self.unknown_option(&info, &option.name, option.span);
            }
        }
    }

    /// The component of an application; says so when neither it nor a group has that name.
    pub(super) fn changed_app(
        &mut self,
        module: ModuleId,
        apps: &Apps<'p>,
        app: &Ident,
    ) -> Option<std::rc::Rc<super::component::Info<'p>>> {
        let known = apps.by_name.contains_key(&app.name) || apps.open.contains(&app.name);
        if known || self.program.lookup(module, &app.name, SymbolKind::Component).is_some() {
            self.refer_app(apps, app);
            return self.app_info(module, apps, app);
        }
        let names: Vec<Name> = apps.by_name.keys().chain(self.groups.by_name.keys()).cloned().collect();
        self.unknown_name(module, app, "an application or machine group", &names);
        None
    }

    fn drop(&mut self, module: ModuleId, apps: &Apps<'p>, path: &'p [Ident]) {
        let name = match path {
            [name] => name,
            [word, name] if &*word.name == "target" => name,
            _ => return self.cannot_set(path),
        };
        let there = apps.by_name.contains_key(&name.name)
            || apps.open.contains(&name.name)
            || self.groups.by_name.contains_key(&name.name)
            || self.targets().contains(&name.name);
        if !there {
            let groups = self.groups.by_name.keys();
            let known: Vec<Name> = apps.by_name.keys().chain(groups).cloned().chain(self.targets()).collect();
            self.unknown_name(module, name, "an application, machine group or target", &known);
        }
        self.refer_app(apps, name);
        if let Some(span) = self.groups.by_name.get(&name.name).copied() {
            self.refer(name.span, Target::Declared(NameKind::Machines, span));
        }
        self.refer_target(name);
    }

    fn drop_relation(&mut self, module: ModuleId, apps: &Apps<'p>, relate: &'p Relate) {
        self.relate(module, apps, relate);
        let same = |other: &Relate| same_end(&other.from, &relate.from) && same_end(&other.to, &relate.to);
        let there = self.groups.parts.iter().any(|part| match &part.statement.kind {
            StatementKind::Relate(other) => same(other),
            _ => false,
        });
        if !there {
            let span = relate.from.span.to(relate.to.span);
            let diagnostic = Diagnostic::new(Code::UnknownName, span, "no such relation to drop");
            self.report(diagnostic.help("only a relation declared with `relate` can be dropped"));
        }
    }

    fn targets(&self) -> Vec<Name> {
        self.target_names().map(|target| target.name.clone()).collect()
    }

    fn target_names(&self) -> impl Iterator<Item = &'p Ident> {
        self.groups.parts.iter().filter_map(|part| match &part.statement.kind {
            StatementKind::Target(target) => Some(&target.name),
            _ => None,
        })
    }

    fn refer_target(&mut self, name: &Ident) {
        let target = self.target_names().find(|target| target.name == name.name).map(|target| target.span);
        if let Some(span) = target {
            self.refer(name.span, Target::Declared(NameKind::Target, span));
        }
    }
}

fn same_end(a: &crate::syntax::ast::EndpointRef, b: &crate::syntax::ast::EndpointRef) -> bool {
    let app = |end: &crate::syntax::ast::EndpointRef| end.app.as_ref().map(|app| app.name.clone());
    app(a) == app(b) && a.endpoint.name == b.endpoint.name
}
