//! The files of a program.
//!
//! In: a root file and a world. Out: every file reachable through `use`, each parsed once, with the edges between them.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::cache::{Cache, Parsed};
use super::place::candidates;
use super::scope::is_use;
use super::{Module, ModuleId, ModulePlace, Program};
use crate::diag::{Code, Diagnostic, Help, did_you_mean};
use crate::source::Span;
use crate::stdlib;
use crate::syntax::Parse;
use crate::syntax::ast::{self, StatementKind};
use crate::text::List;
use crate::world::World;
use crate::world::refusal::{Refusal, reason};

/// One `use` that found its file.
#[derive(Clone, Copy, Debug)]
pub struct Import {
    /// Index into the importing module's statements.
    pub statement: u32,
    pub target: ModuleId,
    /// The path as written.
    pub span: Span,
}

/// The files, their imports, and what was wrong with either.
pub struct Loaded {
    /// Scopes are still empty.
    pub program: Program,
    /// For each module its imports, in source order; one whose file was not found is absent.
    pub imports: Vec<Vec<Import>>,
    /// For each module, whether its text has syntax errors.
    pub broken: Vec<bool>,
    /// Where the syntax errors are.
    pub syntax: Vec<Span>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the root and everything it imports.
pub fn load(world: &dyn World, cache: &mut Cache, root: &ModulePlace) -> Loaded {
    load_with(world, cache, root, None)
}

/// The same with one file as it is given here, instead of as it is.
pub fn load_with(
    world: &dyn World,
    cache: &mut Cache,
    root: &ModulePlace,
    instead: Option<(&ModulePlace, &Arc<Parsed>)>,
) -> Loaded {
    let mut loader = Loader::new(world, cache);
    loader.instead = instead;
    loader.root(root);
    let mut next = 0;
    while next < loader.out.program.modules.len() {
        loader.follow(ModuleId(next as u32));
        next += 1;
    }
    loader.out.program.sources = loader.cache.sources().clone();
    loader.out
}

/// The text of a file.
enum Text {
    Embedded(&'static str),
    Read(Arc<str>),
}

struct Loader<'w> {
    world: &'w dyn World,
    cache: &'w mut Cache,
    instead: Option<(&'w ModulePlace, &'w Arc<Parsed>)>,
    known: HashMap<ModulePlace, ModuleId>,
    out: Loaded,
}

impl<'w> Loader<'w> {
    fn new(world: &'w dyn World, cache: &'w mut Cache) -> Self {
        let out = Loaded {
            program: Program::default(),
            imports: Vec::new(),
            broken: Vec::new(),
            syntax: Vec::new(),
            diagnostics: Vec::new(),
        };
        Self { world, cache, instead: None, known: HashMap::new(), out }
    }

    fn root(&mut self, place: &ModulePlace) {
        match self.read(place) {
            Ok(text) => {
                self.add(place.clone(), text);
            }
            Err(error) => {
                let id = self.add(place.clone(), Text::Embedded(""));
                let span = Span::new(self.out.program.module(id).source, 0, 0);
                self.out.diagnostics.push(unreadable("read", &place.name(), span, &error));
            }
        }
    }

    fn add(&mut self, place: ModulePlace, text: Text) -> ModuleId {
        let id = ModuleId(self.out.program.modules.len() as u32);
        let instead = self.instead.filter(|(known, _)| **known == place).map(|(_, parsed)| parsed.clone());
        let parsed = instead.unwrap_or_else(|| match text {
            Text::Embedded(text) => self.cache.parsed(&place, text),
            Text::Read(text) => self.cache.take(&place, text),
        });
        let (source, file) = (parsed.source, self.take(&parsed.parse));
        self.known.insert(place.clone(), id);
        self.out.program.modules.push(Module {
            source,
            place,
            file,
            tree: parsed.parse.tree.clone(),
            scope: Default::default(),
        });
        self.out.imports.push(Vec::new());
        id
    }

    fn take(&mut self, parse: &Parse) -> Arc<ast::File> {
        self.out.broken.push(!parse.diagnostics.is_empty());
        self.out.syntax.extend(parse.diagnostics.iter().flat_map(|d| d.labels.first()).map(|label| label.span));
        self.out.diagnostics.extend(parse.diagnostics.iter().cloned());
        parse.file.clone()
    }

    fn follow(&mut self, id: ModuleId) {
        let module = self.out.program.module(id);
        let place = module.place.clone();
        for (statement, path) in uses(&module.file) {
            let span = path.span;
            match self.find(&place, &path.name) {
                Ok(target) => self.out.imports[id.0 as usize].push(Import { statement, target, span }),
                // What follows it is not understood either: an address, not a name.
                Err(_) if self.is_cut(span) => {}
                Err(error) => self.out.diagnostics.push(not_found(&place, &path, &error)),
            }
        }
    }

    /// Whether the parser stopped right behind a path, and said so.
    fn is_cut(&self, path: Span) -> bool {
        self.out.syntax.iter().any(|span| (span.source, span.start) == (path.source, path.end))
    }

    fn find(&mut self, from: &ModulePlace, path: &str) -> io::Result<ModuleId> {
        for place in candidates(from, path) {
            if let Some(id) = self.known.get(&place) {
                return Ok(*id);
            }
            match self.read(&place) {
                Ok(text) => return Ok(self.add(place, text)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::NotFound.into())
    }

    fn read(&self, place: &ModulePlace) -> io::Result<Text> {
        match place {
            ModulePlace::Standard(path) => {
                stdlib::read(path).map(Text::Embedded).ok_or_else(|| io::ErrorKind::NotFound.into())
            }
            ModulePlace::File(path) => self.world.shared(path).map(Text::Read),
        }
    }
}

fn uses(file: &ast::File) -> Vec<(u32, ast::Ident)> {
    let paths = file.of_kind(is_use).filter_map(|(index, statement)| match &statement.kind {
        StatementKind::Use(import) => Some((index as u32, import.path.clone())),
        _ => None,
    });
    paths.collect()
}

/// Why a file cannot be read, and what to do.
pub fn unreadable(action: &str, name: &str, span: Span, error: &io::Error) -> Diagnostic {
    let refusal = Refusal::of(error);
    let code = if refusal.is_some() { Code::FileRefused } else { Code::FileNotFound };
    let problem = Diagnostic::new(code, span, format!("cannot {action} `{name}`: {}", reason(error)));
    match refusal.and_then(Refusal::help) {
        Some(help) => problem.help(help),
        None => problem,
    }
}

fn not_found(from: &ModulePlace, path: &ast::Ident, error: &io::Error) -> Diagnostic {
    if error.kind() != io::ErrorKind::NotFound {
        return unreadable("import", &path.name, path.span, error);
    }
    let message = match path.name.strip_prefix("std/") {
        Some(name) => format!("the standard library has no `{name}`"),
        None => format!("no file found for `{}`", path.name),
    };
    let diagnostic = Diagnostic::new(Code::FileNotFound, path.span, message);
    let diagnostic = match std_suggestion(&path.name) {
        Some(near) => diagnostic.fix(path.span, format!("std/{near}"), format!("import `std/{near}`")),
        None => diagnostic,
    };
    diagnostic.help(not_found_help(from, &path.name))
}

fn not_found_help(from: &ModulePlace, path: &str) -> Help {
    if let Some(name) = path.strip_prefix("std/") {
        let names = standard_names();
        let list = List::ticked(&names);
        return did_you_mean(name, names.iter().map(String::as_str), &format!("it has {list}"));
    }
    let tried: Vec<_> = candidates(from, path).iter().map(|place| format!("`{}`", place.name())).collect();
    match tried.as_slice() {
        [] => format!("use `./{path}` for a file next to this one, or `std/{path}` for the standard library").into(),
        _ => format!("looked for {}", tried.join(" and ")).into(),
    }
}

fn std_suggestion(path: &str) -> Option<String> {
    if path.starts_with('.') {
        return None;
    }
    let name = path.strip_prefix("std/").unwrap_or(path);
    let names = standard_names();
    crate::diag::closest(name, names.iter().map(String::as_str)).map(str::to_owned)
}

/// The names that may follow `std/`: `etcd` for `etcd.km` and for `etcd/etcd.km`.
pub fn standard_names() -> Vec<String> {
    stdlib::modules().into_iter().map(import_name).collect()
}

fn import_name(path: &Path) -> String {
    let plain = path.with_extension("");
    let folder =
        plain.parent().filter(|parent| parent.file_name().is_some() && parent.file_name() == plain.file_name());
    folder.unwrap_or(&plain).display().to_string()
}

/// Whether a text seems to declare a name, going by its words alone.
pub fn file_declares(text: &str, name: &str) -> bool {
    const HEADS: [&str; 14] = [
        "param",
        "let",
        "machines",
        "component",
        "interface",
        "authority",
        "keypair",
        "secret",
        "cert",
        "option",
        "provides",
        "requires",
        "peers",
        "address",
    ];
    let mut before = "";
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|word| !word.is_empty()) {
        if word == name && HEADS.contains(&before) {
            return true;
        }
        before = word;
    }
    false
}
