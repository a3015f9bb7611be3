//! The names that a component declares: each once, in kebab-case, none of the language's own.

use std::collections::HashMap;

use super::checker::Checker;
use super::component::Info;
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{ExprKind, Ident, ItemKind, Name, PathItem};

/// The names declared in one component.
#[derive(Default)]
pub(super) struct DeclaredNames {
    seen: HashMap<(&'static str, Name), Span>,
}

impl DeclaredNames {
    /// Says which names are taken twice or may not be taken.
    pub(super) fn all(&mut self, checker: &mut Checker<'_>, info: &Info<'_>) {
        for item in &info.component.items {
            match &item.kind {
                ItemKind::Option(option) => {
                    checker.kebab(&option.name);
                    self.one(checker, "option", &option.name);
                }
                ItemKind::Let(item) => self.value(checker, &item.name),
                ItemKind::Endpoint(endpoint) => self.value(checker, &endpoint.name),
                ItemKind::Cert(item)
                | ItemKind::Address(item)
                | ItemKind::Immutable(item)
                | ItemKind::Manifest(item) => {
                    self.value(checker, &item.name);
                }
                ItemKind::Listen(item) => self.one(checker, "listener", &item.name),
                ItemKind::Artifact(item) => self.one(checker, "artifact", &item.name),
                ItemKind::Range(item) => self.one(checker, "range", &item.name),
                ItemKind::Image(item) => self.one(checker, "image", &item.name),
                ItemKind::Unit(item) => self.path(checker, "unit", item),
                ItemKind::Holds(name) => self.one(checker, "held authority", name),
                _ => {}
            }
        }
    }

    fn value(&mut self, checker: &mut Checker<'_>, name: &Ident) {
        checker.free(name);
        self.one(checker, "value", name);
    }

    fn path(&mut self, checker: &mut Checker<'_>, kind: &'static str, item: &PathItem) {
        if let ExprKind::Text(text) = &item.path.kind
            && let Some(name) = text.plain()
        {
            self.one(checker, kind, &Ident { name, span: item.path.span });
        }
    }

    fn one(&mut self, checker: &mut Checker<'_>, kind: &'static str, name: &Ident) {
        let Some(first) = self.seen.insert((kind, name.name.clone()), name.span) else { return };
        let what = if kind == "value" { "name" } else { kind };
        let message = format!("the {what} `{}` is declared twice in this component", name.name);
        let diagnostic = Diagnostic::new(Code::DuplicateName, name.span, message).label(first, "first declared here");
        checker.report(diagnostic.help("rename one of them"));
    }
}
