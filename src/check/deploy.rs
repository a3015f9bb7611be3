//! Deploys: components on machines, with options.

use std::collections::HashMap;
use std::rc::Rc;

use super::app::Deployed;
use super::checker::Checker;
use super::component::{Info, OptionInfo};
use super::index::{NameKind, Target};
use super::machine_bound;
use super::mismatch;
use super::settings::Setting;
use super::ty::Ty;
use super::typing::env::{Env, Sight};
use super::typing::expr::Typer;
use super::{ModuleId, Symbol, SymbolKind};
use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::syntax::ast::{
    ChangeKind, Component, Deploy, Expr, Field, Ident, ItemKind, Name, Selector, SelectorKind, StatementKind,
};
use crate::text::List;

/// What every `deploy` takes beside the options of its component: the version of Kubernetes that it runs.
pub(super) const VERSION: &str = "kubernetes";

/// Options that some overlay sets, by application.
pub(super) type SetOptions = HashMap<(Name, Name), Span>;

impl<'p> Checker<'p> {
    /// The options that overlays set.
    pub fn set_options(&self) -> SetOptions {
        let overlays = self.groups.parts.iter().filter_map(|part| match &part.statement.kind {
            StatementKind::Overlay(overlay) => Some(overlay),
            _ => None,
        });
        let sets = overlays.flat_map(|overlay| &overlay.changes).filter_map(|change| match &change.kind {
            ChangeKind::Set { path, .. } => match path.as_slice() {
                [app, option] => Some(((app.name.clone(), option.name.clone()), option.span)),
                _ => None,
            },
            _ => None,
        });
        sets.collect()
    }

    /// Checks one deploy.
    pub fn deploy(&mut self, module: ModuleId, deploy: &'p Deploy, set: &SetOptions) {
        let names: Vec<_> = deploy.components.iter().map(|name| (name, self.deployed_name(module, name))).collect();
        self.alias(deploy);
        deploy.on.iter().for_each(|selector| self.selector(module, selector));
        if let Some(condition) = &deploy.condition {
            Typer::new(self, Env::new(module, Sight::Selection)).check(condition, &Ty::Bool);
        }
        let infos = names.iter().filter_map(|(name, deployed)| match deployed {
            Deployed::Known(info) => Some((&name.name, info.clone())),
            _ => None,
        });
        let infos: Vec<_> = infos.collect();
        self.options(module, deploy, &infos);
        for (_, info) in &infos {
            let sources = &self.program.sources;
            let owned: Vec<_> = info
                .settable
                .conflicts(&deploy.body)
                .into_iter()
                .map(|one| info.settable.owned(sources, one))
                .collect();
            owned.into_iter().for_each(|problem| self.report(problem));
        }
        for (name, info) in &infos {
            self.missing_options(deploy, name, info, set);
            self.placement(deploy, name.span, info);
        }
    }

    /// Looks into a component that was not checked, only to know whether it speaks of machines.
    fn learn_mentions(&mut self, info: &Info<'_>) {
        let span = info.component.name.span;
        let symbol = Symbol { kind: SymbolKind::Component, module: info.place.0, statement: info.place.1, span };
        let kept = std::mem::replace(&mut self.index.kept, false);
        let found = self.sink.diagnostics.len();
        self.component(symbol);
        self.sink.diagnostics.truncate(found);
        self.index.kept = kept;
    }

    fn alias(&mut self, deploy: &'p Deploy) {
        let Some(alias) = &deploy.alias else { return };
        self.kebab(alias);
        if deploy.components.len() > 1 {
            let message = "`as` names one application, but this deploys several components";
            let diagnostic = Diagnostic::new(Code::WrongKind, alias.span, message);
            self.report(diagnostic.help("use one `deploy` for each"));
        }
    }

    fn selector(&mut self, module: ModuleId, selector: &'p Selector) {
        match &selector.kind {
            SelectorKind::All => {}
            SelectorKind::Group(group) => self.machine_group(module, group),
            SelectorKind::Index(group, index) => {
                self.machine_group(module, group);
                self.file(module).check(index, &Ty::Union([Ty::Int, Ty::String].into()));
            }
            SelectorKind::Range(group, from, to) => {
                self.machine_group(module, group);
                from.iter().chain(to).for_each(|bound| self.place_number(module, bound));
            }
        }
    }

    fn place_number(&mut self, module: ModuleId, number: &'p Expr) {
        self.file(module).check(number, &Ty::Int);
    }

    /// A machine group of the model, whichever file it stands in.
    fn machine_group(&mut self, module: ModuleId, name: &Ident) {
        if let Some(span) = self.groups.by_name.get(&name.name).copied() {
            return self.refer(name.span, Target::Declared(NameKind::Machines, span));
        }
        match self.program.lookup(module, &name.name, SymbolKind::Machines) {
            Some(symbol) if symbol.kind != SymbolKind::Machines => self.wrong_kind(name, symbol, "a machine group"),
            Some(_) => {}
            None => {
                let known: Vec<_> = self.groups.by_name.keys().cloned().collect();
                self.unknown_name(module, name, "a machine group", &known);
            }
        }
    }

    fn options(&mut self, module: ModuleId, deploy: &'p Deploy, infos: &[(&Ident, Rc<Info<'p>>)]) {
        let mut typer = self.file(module);
        typer.unique_keys(&deploy.body.fields);
        for field in &deploy.body.fields {
            let Some(name) = field.key.plain() else {
                typer.key(&field.key);
                typer.infer(&field.value);
                continue;
            };
            let known: Vec<_> = infos.iter().filter_map(|(_, info)| info.options.get(&name)).collect();
            // A component's own option comes before what every `deploy` takes.
            let others = || infos.iter().map(|(_, info)| &**info).filter(|info| !info.options.contains_key(&name));
            if &*name == VERSION && known.len() < infos.len() {
                typer.check(&field.value, &Ty::Version);
            } else if let Some(setting) = Setting::named(&name).filter(|_| known.len() < infos.len()) {
                typer.setting(setting, &others().collect::<Vec<_>>(), field);
            } else if known.is_empty() {
                typer.infer(&field.value);
            }
            // A value is looked at once for each type that it must have.
            let mut types: Vec<&Ty> = Vec::new();
            for option in known {
                if !types.contains(&&option.ty) {
                    typer.option_value(&name, field, option);
                    types.push(&option.ty);
                }
            }
            let taken = &*name == VERSION || Setting::named(&name).is_some();
            for info in others().filter(|_| !taken) {
                typer.checker.unknown_option(info, &name, field.key.span());
            }
        }
    }

    /// Says that a component has no such option.
    pub fn unknown_option(&mut self, info: &Info<'_>, name: &str, span: Span) {
        self.report(no_option(info.component, name, span));
    }

    fn missing_options(&mut self, deploy: &Deploy, name: &Ident, info: &Info<'_>, set: &SetOptions) {
        let (called, span) = (&name.name, name.span);
        let app = deploy.alias.as_ref().map_or(called, |alias| &alias.name);
        let given = |name: &Name| deploy.body.fields.iter().any(|field| field.key.plain().as_ref() == Some(name));
        for (name, option) in info.options.iter().filter(|(_, option)| option.required) {
            // Whether the overlay that sets it is chosen is known only later.
            if given(name) || set.contains_key(&(app.clone(), name.clone())) {
                continue;
            }
            let message = format!("`{}` needs the option `{name}`", info.name());
            let diagnostic =
                Diagnostic::new(Code::MissingOption, span, message).label(option.span, "it has no default");
            self.report(diagnostic.help(format!("add `{{ {name} = ... }}`, of type `{}`", option.ty)));
        }
    }

    fn placement(&mut self, deploy: &Deploy, span: Span, info: &Info<'_>) {
        let name = info.name();
        if deploy.on.is_empty() && self.is_trusted(info.place.0) {
            self.learn_mentions(info);
        }
        if !deploy.on.is_empty() {
            let Some((item, what)) = machine_bound::unplaced(info) else { return };
            let message = format!("`{name}` writes {what} to the output, so it cannot be placed on a machine");
            let diagnostic = Diagnostic::new(Code::WrongKind, span, message).label(item, "not an absolute path");
            return self.report(diagnostic.help("deploy it without `on`"));
        }
        let (at, what) = match (machine_bound::bound(info), self.sink.mentions.get(&info.place)) {
            (Some((at, what)), _) => (at, format!("{what} needs a machine")),
            (None, Some((at, word))) => (*at, format!("`{word}` exists only on a machine")),
            (None, None) => return,
        };
        let message = format!("`{name}` needs machines, but is deployed on none");
        let diagnostic = Diagnostic::new(Code::NotPlaced, span, message).label(at, what);
        self.report(diagnostic.help(format!("add machines: `deploy {name} on ...`, with `*` for every machine")));
    }
}

impl<'p> Typer<'_, 'p> {
    /// Checks the value given to an option.
    pub fn option_value(&mut self, name: &str, field: &'p Field, option: &OptionInfo) {
        self.checker.refer(field.key.span(), Target::Declared(NameKind::Option, option.span));
        let wanted = if field.optional { Ty::optional(option.ty.clone()) } else { option.ty.clone() };
        self.option_expr(name, &field.value, &wanted, option);
    }

    /// The same for a value that stands in no field.
    pub fn option_expr(&mut self, name: &str, value: &'p Expr, wanted: &Ty, option: &OptionInfo) {
        let found = self.check_declared(value, wanted, option.span, "declared");
        if found.is_secret() && !option.ty.is_secret() {
            let message = format!("the option `{name}` is not secret, so its component could expose it");
            let diagnostic = mismatch::exposed(value.span, message).label(option.span, "declared here");
            self.checker.report(diagnostic.help("declare the option as `secret<...>`"));
        }
    }
}

/// A component without an option of this name.
pub(super) fn no_option(component: &Component, name: &str, span: Span) -> Diagnostic {
    let options = component.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Option(option) => Some(&option.name.name),
        _ => None,
    });
    let names = || options.clone().map(|key| &**key);
    let fallback = match names().next() {
        None => "it has no options".into(),
        Some(_) => format!("its options are {}", List::ticked(names()).most(20)),
    };
    let message = format!("`{}` has no option `{name}`", component.name.name);
    let diagnostic = Diagnostic::new(Code::UnknownOption, span, message).label(component.name.span, "the component");
    diagnostic.help(did_you_mean(name, names(), &fallback)).fix_near(span)
}
