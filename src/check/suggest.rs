//! What may have been meant by a name that nothing has.
//!
//! Only reached when something is wrong, so it may take its time.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::load::{file_declares, standard_names};
use super::scope::{Resolved, declared, is_use};
use super::{ModuleId, ModulePlace, SymbolKind};
use crate::source::{SourceId, Span};
use crate::stdlib;
use crate::syntax;
use crate::syntax::ast::Name;

/// An import that would bring a name.
pub struct Import {
    /// The whole line: `use std/cni { calico }`.
    pub line: String,
    /// Where `text` is to be written.
    pub span: Span,
    pub text: String,
}

/// Whether a name may come from what could not be read.
pub fn is_lost(resolved: &Resolved, module: ModuleId, name: &str) -> bool {
    let lost = &resolved.lost[module.0 as usize];
    lost.all || lost.names.contains(name) || in_broken_text(resolved, name)
}

/// A file with syntax errors may declare it in a statement that was not read.
fn in_broken_text(resolved: &Resolved, name: &str) -> bool {
    let broken = resolved.broken.iter().zip(&resolved.program.modules).filter(|(broken, _)| **broken);
    broken.map(|(_, module)| &resolved.program.sources.get(module.source).text).any(|text| file_declares(text, name))
}

/// The import that would bring `name` from the standard library.
pub fn import(resolved: &Resolved, module: ModuleId, name: &str) -> Option<Import> {
    if matches!(resolved.program.module(module).place, ModulePlace::Standard(_)) {
        return None;
    }
    let path = standard_module(name)?;
    let line = format!("use {path} {{ {name} }}");
    let (at, text) = place(resolved, module, &line);
    Some(Import { line, span: at, text })
}

/// The names that files of the standard library declare, each with its file: `etcd` and `std/etcd`.
pub fn standard() -> impl Iterator<Item = (&'static Name, String)> {
    let mut list: Vec<_> = STANDARD.iter().map(|(name, (module, _))| (name, format!("std/{module}"))).collect();
    list.sort();
    list.into_iter()
}

/// What a name of the standard library declares.
pub fn standard_kind(name: &str) -> Option<SymbolKind> {
    STANDARD.get(name).map(|(_, kind)| *kind)
}

fn standard_module(name: &str) -> Option<String> {
    STANDARD.get(name).map(|(module, _)| format!("std/{module}"))
}

/// Which file of the standard library declares a name.
static STANDARD: LazyLock<HashMap<Name, (String, SymbolKind)>> = LazyLock::new(|| {
    let mut names = HashMap::new();
    for (path, module) in stdlib::modules().into_iter().zip(standard_names()) {
        let file = syntax::parse(SourceId(0), stdlib::read(path).expect("a module is a file")).file;
        for (kind, ident) in file.statements.iter().filter_map(|statement| declared(statement)) {
            names.entry(ident.name.clone()).or_insert_with(|| (module.clone(), kind));
        }
    }
    names
});

/// After the last `use`, or before the first statement.
fn place(resolved: &Resolved, module: ModuleId, line: &str) -> (Span, String) {
    let module = resolved.program.module(module);
    let statements = &module.file.statements;
    let last = statements.iter().rfind(|statement| statement.is(is_use));
    match (last, statements.first()) {
        (Some(statement), _) => {
            let end = statement.span().end;
            (Span::new(module.source, end, end), format!("\n{line}"))
        }
        (None, Some(statement)) => {
            let start = statement.span().start;
            (Span::new(module.source, start, start), format!("{line}\n\n"))
        }
        (None, None) => (Span::new(module.source, 0, 0), format!("{line}\n")),
    }
}
