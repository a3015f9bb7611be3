//! The state of one check: what is known of each declaration, each computed once, and the problems found so far.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::annotation;
use super::component::Info;
use super::group::Groups;
use super::incremental::{Incremental, Snapshot};
use super::index::Index;
use super::interface::InterfaceInfo;
use super::probe::Probe;
use super::scope::Resolved;
use super::ty::Ty;
use super::typing::env::{Env, Sight};
use super::typing::expr::Typer;
use super::{ModuleId, ModulePlace, Program, Symbol};
use crate::diag::Diagnostic;
use crate::source::{SourceId, Span};
use crate::syntax::ast::{self, Name, StatementKind};

/// A statement of a module.
pub type StatementId = (ModuleId, u32);

pub struct Checker<'p> {
    pub program: &'p Program,
    pub resolved: &'p Resolved,
    pub groups: Groups<'p>,
    pub diagnostics: Vec<Diagnostic>,
    /// Where a component first mentions what only a machine has.
    pub mentions: HashMap<StatementId, (Span, Name)>,
    /// How often a name that may have been meant was looked for: each time takes long, and nobody reads hundreds.
    pub suggested: usize,
    /// How often a name was not known.
    pub unknown: usize,
    /// What the names met so far stand for.
    pub index: Index,
    /// Whether the standard library is taken to be right, as its own tests say it is.
    pub trusting: bool,
    /// The files that are taken to be right.
    pub hidden: HashSet<SourceId>,
    /// What the check before found.
    pub incremental: Option<Incremental>,
    /// A place of which everything is to be known.
    pub probe: Option<Probe>,
    lets: HashMap<StatementId, Memo>,
    local_lets: HashMap<(StatementId, usize), Memo>,
    params: HashMap<StatementId, Ty>,
    infos: HashMap<StatementId, Rc<Info<'p>>>,
    interfaces: HashMap<StatementId, Rc<InterfaceInfo>>,
}

#[derive(Clone)]
enum Memo {
    Open,
    Done(Ty),
}

impl<'p> Checker<'p> {
    pub fn new(resolved: &'p Resolved) -> Self {
        Self {
            program: &resolved.program,
            resolved,
            groups: Groups::new(&resolved.program),
            diagnostics: Vec::new(),
            mentions: HashMap::new(),
            suggested: 0,
            unknown: 0,
            index: Index::default(),
            trusting: false,
            hidden: HashSet::new(),
            incremental: None,
            probe: None,
            lets: HashMap::new(),
            local_lets: HashMap::new(),
            params: HashMap::new(),
            infos: HashMap::new(),
            interfaces: HashMap::new(),
        }
    }

    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Takes the standard library to be right, keeps what names stand for, and takes up what was found before.
    pub fn trust(&mut self, before: Snapshot) {
        (self.trusting, self.index.kept) = (true, true);
        self.incremental = Some(Incremental::new(before));
        let modules = (0..self.program.modules.len() as u32).map(ModuleId);
        let trusted = modules.filter(|module| self.is_trusted(*module));
        self.hidden = trusted.map(|module| self.program.module(module).source).collect();
    }

    /// Whether nothing can be wrong in a module.
    pub fn is_trusted(&self, module: ModuleId) -> bool {
        let standard = matches!(self.program.module(module).place, ModulePlace::Standard(_));
        self.trusting && standard && module != ModuleId(0)
    }

    /// A typer for expressions at the top of a file.
    pub fn file(&mut self, module: ModuleId) -> Typer<'_, 'p> {
        Typer::new(self, Env::new(module, Sight::File))
    }

    /// A typer for expressions inside a component.
    pub fn inside(&mut self, info: &Rc<Info<'p>>) -> Typer<'_, 'p> {
        let module = info.place.0;
        Typer::new(self, Env::new(module, Sight::Component(info.clone())))
    }

    /// The type that an annotation stands for.
    pub fn annotation(&mut self, module: ModuleId, ty: &'p ast::Type) -> Ty {
        annotation::read(self, module, ty)
    }

    /// The type of a file's `let`.
    pub fn file_let(&mut self, symbol: Symbol) -> Ty {
        let place = (symbol.module, symbol.statement);
        match self.lets.get(&place) {
            Some(Memo::Done(ty)) => return ty.clone(),
            // A cycle, which is reported where cycles are looked for.
            Some(Memo::Open) => return Ty::Error,
            None => {}
        }
        let program = self.program;
        let StatementKind::Let(item) = &program.statement(symbol).kind else { return Ty::Error };
        self.lets.insert(place, Memo::Open);
        let ty = self.file(symbol.module).binding(item);
        self.typed(item.name.span, &ty);
        self.lets.insert(place, Memo::Done(ty.clone()));
        ty
    }

    /// The type of a component's `let`, by the number of its item.
    pub fn local_let(&mut self, info: &Rc<Info<'p>>, index: usize) -> Ty {
        let key = (info.place, index);
        match self.local_lets.get(&key) {
            Some(Memo::Done(ty)) => return ty.clone(),
            Some(Memo::Open) => return Ty::Error,
            None => {}
        }
        let ast::ItemKind::Let(item) = &info.component.items[index].kind else { return Ty::Error };
        self.local_lets.insert(key, Memo::Open);
        let ty = self.inside(info).binding(item);
        self.typed(item.name.span, &ty);
        self.local_lets.insert(key, Memo::Done(ty.clone()));
        ty
    }

    /// The type of a `param`.
    pub fn param(&mut self, symbol: Symbol) -> Ty {
        let place = (symbol.module, symbol.statement);
        if let Some(ty) = self.params.get(&place) {
            return ty.clone();
        }
        let program = self.program;
        let StatementKind::Param(param) = &program.statement(symbol).kind else { return Ty::Error };
        let ty = self.annotation(symbol.module, &param.ty);
        self.params.insert(place, ty.clone());
        ty
    }

    /// What a component declares.
    pub fn info(&mut self, symbol: Symbol) -> Option<Rc<Info<'p>>> {
        let place = (symbol.module, symbol.statement);
        if let Some(info) = self.infos.get(&place) {
            return Some(info.clone());
        }
        let program = self.program;
        let component = program.component(symbol)?;
        let info = Rc::new(Info::read(self, place, component));
        self.infos.insert(place, info.clone());
        Some(info)
    }

    /// Reads what a component declares again when it is asked for.
    pub fn forget_info(&mut self, place: StatementId) {
        self.infos.remove(&place);
    }

    /// What an interface declares.
    pub fn interface(&mut self, symbol: Symbol) -> Option<Rc<InterfaceInfo>> {
        let place = (symbol.module, symbol.statement);
        if let Some(info) = self.interfaces.get(&place) {
            return Some(info.clone());
        }
        let program = self.program;
        let interface = program.interface(symbol)?;
        let info = Rc::new(InterfaceInfo::read(self, place.0, interface));
        self.interfaces.insert(place, info.clone());
        Some(info)
    }
}
