//! The codes that components and models bring: `check ..., "..." { code = "x" }`.

use super::Program;
use crate::syntax::ast::{Check, ExprKind, Field, File, ItemKind, Literal, Name, StatementKind};

/// A check with a code of its own.
#[derive(Clone, Debug)]
pub struct OwnCode<'p> {
    pub name: Name,
    pub check: &'p Check,
    /// Its `///` documentation, which explains it.
    pub docs: Option<&'p Name>,
    /// The component that it is in; `None` is the model itself.
    pub component: Option<&'p Name>,
}

/// All checks with a code of their own, in the order of the files; several may share one.
pub fn own_codes(program: &Program) -> Vec<OwnCode<'_>> {
    program.modules.iter().flat_map(|module| of_file(&module.file)).collect()
}

/// All of one file.
pub fn of_file(file: &File) -> Vec<OwnCode<'_>> {
    let mut list = Vec::new();
    for statement in &file.statements {
        match &statement.kind {
            StatementKind::Check(check) => list.extend(own(check, statement.docs.as_ref(), None)),
            StatementKind::Component(component) => {
                list.extend(component.items.iter().filter_map(|item| match &item.kind {
                    ItemKind::Check(check) => own(check, item.docs.as_ref(), Some(&component.name.name)),
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    list
}

fn own<'p>(check: &'p Check, docs: Option<&'p Name>, component: Option<&'p Name>) -> Option<OwnCode<'p>> {
    Some(OwnCode { name: of(check)?, check, docs, component })
}

/// The code of a check, if it has its own.
pub fn of(check: &Check) -> Option<Name> {
    text(check.body.field("code")?)
}

/// The plain text of a field.
pub fn text(field: &Field) -> Option<Name> {
    match &field.value.kind {
        ExprKind::Text(text) => text.plain(),
        _ => None,
    }
}

/// Whether `allow` may silence a check.
pub fn allowable(check: &Check) -> bool {
    let never = |field: &Field| matches!(field.value.kind, ExprKind::Literal(Literal::Bool(false)));
    of(check).is_some() && !check.body.field("allow").is_some_and(never)
}
