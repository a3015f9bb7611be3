//! Certificates and keys of a unit, as files of its machine.

use crate::check::SymbolKind;
use crate::diag::{Code, Diagnostic};
use crate::model::scope::Scope;
use crate::model::{EvalError, UnitId, Value};
use crate::plan::keep;
use crate::render::bundle::BundleFile;
use crate::source::Span;

use super::{Filler, Origin};

impl Filler<'_, '_> {
    /// The certificates and keys of authorities, and key pairs, that the component mentions.
    pub(super) fn mentions(&mut self, unit: UnitId) {
        let app = self.model.unit(unit).app;
        for mention in self.model.mentions(app) {
            let result = self.mention(unit, mention);
            keep(result, self.problems);
        }
    }

    fn mention(&mut self, unit: UnitId, mention: crate::model::component::Mention) -> Result<(), EvalError> {
        let mut scope = Scope::unit(self.model, unit).with_material(self.material);
        let symbol = mention.symbol;
        let span = self.model.definition(symbol).map_or(mention.span, |definition| definition.name.span);
        let origin = self.origin(span, &scope);
        match symbol.kind {
            SymbolKind::Authority => {
                let file = self.model.authority_file(&scope, symbol)?;
                self.push_material(&file, self.material.authority(symbol), (0o644, "root"), &origin, span);
                if mention.private {
                    let key = self.material.authority_key(symbol).ok_or_else(|| no_key(mention.span))?;
                    self.push_material(&crate::model::key_beside(&file), key, (0o600, "root"), &origin, span);
                }
            }
            SymbolKind::Keypair => {
                let (private, public) = self.material.keypair(symbol);
                let files = self.model.keypair_files(&mut scope, symbol)?;
                self.push_material(&files.1, public, (0o644, "root"), &origin, span);
                if mention.private {
                    self.push_material(&files.0, private, (0o600, "root"), &origin, span);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A file of the PKI; a key when no one but its owner may read it.
    fn push_material(&mut self, path: &Value, text: &str, (mode, owner): (u32, &str), origin: &Origin, span: Span) {
        let (Value::Path(path) | Value::Text(path)) = path else { return };
        let file = BundleFile {
            path: path.to_string(),
            mode,
            owner: owner.into(),
            group: owner.into(),
            content: text.as_bytes().into(),
            secret: mode & 0o077 == 0,
            origin: origin.clone(),
        };
        self.push_file(file, span);
    }

    pub(super) fn certificate(&mut self, scope: &mut Scope<'_>, unit: UnitId, cert: u32) -> Result<(), EvalError> {
        let app = self.model.unit(unit).app;
        let definition = self.model.component_of(app).certs[cert as usize].ast;
        let file = self.model.cert_file(scope, cert)?;
        if file == Value::None {
            return Ok(());
        }
        let key = self.model.cert_key_file(scope, cert)?;
        let owner = self.name(scope, &definition.body, "owner", "root")?;
        let mode = self.mode(scope, &definition.body, "key-mode", 0o600)?;
        let span = definition.name.span;
        if mode & 0o007 != 0 {
            let message = format!("the mode of the private key of `{}` lets other users read it", definition.name.name);
            return Err(Box::new(Diagnostic::new(Code::SecretExposed, span, message).help("set `key-mode = 0600`")));
        }
        let (pem, private) = self.material.certificate(unit, cert);
        let origin = self.origin(span, scope);
        self.push_material(&file, pem, (0o644, &owner), &origin, span);
        let (path, content) = match key {
            Value::Path(path) | Value::Text(path) => (path.to_string(), private.as_bytes().into()),
            _ => return Ok(()),
        };
        let group = self.name(scope, &definition.body, "group", &owner)?;
        self.push_file(BundleFile { path, mode, owner, group, content, secret: true, origin }, span);
        Ok(())
    }
}

fn no_key(span: Span) -> EvalError {
    let problem =
        Diagnostic::new(Code::EvaluationFailed, span, "the private key of this authority is not in the store");
    Box::new(problem.help("add it to the store, or remove the `holds` that needs it"))
}
