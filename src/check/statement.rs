//! The statements of a file.

use std::collections::HashMap;

use super::app::Apps;
use super::checker::Checker;
use super::deploy::SetOptions;
use super::group::is_part;
use super::own_code;
use super::schema::{self, statement as schemas};
use super::ty::Ty;
use super::{ModuleId, ModulePlace, Symbol, SymbolKind};
use crate::diag::{Code, Diagnostic, closest, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{
    Allow, ChangeKind, Definition, Expr, ExprKind, Interface, Machines, Name, Param, Statement, StatementKind, Target,
};
use crate::syntax::located::Located;

impl<'p> Checker<'p> {
    /// Checks every statement of every file.
    pub fn everything(&mut self) {
        let program = self.program;
        let modules = || (0..program.modules.len() as u32).map(ModuleId);
        // Components first: only then is it known which of them speak of machines.
        for module in modules() {
            if self.is_trusted(module) {
                continue;
            }
            self.imported(module);
            for (index, statement) in program.module(module).file.statements.iter().enumerate() {
                if self.is_wanted(statement.span()) {
                    self.declaration(module, index as u32, statement);
                }
            }
        }
        let apps = Apps::find(self);
        let set = self.set_options();
        for module in modules() {
            let own = matches!(program.module(module).place, ModulePlace::File(_));
            for statement in program.module(module).file.statements.iter().filter(|_| own) {
                if statement.is(is_part) && self.is_wanted(statement.span()) {
                    self.part(module, statement, &apps, &set);
                }
            }
        }
        self.model_names();
    }

    /// What a statement declares, in whichever file it stands.
    fn declaration(&mut self, module: ModuleId, index: u32, statement: &'p Located) {
        let symbol = |kind, span| Symbol { kind, module, statement: index, span };
        if let StatementKind::Component(component) = &statement.origin().kind {
            return self.check_or_reuse(symbol(SymbolKind::Component, statement.now(component.name.span)));
        }
        if statement.is(is_part) {
            return;
        }
        match &statement.kind {
            StatementKind::Param(param) => {
                self.free(&param.name);
                self.param_default(symbol(SymbolKind::Param, param.name.span), param);
            }
            StatementKind::Let(item) => {
                self.free(&item.name);
                self.file_let(symbol(SymbolKind::Let, item.name.span));
            }
            StatementKind::Interface(interface) => {
                self.interface_body(module, symbol(SymbolKind::Interface, interface.name.span), interface);
            }
            StatementKind::Authority(item) => self.named_body(module, &schemas::AUTHORITY, item),
            StatementKind::Keypair(item) => self.named_body(module, &schemas::KEYPAIR, item),
            StatementKind::Secret(item) => self.named_body(module, &schemas::SECRET, item),
            _ => {}
        }
    }

    fn named_body(&mut self, module: ModuleId, schema: &schema::Schema, item: &'p Definition) {
        self.free(&item.name);
        self.file(module).body(schema, &item.body, item.name.span);
    }

    fn interface_body(&mut self, module: ModuleId, symbol: Symbol, interface: &'p Interface) {
        self.kebab(&interface.name);
        self.file(module).body(&schemas::INTERFACE, &interface.body, interface.name.span);
        let Some(info) = self.interface(symbol) else { return };
        let mut seen: HashMap<Name, Span> = HashMap::new();
        for field in &interface.fields {
            self.kebab(&field.name);
            if let Some(first) = seen.insert(field.name.name.clone(), field.name.span) {
                let message = format!("the field `{}` is declared twice", field.name.name);
                let diagnostic = Diagnostic::new(Code::DuplicateField, field.name.span, message);
                self.report(diagnostic.label(first, "first declared here"));
            }
            if let (Some(default), Some(known)) = (&field.default, info.fields.get(&field.name.name)) {
                self.file(module).check_declared(default, &known.ty, field.ty.span, "declared");
            }
        }
    }

    fn param_default(&mut self, symbol: Symbol, param: &'p Param) {
        let ty = self.param(symbol);
        if let Some(default) = &param.default {
            self.param_value(symbol.module, &ty, default, param.ty.span);
        }
    }

    /// Checks a value for a param of that type, declared at a place.
    pub fn param_value(&mut self, module: ModuleId, ty: &Ty, value: &'p Expr, declared: Span) {
        match ty {
            Ty::Component(interface) => self.component_value(module, interface.as_ref(), value, declared),
            _ => {
                self.file(module).check_declared(value, ty, declared, "declared");
            }
        }
    }

    fn component_value(&mut self, module: ModuleId, interface: Option<&Name>, value: &'p Expr, declared: Span) {
        let ExprKind::Name(name) = &value.kind else {
            let found = self.file(module).infer(value);
            if !found.is_silent() && !matches!(found, Ty::Component(_)) {
                let message = format!("expected a component, found `{}`", found.widen());
                self.report(Diagnostic::new(Code::WrongKind, value.span, message));
            }
            return;
        };
        let Some(symbol) = self.reference(module, name, SymbolKind::Component) else { return };
        let (Some(wanted), Some(info)) = (interface, self.info(symbol)) else { return };
        let Some(wanted_symbol) = self.program.lookup(module, wanted, SymbolKind::Interface) else { return };
        let provides = info.endpoints.values().any(|endpoint| {
            endpoint.endpoint.kind == crate::syntax::ast::EndpointKind::Provides
                && endpoint.interface.is_none_or(|interface| interface == wanted_symbol)
        });
        if !provides {
            let message = format!("`{}` does not provide `{wanted}`", name.name);
            let diagnostic = Diagnostic::new(Code::InterfaceMismatch, name.span, message)
                .label(info.component.name.span, "the component")
                .label(declared, format!("must provide `{wanted}`"));
            self.report(diagnostic);
        }
    }

    /// What is part of the model itself.
    fn part(&mut self, module: ModuleId, statement: &'p Statement, apps: &Apps<'p>, set: &SetOptions) {
        match &statement.kind {
            StatementKind::Cluster(cluster) => {
                self.kebab(&cluster.name);
                self.file(module).body(&schemas::CLUSTER, &cluster.body, cluster.name.span);
            }
            StatementKind::Machines(machines) => self.machines(module, machines),
            StatementKind::Deploy(deploy) => self.deploy(module, deploy, set),
            StatementKind::Relate(relate) => self.relate(module, apps, relate),
            StatementKind::Moved(moved) => self.moved(module, apps, moved),
            StatementKind::Target(target) => self.target(module, target),
            StatementKind::Check(check) => self.file(module).assertion(check),
            StatementKind::Allow(allow) => self.allow(module, allow),
            StatementKind::Overlay(overlay) => {
                self.overlay(module, apps, overlay);
                for change in &overlay.changes {
                    if let ChangeKind::Add(added) = &change.kind {
                        self.added(added);
                        self.part(module, added, apps, set);
                    }
                }
            }
            _ => {}
        }
    }

    /// An overlay can add what the model is made of, but nothing that other files could name.
    fn added(&mut self, statement: &'p Statement) {
        if let Some((kind, name)) = super::scope::declared(statement).filter(|(kind, _)| *kind != SymbolKind::Machines)
        {
            let message = format!("an overlay cannot add {}", kind.noun());
            let diagnostic = Diagnostic::new(Code::WrongKind, name.span, message);
            self.report(diagnostic.help("declare it at the top level of the file"));
        }
    }

    fn machines(&mut self, module: ModuleId, machines: &'p Machines) {
        self.host_label(&machines.name);
        if let Some(count) = &machines.count {
            self.file(module).check(count, &Ty::Int);
        }
        self.file(module).body(&schemas::MACHINES, &machines.body, machines.name.span);
    }

    fn target(&mut self, module: ModuleId, target: &'p Target) {
        match schema::target::of(&target.name.name) {
            Some(schema) => {
                self.file(module).body(schema, &target.body, target.name.span);
            }
            None => {
                let mut typer = self.file(module);
                typer.unique_keys(&target.body.fields);
                target.body.fields.iter().for_each(|field| {
                    typer.infer(&field.value);
                });
            }
        }
    }

    fn allow(&mut self, module: ModuleId, allow: &'p Allow) {
        self.allowed_code(allow);
        match &allow.reason {
            Some(reason) => {
                self.file(module).check(reason, &Ty::String);
            }
            None => {
                let message = format!("`allow {}` needs a reason", allow.code.name);
                let diagnostic = Diagnostic::new(Code::MissingField, allow.code.span, message);
                self.report(diagnostic.help(format!("add a reason: `allow {} \"...\"`", allow.code.name)));
            }
        }
    }

    fn allowed_code(&mut self, allow: &Allow) {
        let name = &allow.code.name;
        let own = own_code::own_codes(self.program);
        let allowable = || {
            let brought = own.iter().filter(|own| own_code::allowable(own.check)).map(|own| &*own.name);
            Code::ALL.iter().filter(|code| code.allowable()).map(|code| code.name()).chain(brought)
        };
        let known = || Code::ALL.iter().map(|code| code.name()).chain(own.iter().map(|own| &*own.name));
        if allowable().any(|known| *known == **name) {
            return;
        }
        let is_known = known().any(|known| *known == **name);
        let message = match is_known {
            true => format!("`{name}` cannot be allowed: it is always an error"),
            false => format!("unknown code `{name}`"),
        };
        let list = "`kmodel explain --list` marks the codes that can be allowed";
        let help = if is_known { list.into() } else { did_you_mean(name, known(), list) };
        let diagnostic = Diagnostic::new(Code::UnknownCode, allow.code.span, message).help(help);
        self.report(match closest(name, allowable()) {
            Some(near) if !is_known => diagnostic.fix(allow.code.span, near, format!("write `{near}`")),
            _ => diagnostic,
        });
    }

    /// One model has one cluster, and each of its groups, targets and overlays has a name of its own.
    fn model_names(&mut self) {
        let mut seen: HashMap<(&'static str, Name), Span> = HashMap::new();
        for part in self.groups.parts.clone() {
            let (kind, name) = match &part.statement.kind {
                StatementKind::Cluster(item) => ("cluster", &item.name),
                StatementKind::Machines(item) => ("machine group", &item.name),
                StatementKind::Target(item) => ("target", &item.name),
                StatementKind::Overlay(item) => ("overlay", &item.name),
                _ => continue,
            };
            let key = if kind == "cluster" { "".into() } else { name.name.clone() };
            let Some(first) = seen.get(&(kind, key.clone())).copied() else {
                seen.insert((kind, key), name.span);
                continue;
            };
            // An overlay may drop the one and add the other; in one file a group that is declared twice is an error.
            if part.added || kind == "machine group" && first.source == name.span.source {
                continue;
            }
            let (message, help) = match kind {
                "cluster" => ("a model has one cluster".to_owned(), ONE_CLUSTER),
                _ => (format!("the {kind} `{}` is declared twice", name.name), "keep one of them"),
            };
            let diagnostic =
                Diagnostic::new(Code::DuplicateName, name.span, message).label(first, "first declared here");
            self.report(diagnostic.help(help));
        }
    }
}

/// What to do with two clusters.
const ONE_CLUSTER: &str = "keep one of them, or write each in a file of its own and what they share in a third one, which both import with `use`";
