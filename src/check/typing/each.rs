//! Loops: what `for` goes over, and the names that it binds.

use super::expr::Typer;
use super::flow;
use crate::check::index::NameKind;
use crate::check::mismatch;
use crate::check::ty::Ty;
use crate::syntax::ast::{Each, Expr};

impl<'p> Typer<'_, 'p> {
    /// Runs with the names that `for` binds.
    pub fn each(&mut self, each: &'p Each, condition: Option<&'p Expr>, run: impl FnOnce(&mut Self) -> Ty) -> Ty {
        self.check_unplaced(|typer| {
            let (key, item) = typer.each_types(&each.list, each.key.is_some());
            let before = typer.env.locals.len();
            for (name, ty) in each.key.iter().map(|name| (name, key.clone())).chain([(&each.name, item)]) {
                typer.checker.declare(NameKind::Local, name);
                typer.checker.typed(name.span, &ty);
                typer.env.locals.push((name.name.clone(), ty, name.span));
            }
            let facts = condition.map(|condition| {
                typer.condition(condition);
                flow::facts(&typer.env, condition, true)
            });
            let found = typer.knowing(facts.unwrap_or_default(), run);
            typer.env.locals.truncate(before);
            found
        })
    }

    fn each_types(&mut self, list: &'p Expr, keyed: bool) -> (Ty, Ty) {
        let found = self.infer(list);
        match found {
            Ty::List(item) => (Ty::Int, (*item).clone()),
            Ty::Map(item) if keyed => (Ty::String, (*item).clone()),
            Ty::Record(record) if keyed => {
                let values = record.fields.values().fold(Ty::Never, |ty, field| ty.join(field.ty.clone()));
                (Ty::String, if record.open { Ty::Any } else { values })
            }
            Ty::Secret(inner) if inner.is_silent() => (Ty::Any, Ty::secret(Ty::Any)),
            Ty::Any => (Ty::Any, Ty::Any),
            found if found.is_silent() => (Ty::Error, Ty::Error),
            found => {
                let diagnostic = mismatch::not_a_list(list.span, &found, keyed);
                self.checker.report(diagnostic);
                (Ty::Error, Ty::Error)
            }
        }
    }
}
