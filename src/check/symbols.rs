//! The names of a file. Groups, components, interfaces and values do not share theirs: the place tells which is meant.

use super::{Symbol, SymbolKind};
use crate::hash::IndexMap;
use crate::syntax::ast::Name;

/// Kinds of things whose names must differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Namespace {
    Groups,
    Components,
    Interfaces,
    /// Parameters, lets, authorities, key pairs and secrets: what an expression can name.
    Values,
}

impl SymbolKind {
    /// The kinds that its name must not be used for again.
    pub const fn namespace(self) -> Namespace {
        match self {
            SymbolKind::Machines => Namespace::Groups,
            SymbolKind::Component => Namespace::Components,
            SymbolKind::Interface => Namespace::Interfaces,
            SymbolKind::Param | SymbolKind::Let | SymbolKind::Authority | SymbolKind::Keypair | SymbolKind::Secret => {
                Namespace::Values
            }
        }
    }
}

/// What each name of a file stands for, in source order.
#[derive(Clone, Debug, Default)]
pub struct Names {
    first: IndexMap<Name, Symbol>,
    /// What else has the same name, in other namespaces.
    more: IndexMap<Name, Vec<Symbol>>,
}

impl Names {
    /// What was declared first under a name.
    pub fn get(&self, name: &str) -> Option<&Symbol> {
        self.first.get(name)
    }

    /// Everything that has a name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &Symbol> {
        self.first.get(name).into_iter().chain(self.more.get(name).into_iter().flatten())
    }

    /// What a name stands for in a namespace.
    pub fn of(&self, name: &str, namespace: Namespace) -> Option<&Symbol> {
        self.all(name).find(|symbol| symbol.kind.namespace() == namespace)
    }

    /// Adds a symbol whose namespace has no such name yet.
    pub(super) fn insert(&mut self, name: Name, symbol: Symbol) {
        match self.first.contains_key(&name) {
            true => self.more.entry(name).or_default().push(symbol),
            false => drop(self.first.insert(name, symbol)),
        }
    }

    /// Every name with everything that it stands for.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Symbol)> {
        let more = self.more.iter().flat_map(|(name, symbols)| symbols.iter().map(move |symbol| (name, symbol)));
        self.first.iter().chain(more)
    }

    /// The names.
    pub fn keys(&self) -> impl Iterator<Item = &Name> + Clone {
        self.first.keys()
    }

    /// Whether something has a name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.first.contains_key(name)
    }
}
