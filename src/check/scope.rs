//! The names of each file.
//!
//! In: loaded files. Out: the scope of every module (its own names and those it imports), and every name that was
//! declared twice or imported but not there.

use std::collections::HashSet;

use super::load::{Import, Loaded};
use super::order::{order, report};
use super::{ModuleId, Names, Namespace, Program, Symbol, SymbolKind};
use crate::diag::{Code, Diagnostic, did_you_mean};
use crate::hash::IndexMap;
use crate::source::Span;
use crate::syntax::ast::{self, Ident, Name, StatementKind};
use crate::text::List;

/// What could not be imported; nothing is reported about such names later.
#[derive(Clone, Debug, Default)]
pub struct Lost {
    /// A whole file is missing, so any name may have come from it.
    pub all: bool,
    pub names: HashSet<Name>,
}

/// A program with its scopes.
#[derive(Debug, Default)]
pub struct Resolved {
    pub program: Program,
    /// What each module passes on to those that use it.
    pub exports: Vec<Names>,
    pub lost: Vec<Lost>,
    /// For each module its imports that found their file.
    pub imports: Vec<Vec<Import>>,
    pub broken: Vec<bool>,
    /// Where the syntax errors are.
    pub syntax: Vec<Span>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Resolves the imports of all modules.
pub fn resolve(loaded: Loaded) -> Resolved {
    let Loaded { program, imports, broken, syntax, diagnostics } = loaded;
    let count = program.modules.len();
    let mut resolved = Resolved {
        program,
        exports: vec![Names::default(); count],
        lost: vec![Lost::default(); count],
        imports: Vec::new(),
        broken,
        syntax,
        diagnostics,
    };
    let order = order(&imports);
    let cycles = order.cycles.iter().filter_map(|cycle| report(cycle, &resolved.program.sources));
    resolved.diagnostics.extend(cycles.collect::<Vec<_>>());
    // The files of a cycle cannot all come after what they import, so some of their names are not there.
    order.cycles.iter().flatten().for_each(|(id, _)| resolved.lost[id.0 as usize].all = true);
    for id in order.modules {
        let filled = Scope::new(&resolved, id).fill(&imports[id.0 as usize]);
        resolved.keep(id, filled);
    }
    resolved.imports = imports;
    resolved
}

impl Resolved {
    fn keep(&mut self, id: ModuleId, scope: Filled) {
        let index = id.0 as usize;
        self.program.modules[index].scope = scope.names;
        self.exports[index] = scope.exports;
        self.lost[index] = scope.lost;
        self.diagnostics.extend(scope.diagnostics);
    }
}

/// The kind of symbol that a statement declares, and its name.
pub fn declared(statement: &ast::Statement) -> Option<(SymbolKind, &Ident)> {
    match &statement.kind {
        StatementKind::Param(param) => Some((SymbolKind::Param, &param.name)),
        StatementKind::Let(item) => Some((SymbolKind::Let, &item.name)),
        StatementKind::Machines(machines) => Some((SymbolKind::Machines, &machines.name)),
        StatementKind::Component(component) => Some((SymbolKind::Component, &component.name)),
        StatementKind::Interface(interface) => Some((SymbolKind::Interface, &interface.name)),
        StatementKind::Authority(item) => Some((SymbolKind::Authority, &item.name)),
        StatementKind::Keypair(item) => Some((SymbolKind::Keypair, &item.name)),
        StatementKind::Secret(item) => Some((SymbolKind::Secret, &item.name)),
        _ => None,
    }
}

/// Whether a statement imports something.
pub fn is_use(kind: &StatementKind) -> bool {
    matches!(kind, StatementKind::Use(_))
}

struct Filled {
    names: Names,
    exports: Names,
    lost: Lost,
    diagnostics: Vec<Diagnostic>,
}

struct Scope<'r> {
    resolved: &'r Resolved,
    id: ModuleId,
    /// Where each name came into this file: its declaration, or the `use` that imports it.
    places: IndexMap<(Namespace, Name), Span>,
    out: Filled,
}

impl<'r> Scope<'r> {
    fn new(resolved: &'r Resolved, id: ModuleId) -> Self {
        let out = Filled {
            names: Names::default(),
            exports: Names::default(),
            lost: resolved.lost[id.0 as usize].clone(),
            diagnostics: Vec::new(),
        };
        Self { resolved, id, places: IndexMap::default(), out }
    }

    fn fill(mut self, imports: &[Import]) -> Filled {
        self.own();
        let resolved = self.resolved;
        for (index, statement) in resolved.program.module(self.id).file.of_kind(is_use) {
            let StatementKind::Use(item) = &statement.kind else { continue };
            let import = imports.iter().find(|import| import.statement as usize == index);
            match import {
                Some(import) => self.import(item, import.target),
                None => self.lose(item),
            }
        }
        self.out
    }

    fn own(&mut self) {
        let resolved = self.resolved;
        for (index, statement) in resolved.program.module(self.id).file.statements.iter().enumerate() {
            let Some((kind, name)) = declared(statement.origin()) else { continue };
            let span = statement.now(name.span);
            let symbol = Symbol { kind, module: self.id, statement: index as u32, span };
            if self.insert(&name.name, symbol, span) {
                self.out.exports.insert(name.name.clone(), symbol);
            }
        }
    }

    /// Takes a name in; says so and returns false when it already stands for something else.
    fn insert(&mut self, name: &Name, symbol: Symbol, span: Span) -> bool {
        let namespace = symbol.kind.namespace();
        match self.out.names.of(name, namespace) {
            Some(known) if *known == symbol => true,
            Some(known) => {
                let diagnostic = self.clash(name, *known, symbol, span);
                self.out.diagnostics.push(diagnostic);
                false
            }
            None => {
                self.out.names.insert(name.clone(), symbol);
                self.places.insert((namespace, name.clone()), span);
                true
            }
        }
    }

    fn clash(&self, name: &Name, known: Symbol, symbol: Symbol, span: Span) -> Diagnostic {
        let earlier = self.places.get(&(known.kind.namespace(), name.clone())).copied().unwrap_or(known.span);
        let imported = symbol.module != self.id || known.module != self.id;
        let diagnostic = Diagnostic::new(Code::DuplicateName, span, format!("`{name}` is declared twice in this file"));
        let mut diagnostic = match symbol.module == self.id {
            true => diagnostic.here("declared again here"),
            false => diagnostic.here("imported again here").label(symbol.span, "declared here"),
        };
        diagnostic = match known.module == self.id {
            true => diagnostic.label(earlier, "first declared here"),
            false => diagnostic.label(earlier, "first imported here").label(known.span, "declared here"),
        };
        match imported {
            true if symbol.module != self.id && known.module == self.id => {
                let own = known.kind.noun().rsplit(' ').next().unwrap_or_default();
                let more = format!("rename the {own}, for example `{name}-{own}`");
                diagnostic.help(format!("{more}, or import the other one under another name: `{{ {name} as other }}`"))
            }
            true => diagnostic.help(format!("import it under another name: `{{ {name} as other }}`")),
            false => diagnostic.help("rename one of them"),
        }
    }

    fn import(&mut self, item: &ast::Use, target: ModuleId) {
        let resolved = self.resolved;
        let Some(names) = &item.names else { return self.import_all(item, target) };
        for wanted in names {
            let exports = &resolved.exports[target.0 as usize];
            exports.all(&wanted.name.name).for_each(|symbol| self.bring(item, wanted, *symbol));
            if !exports.contains_key(&wanted.name.name) {
                self.not_exported(item, wanted, target);
            }
        }
    }

    fn bring(&mut self, item: &ast::Use, wanted: &ast::UseName, symbol: Symbol) {
        let here = wanted.alias.as_ref().unwrap_or(&wanted.name);
        if self.insert(&here.name, symbol, here.span) && item.export {
            self.out.exports.insert(here.name.clone(), symbol);
        }
    }

    fn import_all(&mut self, item: &ast::Use, target: ModuleId) {
        let resolved = self.resolved;
        self.out.lost.all |= resolved.lost[target.0 as usize].all;
        for (name, symbol) in resolved.exports[target.0 as usize].iter() {
            if self.insert(name, *symbol, item.path.span) && item.export {
                self.out.exports.insert(name.clone(), *symbol);
            }
        }
    }

    fn lose(&mut self, item: &ast::Use) {
        let Some(names) = &item.names else {
            self.out.lost.all = true;
            return;
        };
        let here = names.iter().map(|name| name.alias.as_ref().unwrap_or(&name.name).name.clone());
        self.out.lost.names.extend(here);
    }

    fn not_exported(&mut self, item: &ast::Use, wanted: &ast::UseName, target: ModuleId) {
        let resolved = self.resolved;
        let here = wanted.alias.as_ref().unwrap_or(&wanted.name);
        self.out.lost.names.insert(here.name.clone());
        let lost = &resolved.lost[target.0 as usize];
        if lost.all || lost.names.contains(&wanted.name.name) || resolved.broken[target.0 as usize] {
            return;
        }
        let module = resolved.program.module(target);
        let name = &wanted.name.name;
        let message = format!("`{}` has no public name `{name}`", item.path.name);
        let diagnostic = Diagnostic::new(Code::UnknownName, wanted.name.span, message);
        self.out.diagnostics.push(match module.scope.get(name) {
            Some(symbol) => diagnostic
                .label(symbol.span, "declared here")
                .help("that file only imports the name; import it from the file that declares it"),
            None => {
                let exports = &resolved.exports[target.0 as usize];
                let fallback = format!("its names are {}", List::ticked(exports.keys()).most(20));
                diagnostic.help(did_you_mean(name, exports.keys().map(|n| &**n), &fallback))
            }
        });
    }
}
