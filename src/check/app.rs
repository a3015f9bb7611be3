//! The applications of a model: what each `deploy` brings.

use std::collections::HashSet;
use std::rc::Rc;

use indexmap::IndexMap;

use super::checker::Checker;
use super::component::Info;
use super::group::GroupedStatement;
use super::ty::Ty;
use super::{ModuleId, SymbolKind};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{Deploy, DeployName, Ident, Name, StatementKind};

/// One application.
#[derive(Clone)]
pub struct App<'p> {
    /// Where its name is said.
    pub span: Span,
    pub info: Rc<Info<'p>>,
    pub deploy: &'p Deploy,
}

/// All applications by name.
#[derive(Default)]
pub struct Apps<'p> {
    pub by_name: IndexMap<Name, App<'p>>,
    /// Those whose component is known only later: deployed through a param, or not to be found.
    pub open: HashSet<Name>,
}

/// What one name after `deploy` stands for.
pub enum Deployed<'p> {
    Known(Rc<Info<'p>>),
    /// A param that holds one.
    Param,
    Unknown,
}

impl<'p> Apps<'p> {
    /// Finds all applications; says which names are taken twice.
    pub fn find(checker: &mut Checker<'p>) -> Self {
        let mut apps = Apps::default();
        for part in checker.groups.parts.clone() {
            if let StatementKind::Deploy(deploy) = &part.statement.kind {
                deploy.components.iter().for_each(|name| apps.add(checker, part, deploy, name));
            }
        }
        apps
    }

    fn add(&mut self, checker: &mut Checker<'p>, part: GroupedStatement<'p>, deploy: &'p Deploy, name: &'p DeployName) {
        // An application is called as its `deploy` says: by its alias, or by the name of the component or the param there.
        let called = deploy.alias.as_ref().unwrap_or(&name.name);
        match checker.deployed(part.module, name) {
            Deployed::Known(info) => {
                self.named(checker, part, called.name.clone(), App { span: called.span, info, deploy });
            }
            Deployed::Param | Deployed::Unknown => {
                self.open.insert(called.name.clone());
            }
        }
    }

    fn named(&mut self, checker: &mut Checker<'p>, part: GroupedStatement<'p>, name: Name, app: App<'p>) {
        let Some(first) = self.by_name.get(&name) else {
            self.by_name.insert(name, app);
            return;
        };
        // An overlay may drop the one and add the other; one alias for several components is said elsewhere.
        if part.added || std::ptr::eq(first.deploy, app.deploy) && app.deploy.alias.is_some() {
            return;
        }
        let message = format!("two applications are named `{name}`");
        let diagnostic = Diagnostic::new(Code::DuplicateName, app.span, message).label(first.span, "the first one");
        let help = match app.deploy.alias {
            Some(_) => "rename one of them".into(),
            None => format!("set another name: `deploy {} as other-{name}`", app.info.name()),
        };
        checker.report(diagnostic.help(help));
    }
}

fn wanted(name: &DeployName) -> SymbolKind {
    if name.param { SymbolKind::Param } else { SymbolKind::Component }
}

impl<'p> Checker<'p> {
    /// What a name after `deploy` stands for, without saying anything.
    pub fn deployed(&mut self, module: ModuleId, name: &DeployName) -> Deployed<'p> {
        let Some(symbol) = self.program.lookup(module, &name.name.name, wanted(name)) else { return Deployed::Unknown };
        match (symbol.kind, name.param) {
            (SymbolKind::Component, false) => self.info(symbol).map_or(Deployed::Unknown, Deployed::Known),
            (SymbolKind::Param, true) => Deployed::Param,
            _ => Deployed::Unknown,
        }
    }

    /// The same, with everything that is wrong with it said.
    pub fn deployed_name(&mut self, module: ModuleId, name: &DeployName) -> Deployed<'p> {
        if name.param {
            self.deployed_param(module, &name.name);
        } else {
            match self.program.lookup(module, &name.name.name, SymbolKind::Component) {
                Some(symbol) if symbol.kind == SymbolKind::Param => self.unmarked_param(&name.name),
                _ => {
                    self.reference(module, &name.name, SymbolKind::Component);
                }
            }
        }
        self.deployed(module, name)
    }

    fn deployed_param(&mut self, module: ModuleId, name: &Ident) {
        if let Some(symbol) = self.program.lookup(module, &name.name, SymbolKind::Param)
            && symbol.kind == SymbolKind::Component
        {
            let message = format!("`{}` is a component; `$` is only for a param that holds a component", name.name);
            let diagnostic = Diagnostic::new(Code::WrongKind, name.span, message).label(symbol.span, "declared here");
            return self.report(diagnostic.help(format!("use `deploy {}`", name.name)));
        }
        let Some(symbol) = self.reference(module, name, SymbolKind::Param) else { return };
        let ty = self.param(symbol);
        if !matches!(ty, Ty::Component(_) | Ty::Error) {
            let message = format!("the param `{}` is of type `{ty}`, not a component", name.name);
            let diagnostic = Diagnostic::new(Code::WrongKind, name.span, message).label(symbol.span, "declared here");
            self.report(diagnostic.help(format!("declare it as `param {}: component`", name.name)));
        }
    }

    fn unmarked_param(&mut self, name: &Ident) {
        let message = format!("expected a component, found the param `{}`", name.name);
        let diagnostic = Diagnostic::new(Code::WrongKind, name.span, message);
        let diagnostic = diagnostic.help(format!("use `${}` for the component in the param", name.name));
        self.report(diagnostic.safe_fix(name.span, format!("${}", name.name), "deploy the component in the param"));
    }
}
