//! One check: the program, what the check is for, and what is known and found so far.

use std::rc::Rc;

use super::annotation;
use super::component::Info;
use super::group::Groups;
use super::index::Index;
use super::interface::InterfaceInfo;
use super::memo::{LetMemo, Memos};
use super::mode::Mode;
use super::program::StatementId;
use super::scope::Resolved;
use super::sink::Sink;
use super::ty::Ty;
use super::typing::env::{Env, Sight};
use super::typing::expr::Typer;
use super::{ModuleId, Program, Symbol};
use crate::diag::Diagnostic;
use crate::syntax::ast::{self, StatementKind};

pub struct Checker<'p> {
    pub program: &'p Program,
    pub resolved: &'p Resolved,
    pub groups: Groups<'p>,
    pub mode: Mode,
    pub sink: Sink,
    /// What the names met so far stand for.
    pub index: Index,
    memos: Memos<'p>,
}

impl<'p> Checker<'p> {
    pub fn new(resolved: &'p Resolved, mode: Mode) -> Self {
        Self {
            program: &resolved.program,
            resolved,
            groups: Groups::new(&resolved.program),
            index: Index { kept: matches!(mode, Mode::Editor(_)), ..Index::default() },
            mode,
            sink: Sink::default(),
            memos: Memos::default(),
        }
    }

    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.sink.report(diagnostic);
    }

    /// Whether nothing can be wrong in a module.
    pub fn is_trusted(&self, module: ModuleId) -> bool {
        // A file of the library that is checked for itself is not.
        self.mode.trusts_library() && self.program.is_library(module) && module != ModuleId(0)
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
        if let Some(memo) = self.memos.lets.get(&place) {
            return memo.ty();
        }
        let program = self.program;
        let StatementKind::Let(item) = &program.statement(symbol).kind else { return Ty::Error };
        self.memos.lets.insert(place, LetMemo::Open);
        let ty = self.file(symbol.module).binding(item);
        self.typed(item.name.span, &ty);
        self.memos.lets.insert(place, LetMemo::Done(ty.clone()));
        ty
    }

    /// The type of a component's `let`, by the number of its item.
    pub fn local_let(&mut self, info: &Rc<Info<'p>>, index: usize) -> Ty {
        let key = (info.place, index);
        if let Some(memo) = self.memos.local_lets.get(&key) {
            return memo.ty();
        }
        let ast::ItemKind::Let(item) = &info.component.items[index].kind else { return Ty::Error };
        self.memos.local_lets.insert(key, LetMemo::Open);
        let ty = self.inside(info).binding(item);
        self.typed(item.name.span, &ty);
        self.memos.local_lets.insert(key, LetMemo::Done(ty.clone()));
        ty
    }

    /// The type of a `param`.
    pub fn param(&mut self, symbol: Symbol) -> Ty {
        let place = (symbol.module, symbol.statement);
        if let Some(ty) = self.memos.params.get(&place) {
            return ty.clone();
        }
        let program = self.program;
        let StatementKind::Param(param) = &program.statement(symbol).kind else { return Ty::Error };
        let ty = self.annotation(symbol.module, &param.ty);
        self.memos.params.insert(place, ty.clone());
        ty
    }

    /// What a component declares.
    pub fn info(&mut self, symbol: Symbol) -> Option<Rc<Info<'p>>> {
        let place = (symbol.module, symbol.statement);
        if let Some(info) = self.memos.infos.get(&place) {
            return Some(info.clone());
        }
        let program = self.program;
        let component = program.component(symbol)?;
        let info = Rc::new(Info::read(self, place, component));
        self.memos.infos.insert(place, info.clone());
        Some(info)
    }

    /// Reads what a component declares again when it is asked for.
    pub fn forget_info(&mut self, place: StatementId) {
        self.memos.infos.remove(&place);
    }

    /// What an interface declares.
    pub fn interface(&mut self, symbol: Symbol) -> Option<Rc<InterfaceInfo>> {
        let place = (symbol.module, symbol.statement);
        if let Some(info) = self.memos.interfaces.get(&place) {
            return Some(info.clone());
        }
        let program = self.program;
        let interface = program.interface(symbol)?;
        let info = Rc::new(InterfaceInfo::read(self, place.0, interface));
        self.memos.interfaces.insert(place, info.clone());
        Some(info)
    }
}
