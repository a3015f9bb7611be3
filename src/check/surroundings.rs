//! All that a component relies on outside of itself, and what of it another check finds changed.

use std::sync::Arc;

use super::anchor::{Declared, address};
use super::checker::Checker;
use super::program::StatementId;
use super::ty::Ty;
use super::{ModuleId, ModulePlace, Program, Symbol, SymbolKind};
use crate::hash::{HashMap, HashSet};
use crate::source::{SourceId, Span};
use crate::syntax::ast::{File, Name};
use crate::syntax::located::Located;

/// What the components of a model rely on.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    modules: Vec<(ModulePlace, SourceId)>,
    files: Vec<Arc<File>>,
    /// What the names of each file stand for; none of the library, which does not change.
    scopes: Vec<(ModuleId, Vec<Seen>)>,
    /// The lets and params of the files.
    types: Vec<(Declared, Ty)>,
    /// The addresses of interfaces as they were first read, and where they are.
    interfaces: Vec<(Declared, ModuleId, usize, Span)>,
}

/// A name as a file sees it: what it stands for, in which file, and how it is called there.
type Seen = (Name, SymbolKind, ModuleId, Name);

/// What is not as it was.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// What is declared under these names has another type or other fields.
    names: HashSet<Declared>,
    /// These names stand for something else in a file, or for nothing, or are new there.
    words: HashMap<ModuleId, HashSet<Name>>,
    /// The addresses of statements that are gone.
    gone: HashSet<usize>,
}

impl Surroundings {
    /// Those of a program whose lets are typed.
    pub(super) fn of(checker: &mut Checker<'_>) -> Self {
        let program = checker.program;
        let modules = program.modules.iter();
        let mut out = Self {
            modules: modules.clone().map(|module| (module.place.clone(), module.source)).collect(),
            files: modules.map(|module| module.file.clone()).collect(),
            ..Self::default()
        };
        for (index, module) in program.modules.iter().enumerate() {
            let id = ModuleId(index as u32);
            if checker.is_trusted(id) {
                continue;
            }
            out.scopes.push((id, module.scope.iter().map(|(name, symbol)| seen(program, name, *symbol)).collect()));
            for (number, statement) in module.file.statements.iter().enumerate() {
                out.statement(checker, (id, number as u32), statement);
            }
        }
        out
    }

    fn statement(&mut self, checker: &mut Checker<'_>, (module, number): StatementId, statement: &Located) {
        let Some((kind, name)) = super::scope::declared(statement.origin()) else { return };
        let symbol = Symbol { kind, module, statement: number, span: statement.now(name.span) };
        let declared = || Declared { source: symbol.span.source, kind, name: name.name.clone() };
        let ty = match kind {
            SymbolKind::Let => checker.file_let(symbol),
            SymbolKind::Param => checker.param(symbol),
            SymbolKind::Interface => {
                // What is wrong in it is not said by the first component that names it.
                checker.interface(symbol);
                let known = (declared(), module, address(statement.origin()), statement.span());
                return self.interfaces.push(known);
            }
            _ => return,
        };
        self.types.push((declared(), ty));
    }

    /// What is not as it was; none if the files are others.
    pub(super) fn changes(&self, now: &Self, program: &Program) -> Option<Changes> {
        if self.modules != now.modules {
            return None;
        }
        let mut changes = Changes::default();
        for (before, after) in self.files.iter().zip(&now.files) {
            changes.gone(before, after);
        }
        for ((id, before), (_, after)) in self.scopes.iter().zip(&now.scopes) {
            if before != after {
                changes.words.insert(*id, differing(before, after, |seen| &seen.0));
            }
        }
        if self.types != now.types {
            changes.names.extend(differing(&self.types, &now.types, |(name, _)| name));
        }
        changes.interfaces(self, now, program);
        Some(changes)
    }
}

fn seen(program: &Program, name: &Name, symbol: Symbol) -> Seen {
    let declared = super::scope::declared(program.as_read(symbol));
    let there = declared.map_or_else(|| name.clone(), |(_, ident)| ident.name.clone());
    (name.clone(), symbol.kind, symbol.module, there)
}

/// The keys of what is in one list and not in the other, or in another order among those of the same key.
fn differing<T: PartialEq, K: Clone + Eq + std::hash::Hash>(
    before: &[T],
    after: &[T],
    key: impl Fn(&T) -> &K,
) -> HashSet<K> {
    let mut lists: HashMap<&K, [Vec<&T>; 2]> = HashMap::default();
    for (side, list) in [before, after].into_iter().enumerate() {
        list.iter().for_each(|one| lists.entry(key(one)).or_default()[side].push(one));
    }
    let differs = lists.into_iter().filter(|(_, [before, after])| before != after);
    differs.map(|(key, _)| key.clone()).collect()
}

impl Changes {
    /// Takes note of the statements of a file that are gone.
    fn gone(&mut self, before: &Arc<File>, after: &Arc<File>) {
        if Arc::ptr_eq(before, after) {
            return;
        }
        let same = |(a, b): &(&Arc<Located>, &Arc<Located>)| Arc::ptr_eq(a.origin(), b.origin());
        let (before, after) = (&before.statements[..], &after.statements[..]);
        let start = before.iter().zip(after).take_while(same).count();
        let (before, after) = (&before[start..], &after[start..]);
        let end = before.iter().rev().zip(after.iter().rev()).take_while(same).count();
        let here: HashSet<usize> = after[..after.len() - end].iter().map(|one| address(one.origin())).collect();
        let was = before[..before.len() - end].iter().map(|one| address(one.origin()));
        self.gone.extend(was.filter(|address| !here.contains(address)));
    }

    /// Takes note of interfaces that are not as they were, or name what is not.
    fn interfaces(&mut self, before: &Surroundings, now: &Surroundings, program: &Program) {
        let known = |of: &Surroundings| -> Vec<(Declared, usize)> {
            of.interfaces.iter().map(|(name, _, address, _)| (name.clone(), *address)).collect()
        };
        let (was, is) = (known(before), known(now));
        if was != is {
            self.names.extend(differing(&was, &is, |(name, _)| name));
        }
        for (name, module, _, span) in &now.interfaces {
            if self.touches_words(*module, program.sources.text(*span)) {
                self.names.insert(name.clone());
            }
        }
    }

    /// Whether something that a component names is not as it was.
    pub(super) fn touches(&self, needs: &super::finding::Needs) -> bool {
        needs.names.iter().any(|name| self.names.contains(name))
            || !self.gone.is_empty() && needs.statements.iter().any(|(_, address)| self.gone.contains(address))
    }

    /// Whether a text of a file has a word that stands for something else now.
    pub(super) fn touches_words(&self, module: ModuleId, text: &str) -> bool {
        self.words.get(&module).is_some_and(|words| words.iter().any(|word| has_word(text, word)))
    }
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    text.match_indices(word)
        .any(|(start, _)| !text[..start].ends_with(is_part) && !text[start + word.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_whole() {
        assert!(has_word("option n: int = count", "count"));
        assert!(has_word("${count}", "count"));
        assert!(!has_word("recount count-all counted", "count"));
    }

    #[test]
    fn what_differs_is_found_by_its_key() {
        let before = [("a", 1), ("b", 2), ("b", 3), ("c", 4)];
        let after = [("c", 4), ("a", 1), ("b", 3), ("b", 2), ("d", 5)];
        let mut keys: Vec<&str> = differing(&before, &after, |(name, _)| name).into_iter().collect();
        keys.sort_unstable();
        assert_eq!(keys, ["b", "d"]);
    }
}
