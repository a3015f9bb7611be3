//! The packet filter of a machine, as a file.

use crate::diag::{Code, Diagnostic};
use crate::model::EvalError;
use crate::model::scope::Scope;
use crate::plan::firewall;
use crate::render::bundle::BundleFile;
use crate::source::Span;
use crate::syntax::ast::{Name, PathItem};

use super::Filler;

impl Filler<'_, '_> {
    pub(super) fn firewall(&mut self, scope: &mut Scope<'_>, item: &PathItem, span: Span) -> Result<(), EvalError> {
        let (Some(app), Some(machine)) = (scope.app, scope.machine) else {
            let problem = Diagnostic::new(Code::NotPlaced, span, "a firewall needs a machine");
            return Err(Box::new(problem.help("deploy it on machines: `deploy firewall on *`")));
        };
        let path = self.absolute(scope, &item.path)?;
        let Some(settings) = firewall::setting::read(self.model, app, item, self.problems) else { return Ok(()) };
        let rules = firewall::ruleset(self.model, &settings, machine);
        let content = crate::render::firewall::text(self.model, &settings, &rules).into_bytes().into();
        let root: Name = "root".into();
        let origin = self.origin(span, scope);
        let file = BundleFile { path, mode: 0o600, owner: root.clone(), group: root, content, secret: false, origin };
        self.push_file(file, span);
        Ok(())
    }
}
