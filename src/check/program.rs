//! A program: the files of a model with their names resolved.

use std::path::PathBuf;
use std::sync::Arc;

use super::symbols::{Names, Namespace};
use crate::source::{SourceId, Sources, Span};
use crate::syntax::ast;

/// The number of a module within one [`Program`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ModuleId(pub u32);

/// All files that a model is made of. `modules[0]` is the file the compile started from; an imported file comes after
/// the first one that imports it.
#[derive(Debug, Default)]
pub struct Program {
    pub sources: Sources,
    pub modules: Vec<Module>,
    /// Values that override those of the model, by their paths: `wrk.count`. They come after all overlays.
    pub overrides: Vec<(String, ast::Expr)>,
}

/// One file.
#[derive(Debug)]
pub struct Module {
    pub source: SourceId,
    /// Where relative imports, `read` and `template` start from.
    pub place: ModulePlace,
    pub file: Arc<ast::File>,
    /// The lossless tree it was read from.
    pub tree: rowan::GreenNode,
    /// Every name that can be used in the file: its own, and those it imports.
    pub scope: Names,
}

/// Where a module comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ModulePlace {
    /// A path inside the embedded standard library: `etcd/etcd.km`.
    Standard(PathBuf),
    /// A path of the world.
    File(PathBuf),
}

/// What a name stands for: a statement of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Symbol {
    pub kind: SymbolKind,
    pub module: ModuleId,
    /// Index into the module's `file.statements`.
    pub statement: u32,
    /// Where the name is declared.
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SymbolKind {
    Param,
    Let,
    Machines,
    Component,
    Interface,
    Authority,
    Keypair,
    Secret,
}

/// A statement of a module.
pub type StatementId = (ModuleId, u32);

impl Program {
    /// The module with this number.
    pub fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0 as usize]
    }

    /// The statement that a symbol stands for.
    pub fn statement(&self, symbol: Symbol) -> &ast::Statement {
        &self.module(symbol.module).file.statements[symbol.statement as usize]
    }

    /// The same as it was first read, for what does not ask where something is.
    pub fn as_read(&self, symbol: Symbol) -> &ast::Statement {
        self.module(symbol.module).file.statements[symbol.statement as usize].origin()
    }

    /// What a name stands for in a module where this kind of thing is wanted; else what else it stands for.
    pub fn lookup(&self, module: ModuleId, name: &str, wanted: SymbolKind) -> Option<Symbol> {
        let scope = &self.module(module).scope;
        scope.of(name, wanted.namespace()).or_else(|| scope.get(name)).copied()
    }

    /// What a name stands for in a module where a value is wanted: a group is one, where nothing else is.
    pub fn value(&self, module: ModuleId, name: &str) -> Option<Symbol> {
        let scope = &self.module(module).scope;
        let of = |namespace| scope.of(name, namespace);
        of(Namespace::Values).or_else(|| of(Namespace::Groups)).or_else(|| scope.get(name)).copied()
    }

    /// The component that a symbol stands for.
    pub fn component(&self, symbol: Symbol) -> Option<&ast::Component> {
        match &self.statement(symbol).kind {
            ast::StatementKind::Component(component) => Some(component),
            _ => None,
        }
    }

    /// The interface that a symbol stands for.
    pub fn interface(&self, symbol: Symbol) -> Option<&ast::Interface> {
        match &self.statement(symbol).kind {
            ast::StatementKind::Interface(interface) => Some(interface),
            _ => None,
        }
    }

    /// Whether a module is of the standard library.
    pub fn is_library(&self, id: ModuleId) -> bool {
        matches!(self.module(id).place, ModulePlace::Standard(_))
    }

    /// The modules that make up the model itself: all that are not of the standard library.
    pub fn own_modules(&self) -> impl Iterator<Item = (ModuleId, &Module)> {
        self.modules
            .iter()
            .enumerate()
            .filter(|(_, module)| matches!(module.place, ModulePlace::File(_)))
            .map(|(index, module)| (ModuleId(index as u32), module))
    }
}
