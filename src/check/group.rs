//! The machine groups, applications and other things of a model, whichever of its files they stand in.

use indexmap::IndexMap;

use super::{ModuleId, Program};
use crate::source::Span;
use crate::syntax::ast::{self, Name, StatementKind};

/// A statement that is part of the model.
#[derive(Clone, Copy, Debug)]
pub struct GroupedStatement<'p> {
    pub module: ModuleId,
    pub statement: &'p ast::Statement,
    /// It is in the `add` of an overlay.
    pub added: bool,
}

/// Every statement that is a part of the model, and its machine groups by name. What a file declares for others is none.
#[derive(Debug, Default)]
pub struct Groups<'p> {
    pub parts: Vec<GroupedStatement<'p>>,
    pub by_name: IndexMap<Name, Span>,
}

/// Whether a statement is a part of the model.
pub fn is_part(kind: &StatementKind) -> bool {
    !matches!(
        kind,
        StatementKind::Use(_)
            | StatementKind::Param(_)
            | StatementKind::Let(_)
            | StatementKind::Interface(_)
            | StatementKind::Component(_)
            | StatementKind::Authority(_)
            | StatementKind::Keypair(_)
            | StatementKind::Secret(_)
    )
}

impl<'p> Groups<'p> {
    pub fn new(program: &'p Program) -> Self {
        let mut groups = Groups::default();
        for (module, file) in program.own_modules() {
            file.file.of_kind(is_part).for_each(|(_, statement)| groups.add(module, statement, false));
        }
        groups
    }

    fn add(&mut self, module: ModuleId, statement: &'p ast::Statement, added: bool) {
        self.parts.push(GroupedStatement { module, statement, added });
        match &statement.kind {
            StatementKind::Machines(machines) => {
                self.by_name.entry(machines.name.name.clone()).or_insert(machines.name.span);
            }
            StatementKind::Overlay(overlay) => {
                for change in &overlay.changes {
                    if let ast::ChangeKind::Add(statement) = &change.kind {
                        self.add(module, statement, true);
                    }
                }
            }
            _ => {}
        }
    }
}
