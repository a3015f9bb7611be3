//! The files that an editor works on, and which of them make up a model together.
//!
//! A model starts at a file that no other imports. A file that is open is checked with every model it is part of, so that
//! names which only the whole model knows (its machine groups, its applications) are known in each of its files.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::check::place::candidates;
use crate::check::{self, Analysis, ModuleId, ModulePlace, cache::Cache, session::Session};
use crate::source::{SourceId, Span};
use crate::world::World;

/// The files and what is known of them.
#[derive(Default)]
pub struct Project {
    session: Session,
    /// Files of the workspace, open or not.
    known: BTreeSet<ModulePlace>,
    /// For each known file what it imports, according to its `use` lines.
    imports: BTreeMap<ModulePlace, Vec<ModulePlace>>,
    analyses: HashMap<ModulePlace, Arc<Analysis>>,
}

/// A file within a model: what every question is asked of.
#[derive(Clone)]
pub struct File {
    pub analysis: Arc<Analysis>,
    pub module: ModuleId,
}

impl File {
    /// Its number.
    pub fn source(&self) -> SourceId {
        self.analysis.resolved.program.module(self.module).source
    }

    /// Its text.
    pub fn text(&self) -> &Arc<str> {
        &self.analysis.resolved.program.sources.get(self.source()).text
    }

    /// A place in it.
    pub fn place(&self, offset: u32) -> Span {
        Span::new(self.source(), offset, offset)
    }
}

impl Project {
    /// Takes note of a file, or of its new text; what was known of models with it is forgotten.
    pub fn changed(&mut self, world: &dyn World, place: &ModulePlace) {
        self.known.insert(place.clone());
        let imports = match place {
            ModulePlace::File(path) => world.shared(path).map_or_else(|_| Vec::new(), |text| imported(place, &text)),
            ModulePlace::Standard(_) => Vec::new(),
        };
        let same = self.imports.insert(place.clone(), imports.clone()).is_some_and(|before| before == imports);
        self.forget(place, same);
    }

    /// Takes note of a new text of a known file that imports what it did.
    pub fn edited(&mut self, place: &ModulePlace) {
        self.forget(place, true);
    }

    /// Takes note that a file is gone.
    pub fn removed(&mut self, place: &ModulePlace) {
        self.known.remove(place);
        self.imports.remove(place);
        self.forget(place, false);
    }

    /// Forgets the models that a file is part of, and those that look for a file and did not find it.
    fn forget(&mut self, place: &ModulePlace, imports_same: bool) {
        let stale = |analysis: &Analysis| {
            let program = &analysis.resolved.program;
            program.modules.iter().any(|module| module.place == *place)
                || !imports_same && analysis.resolved.lost.iter().any(|lost| lost.all || !lost.names.is_empty())
        };
        self.analyses.retain(|_, analysis| !stale(analysis));
    }

    /// Every file of the workspace.
    pub fn files(&self) -> impl Iterator<Item = &ModulePlace> {
        self.known.iter()
    }

    /// The files whose models a file is part of: those that import it, directly or not, and are imported by none.
    pub fn roots(&self, place: &ModulePlace) -> Vec<ModulePlace> {
        let mut roots = Vec::new();
        let mut seen = BTreeSet::from([place.clone()]);
        let mut next = vec![place.clone()];
        while let Some(file) = next.pop() {
            let importers: Vec<_> = self.importers(&file).cloned().collect();
            if importers.is_empty() {
                roots.push(file);
            }
            next.extend(importers.into_iter().filter(|importer| seen.insert(importer.clone())));
        }
        // The files of a cycle are all imported.
        if roots.is_empty() {
            roots.push(place.clone());
        }
        roots.sort();
        roots
    }

    /// Whether a file is one of the workspace's.
    pub fn knows(&self, place: &ModulePlace) -> bool {
        self.known.contains(place)
    }

    /// The roots of all models of the workspace.
    pub fn all_roots(&self) -> Vec<ModulePlace> {
        let mut roots: Vec<ModulePlace> = self.known.iter().flat_map(|place| self.roots(place)).collect();
        roots.sort();
        roots.dedup();
        roots
    }

    /// The files that import a file.
    pub fn importers<'a>(&'a self, place: &'a ModulePlace) -> impl Iterator<Item = &'a ModulePlace> {
        self.imports.iter().filter(|(_, imports)| imports.contains(place)).map(|(importer, _)| importer)
    }

    /// The model that starts at a file, checked now if something in it changed.
    pub fn analysis(&mut self, world: &dyn World, root: &ModulePlace) -> Arc<Analysis> {
        if let Some(known) = self.analyses.get(root) {
            return known.clone();
        }
        let analysis = Arc::new(check::analyse(world, &mut self.session, root));
        self.analyses.insert(root.clone(), analysis.clone());
        analysis
    }

    /// A file in each model it is part of; there is at least one.
    pub fn everywhere(&mut self, world: &dyn World, place: &ModulePlace) -> Vec<File> {
        let roots = self.roots(place);
        let mut list: Vec<File> = roots.iter().filter_map(|root| file_in(self.analysis(world, root), place)).collect();
        if list.is_empty() {
            let analysis = self.analysis(world, place);
            list.push(File { analysis, module: ModuleId(0) });
        }
        list
    }

    /// A file in the first model it is part of.
    pub fn file(&mut self, world: &dyn World, place: &ModulePlace) -> File {
        self.everywhere(world, place).swap_remove(0)
    }

    /// What was parsed so far.
    pub fn cache(&mut self) -> &mut Cache {
        &mut self.session.cache
    }
}

/// A file of a model by its place.
pub fn file_in(analysis: Arc<Analysis>, place: &ModulePlace) -> Option<File> {
    let module = analysis.resolved.program.modules.iter().position(|module| module.place == *place)?;
    Some(File { analysis, module: ModuleId(module as u32) })
}

/// The files that the `use` lines of a text may mean, found without parsing it.
fn imported(place: &ModulePlace, text: &str) -> Vec<ModulePlace> {
    let paths = text.lines().filter_map(|line| {
        let line = line.trim_start();
        let rest = line.strip_prefix("export").map_or(line, str::trim_start).strip_prefix("use ")?;
        rest.split_whitespace().next().filter(|path| path.starts_with('.'))
    });
    paths.flat_map(|path| candidates(place, path)).collect()
}
