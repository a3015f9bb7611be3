//! Places as a component sees them, which stay right wherever it and what it names are moved to.

use std::sync::{Arc, OnceLock};

use super::scope::declared;
use super::{Program, SymbolKind};
use crate::hash::HashMap;
use crate::source::{SourceId, Span};
use crate::syntax::ast::{File, Name, Statement};

/// A name that a file declares.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Declared {
    pub source: SourceId,
    pub kind: SymbolKind,
    pub name: Name,
}

/// A place.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In the component, counted from its start.
    Own(u32, u32),
    /// The name in a declaration, whatever else that says.
    Name(Declared),
    /// In a statement, by the address of what was first read of it, counted from its start.
    In(SourceId, usize, u32, u32),
}

/// Where the statements of a program are now.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    files: HashMap<SourceId, Anchored>,
}

#[derive(Debug)]
struct Anchored {
    file: Arc<File>,
    names: OnceLock<HashMap<(SymbolKind, Name), Span>>,
    starts: OnceLock<HashMap<usize, u32>>,
}

/// What tells a statement from all others.
pub(super) fn address(origin: &Arc<Statement>) -> usize {
    Arc::as_ptr(origin) as usize
}

impl Anchors {
    /// Those of a program.
    pub(super) fn of(program: &Program) -> Self {
        let anchored =
            |file: &Arc<File>| Anchored { file: file.clone(), names: OnceLock::new(), starts: OnceLock::new() };
        Self { files: program.modules.iter().map(|module| (module.source, anchored(&module.file))).collect() }
    }

    /// A place as the component at `own` sees it; none where no statement is.
    pub(super) fn place(&self, own: Span, span: Span) -> Option<Place> {
        if span.source == own.source && own.start <= span.start && span.end <= own.end {
            return Some(Place::Own(span.start - own.start, span.end - own.start));
        }
        self.files.get(&span.source)?.place(span)
    }

    /// Where a place is now, as the component at `own` sees it.
    pub(super) fn span(&self, own: Span, place: &Place) -> Option<Span> {
        match place {
            Place::Own(start, end) => Some(Span::new(own.source, own.start + start, own.start + end)),
            Place::Name(of) => self.files.get(&of.source)?.names().get(&(of.kind, of.name.clone())).copied(),
            Place::In(source, address, start, end) => {
                let from = self.files.get(source)?.starts().get(address)?;
                Some(Span::new(*source, from + start, from + end))
            }
        }
    }
}

impl Anchored {
    fn place(&self, span: Span) -> Option<Place> {
        let behind = self.file.statements.partition_point(|one| one.span().start <= span.start);
        let statement = &self.file.statements[behind.checked_sub(1)?];
        let whole = statement.span();
        if span.end > whole.end {
            return None;
        }
        if let Some((kind, name)) = declared(statement.origin())
            && self.names().get(&(kind, name.name.clone())) == Some(&span)
        {
            return Some(Place::Name(Declared { source: span.source, kind, name: name.name.clone() }));
        }
        let (start, end) = (span.start - whole.start, span.end - whole.start);
        Some(Place::In(span.source, address(statement.origin()), start, end))
    }

    /// Where each name is declared first.
    fn names(&self) -> &HashMap<(SymbolKind, Name), Span> {
        self.names.get_or_init(|| {
            let mut names = HashMap::default();
            for statement in &self.file.statements {
                if let Some((kind, name)) = declared(statement.origin()) {
                    names.entry((kind, name.name.clone())).or_insert_with(|| statement.now(name.span));
                }
            }
            names
        })
    }

    /// Where each statement starts.
    fn starts(&self) -> &HashMap<usize, u32> {
        self.starts.get_or_init(|| {
            let start = |one: &Arc<crate::syntax::located::Located>| (address(one.origin()), one.span().start);
            self.file.statements.iter().map(start).collect()
        })
    }
}
