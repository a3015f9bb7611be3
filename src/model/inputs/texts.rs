//! The files beside a component that it reads. Those of the library are a part of the build.

use crate::model::mention::{self, parts};
use crate::model::resource;
use crate::syntax::ast::{Expr, ExprKind, ItemKind};

use super::{Inputs, Unknown};

impl Inputs<'_, '_, '_, '_> {
    /// The texts of files with names that are written out; others are known only when they are read.
    pub(super) fn texts(&mut self) -> Result<(), Unknown> {
        let (program, module) = (self.model.program, self.component.module);
        if program.is_library(module) {
            return Ok(());
        }
        let mut names = Vec::new();
        for item in self.items() {
            if let ItemKind::File(file) = &item.kind {
                names.extend(file.body.field("template").map(|field| plain(&field.value)));
            }
            mention::of_item(item, &mut |expr| read_in(expr, &mut names));
        }
        for name in names {
            let (path, text) = resource::beside_module(self.model, module, &name.ok_or(Unknown)?).ok_or(Unknown)?;
            [path, text].iter().for_each(|text| self.text(text));
        }
        Ok(())
    }
}

/// What `read` and `template` are called with, inside an expression.
fn read_in(expr: &Expr, names: &mut Vec<Option<String>>) {
    if let ExprKind::Call { function, arguments } = &expr.kind
        && matches!(&*function.name, "read" | "template")
    {
        names.push(arguments.first().and_then(plain));
    }
    parts(expr, &mut |part| read_in(part, names));
}

/// A text without anything that is computed.
fn plain(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Text(text) => text.plain().map(|text| text.to_string()),
        _ => None,
    }
}
