//! What a unit needs from its machine: modules, sysctls, packages, devices.

use crate::check::text_form::TextForm;
use crate::diag::{Code, Diagnostic};
use crate::model::EvalError;
use crate::model::form::require;
use crate::model::scope::Scope;
use crate::source::Span;
use crate::syntax::ast::{Expr, Name, Needs, NeedsKind};

use crate::render::evidence::{Branch, Command, Content, Document, Entry, SCRIPT, Written};

use super::{Filler, name, push};

impl<'p> Filler<'_, 'p> {
    pub(super) fn needs(&mut self, scope: &mut Scope<'_>, needs: &'p Needs) -> Result<(), EvalError> {
        if !self.model.holds(scope, needs.condition.as_ref())? {
            return Ok(());
        }
        match &needs.kind {
            NeedsKind::Module(ident) => push(&mut self.bundle.modules, ident.name.clone()),
            NeedsKind::Sysctl(key, value) => {
                let text = self.text(scope, value)?;
                require(TextForm::Line, &text, value.span)?;
                self.record(scope, |owner| Entry::Sysctl(owner, key.clone()));
                return self.sysctl(key.name.clone(), text, key.span);
            }
            NeedsKind::Package(expr) => {
                let name = self.text(scope, expr)?;
                name::package(&name, expr.span)?;
                push(&mut self.bundle.packages, name.into());
            }
            NeedsKind::Device(expr) => {
                let name = self.absolute(scope, expr)?;
                push(&mut self.bundle.devices, name.into());
            }
            NeedsKind::Mount(expr) => {
                let name = self.absolute(scope, expr)?;
                push(&mut self.bundle.mounts, name.into());
            }
            NeedsKind::Command(expr) => {
                let name = self.text(scope, expr)?;
                require(TextForm::Line, &name, expr.span)?;
                self.command(scope, expr, &name);
                push(&mut self.bundle.commands, name.into());
            }
            // What a machine must have is proved of the plan; nothing has to be done for it.
            NeedsKind::Cores(_) | NeedsKind::Memory(_) | NeedsKind::Disk(_) => {}
        }
        Ok(())
    }

    /// A command, as a script of its own: the programs in it are read like those of others.
    fn command(&mut self, scope: &Scope<'_>, expr: &'p Expr, text: &str) {
        let program = &self.model.program;
        self.record(scope, |owner| match program.is_library(owner.module) {
            true => {
                let (written, text, words) = (Written::Name(expr.span), text.to_owned(), Vec::new());
                Entry::Command(Command { owner, written, text, words, unit: None })
            }
            false => Entry::Document(Document {
                path: SCRIPT.to_owned(),
                content: Content::Text(text.to_owned()),
                read: None,
                written: expr,
                at: Vec::new(),
                owner,
                derived: false,
                branch: Branch::default(),
            }),
        });
    }

    fn sysctl(&mut self, key: Name, value: String, span: Span) -> Result<(), EvalError> {
        match self.bundle.sysctls.iter().find(|(known, _)| *known == key) {
            Some((_, known)) if *known != value => {
                let message = format!("two components set `{key}` to different values: {known} and {value}");
                Err(Box::new(Diagnostic::new(Code::FileTwice, span, message).help("place them on different machines")))
            }
            Some(_) => Ok(()),
            None => {
                self.bundle.sysctls.push((key, value));
                Ok(())
            }
        }
    }
}
