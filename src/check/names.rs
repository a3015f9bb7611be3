//! What a name stands for, and what to say when it stands for nothing.

use std::rc::Rc;

use super::checker::Checker;
use super::component::{Info, Local};
use super::index::{NameKind, Target};
use super::prelude;
use super::suggest;
use super::ty::Ty;
use super::typing::env::Sight;
use super::typing::expr::Typer;
use super::{ModuleId, Symbol, SymbolKind};
use crate::diag::{Code, Diagnostic, Help, closest};
use crate::facts::former;
use crate::syntax::ast::{Ident, Name};
use crate::text::List;

/// Names of the language that a declaration may not take.
pub(super) const RESERVED: [&str; 7] = ["cluster", "option", "machine", "unit", "app", "machines", "target"];

impl SymbolKind {
    /// How it is called in messages, with its article.
    pub fn noun(self) -> &'static str {
        match self {
            SymbolKind::Param => "a param",
            SymbolKind::Let => "a let",
            SymbolKind::Machines => "a machine group",
            SymbolKind::Component => "a component",
            SymbolKind::Interface => "an interface",
            SymbolKind::Authority => "an authority",
            SymbolKind::Keypair => "a key pair",
            SymbolKind::Secret => "a secret",
        }
    }
}

impl<'p> Checker<'p> {
    /// The symbol that a name must stand for; says so when it does not.
    pub fn reference(&mut self, module: ModuleId, name: &Ident, kind: SymbolKind) -> Option<Symbol> {
        match self.program.lookup(module, &name.name, kind) {
            Some(symbol) if symbol.kind == kind => {
                self.refer(name.span, Target::symbol(symbol));
                Some(symbol)
            }
            Some(symbol) => {
                self.wrong_kind(name, symbol, kind.noun());
                None
            }
            None => {
                let known = self.names_of_kind(module, kind);
                self.unknown_name(module, name, kind.noun(), &known);
                None
            }
        }
    }

    /// Says that a name stands for something else than `wanted`.
    pub fn wrong_kind(&mut self, name: &Ident, symbol: Symbol, wanted: &str) {
        let message = format!("expected {wanted}, found `{}`, {}", name.name, symbol.kind.noun());
        let diagnostic = Diagnostic::new(Code::WrongKind, name.span, message).here(format!("not {wanted}"));
        self.report(diagnostic.label(symbol.span, "declared here"));
    }

    fn names_of_kind(&self, module: ModuleId, kind: SymbolKind) -> Vec<Name> {
        let scope = &self.program.module(module).scope;
        scope.iter().filter(|(_, symbol)| symbol.kind == kind).map(|(name, _)| name.clone()).collect()
    }

    /// Says that a name is not known, unless its file could not be read.
    pub fn unknown_name(&mut self, module: ModuleId, name: &Ident, noun: &str, known: &[Name]) {
        let what = noun.strip_prefix("an ").or(noun.strip_prefix("a ")).unwrap_or(noun);
        let diagnostic = Diagnostic::new(Code::UnknownName, name.span, format!("no {what} is named `{}`", name.name));
        self.unknown(module, name, diagnostic, known);
    }

    fn unknown(&mut self, module: ModuleId, name: &Ident, diagnostic: Diagnostic, known: &[Name]) {
        self.sink.unknown += 1;
        if suggest::is_lost(self.resolved, module, &name.name) {
            return;
        }
        if !self.sink.suggest() {
            return self.report(diagnostic);
        }
        let near = closest(&name.name, known.iter().map(|n| &**n)).map(str::to_owned);
        let import = suggest::import(self.resolved, module, &name.name);
        if let Some(successor) = former::successor(&name.name) {
            return self.report(diagnostic.help(successor));
        }
        let diagnostic = match (import, near) {
            (Some(import), _) => {
                let diagnostic = diagnostic.help(format!("add `{}`", import.line));
                diagnostic.safe_fix(import.span, import.text, format!("add `{}`", import.line))
            }
            (None, Some(near)) => diagnostic.help(Help::near(near)).fix_near(name.span),
            (None, None) if known.is_empty() => diagnostic.help("none are declared in this file"),
            (None, None) => diagnostic.help(format!("the known names are {}", List::ticked(known.iter()).most(20))),
        };
        self.report(diagnostic);
    }
}

impl<'p> Typer<'_, 'p> {
    /// The type of a name's value.
    pub fn name(&mut self, name: &Ident) -> Ty {
        if let Some((ty, span)) = self.env.local(&name.name) {
            let ty = ty.clone();
            self.checker.refer(name.span, Target::Declared(NameKind::Local, span));
            return ty;
        }
        match self.env.sight.clone() {
            Sight::Component(info) => self.component_name(name, &info),
            Sight::Selection => match prelude::machine_field(&name.name) {
                Some(ty) => {
                    self.checker.refer(name.span, Target::Given("machine", name.name.clone()));
                    ty
                }
                None => self.file_name(name),
            },
            Sight::File => self.file_name(name),
        }
    }

    fn component_name(&mut self, name: &Ident, info: &Rc<Info<'p>>) -> Ty {
        if matches!(&*name.name, "machine" | "unit") {
            self.checker.sink.mentions.entry(info.place).or_insert((name.span, name.name.clone()));
        }
        if &*name.name == "option" {
            self.checker.refer(name.span, Target::Given("", name.name.clone()));
            return info.option.clone();
        }
        if let Some(ty) = prelude::in_component(&name.name) {
            self.checker.refer(name.span, Target::Given("", name.name.clone()));
            return ty;
        }
        if let Some(target) = Target::local(info, &name.name) {
            self.checker.refer(name.span, target);
        }
        match info.values.get(&name.name) {
            Some(Local::Let(index)) => self.checker.local_let(info, *index),
            Some(Local::Cert) => prelude::cert(),
            Some(Local::Address) => Ty::Ip,
            Some(Local::Immutable) => prelude::immutable(),
            Some(Local::Manifest) => prelude::manifest(),
            Some(Local::Endpoint) => info.endpoints[&name.name].ty.clone(),
            None => self.scope_name(name),
        }
    }

    fn file_name(&mut self, name: &Ident) -> Ty {
        match prelude::in_file(&name.name) {
            Some(ty) => {
                self.checker.refer(name.span, Target::Given("", name.name.clone()));
                ty
            }
            None => self.scope_name(name),
        }
    }

    fn scope_name(&mut self, name: &Ident) -> Ty {
        let program = self.checker.program;
        match program.value(self.env.module, &name.name) {
            Some(symbol) => {
                self.checker.refer(name.span, Target::symbol(symbol));
                self.symbol(name, symbol)
            }
            None => self.no_such_value(name),
        }
    }

    fn symbol(&mut self, name: &Ident, symbol: Symbol) -> Ty {
        match symbol.kind {
            SymbolKind::Param => self.checker.param(symbol),
            SymbolKind::Let => self.checker.file_let(symbol),
            SymbolKind::Authority => prelude::authority(),
            SymbolKind::Keypair => prelude::keypair(),
            SymbolKind::Secret => prelude::secret(),
            SymbolKind::Component => Ty::Component(None),
            SymbolKind::Machines => self.group(name, symbol),
            SymbolKind::Interface => {
                self.checker.wrong_kind(name, symbol, "a value");
                Ty::Error
            }
        }
    }

    fn group(&mut self, name: &Ident, symbol: Symbol) -> Ty {
        if !matches!(self.env.sight, Sight::Component(_)) {
            return prelude::group();
        }
        let message = format!("a component cannot use the machine group `{}`", name.name);
        let diagnostic = Diagnostic::new(Code::WrongKind, name.span, message).label(symbol.span, "declared here");
        let help = "a component has to work on any machines: use `app.units` or `machines`, or add an `option`";
        self.checker.report(diagnostic.help(help));
        Ty::Error
    }

    fn no_such_value(&mut self, name: &Ident) -> Ty {
        if let Some(span) = self.checker.groups.by_name.get(&name.name).copied()
            && !matches!(self.env.sight, Sight::Component(_))
        {
            self.checker.refer(name.span, Target::Declared(NameKind::Machines, span));
            return prelude::group();
        }
        let known = if self.checker.sink.suggests() { self.visible() } else { Vec::new() };
        let diagnostic = Diagnostic::new(Code::UnknownName, name.span, format!("no value is named `{}`", name.name));
        self.checker.unknown(self.env.module, name, diagnostic, &known);
        Ty::Error
    }

    /// Every name that a value may have here.
    pub fn visible(&self) -> Vec<Name> {
        let mut names: Vec<Name> = self.env.locals.iter().map(|(name, ..)| name.clone()).collect();
        match &self.env.sight {
            Sight::Component(info) => {
                names.extend(info.values.keys().cloned());
                names.extend(RESERVED.iter().map(|name| Name::from(*name)));
            }
            Sight::Selection => names.extend(prelude::machine_fields()),
            Sight::File => names.push("cluster".into()),
        }
        let scope = self.checker.program.module(self.env.module).scope.iter();
        let inside = matches!(self.env.sight, Sight::Component(_));
        let values = scope.filter(|(_, symbol)| match symbol.kind {
            SymbolKind::Interface | SymbolKind::Component => false,
            SymbolKind::Machines => !inside,
            _ => true,
        });
        names.extend(values.map(|(name, _)| name.clone()));
        names
    }
}
